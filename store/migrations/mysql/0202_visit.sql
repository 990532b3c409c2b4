-- Grows when all visits of a platform, or of a person, end. A visit has the numbers of its beginning.
ALTER TABLE lti_platform ADD COLUMN visitepoch BIGINT NOT NULL DEFAULT 0;

ALTER TABLE lti_user ADD COLUMN visitepoch BIGINT NOT NULL DEFAULT 0;

ALTER TABLE lti_session ADD COLUMN platformepoch BIGINT NOT NULL DEFAULT 0;
