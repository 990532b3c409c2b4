-- When the course ends, as the platform said at a launch from it: from then on nobody is asked what only courses ask. NULL: it
-- does not, or nothing was said.
ALTER TABLE lti_context ADD COLUMN timeend DATETIME NULL;
