-- +goose Up
-- Finds the invitations that expired.
ALTER TABLE lti_invitation ADD KEY lti_invitation_expires_ix (expires);
