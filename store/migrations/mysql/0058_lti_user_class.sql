-- +goose Up
-- What is not a person: test, service or guest. Empty for people.
ALTER TABLE lti_user ADD COLUMN class VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
