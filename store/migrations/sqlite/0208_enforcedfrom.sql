-- Until when an answer to a version may be put off. NULL: not at all.
ALTER TABLE policy_version_detail ADD COLUMN enforcedfrom DATETIME NULL;
