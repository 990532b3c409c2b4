-- The number of the person in lti_user, beside that of the platform.
ALTER TABLE lti_session ADD COLUMN userepoch INTEGER NOT NULL DEFAULT 0;
