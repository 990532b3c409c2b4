-- Who learns by name how people answered a consent: 'teachers' of the course. Empty: nobody.
ALTER TABLE policy_version_detail ADD COLUMN visibility TEXT NOT NULL DEFAULT '';
