-- How long an acceptance of a version counts: P1Y, P6M, or until the end of a day of each year, --09-30. Empty: for good.
ALTER TABLE policy_version_detail ADD COLUMN validity TEXT NOT NULL DEFAULT '';
