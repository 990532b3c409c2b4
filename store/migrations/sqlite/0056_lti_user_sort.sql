-- +goose Up
-- The folded name by which people are listed, made by the program.
ALTER TABLE lti_user ADD COLUMN sortname TEXT NOT NULL DEFAULT '';
