-- When a version was, or is to be, shown to everybody before it comes into force. NULL: not before.
ALTER TABLE policy_version_detail ADD COLUMN announcedfrom DATETIME NULL;
