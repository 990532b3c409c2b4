-- What the texts of a version must consist of: research, the six items of a consent to research. Empty: nothing more than words.
ALTER TABLE policy_version_detail ADD COLUMN form TEXT NOT NULL DEFAULT '';
