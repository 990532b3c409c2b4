-- 1: the institution lets teachers see the mail addresses of their participants.
ALTER TABLE institution ADD COLUMN addresses INTEGER NOT NULL DEFAULT 0;
