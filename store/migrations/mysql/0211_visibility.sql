-- Who learns by name how people answered a consent: 'teachers' of the course. Empty: nobody.
ALTER TABLE policy_version_detail ADD COLUMN visibility VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
