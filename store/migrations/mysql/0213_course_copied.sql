-- 1: the platform said that the course was made from another one, whose answers do not count in it.
ALTER TABLE lti_context ADD COLUMN copied TINYINT(1) NOT NULL DEFAULT 0;
