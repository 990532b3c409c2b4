-- 1: the platform said that the course was made from another one, whose answers do not count in it.
ALTER TABLE lti_context ADD COLUMN copied INTEGER NOT NULL DEFAULT 0;
