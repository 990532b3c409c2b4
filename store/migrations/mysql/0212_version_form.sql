-- What the texts of a version must consist of: research, the six items of a consent to research. Empty: nothing more than words.
ALTER TABLE policy_version_detail ADD COLUMN form VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
