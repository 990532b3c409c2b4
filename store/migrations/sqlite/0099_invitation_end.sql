-- +goose Up
-- Finds the invitations that expired.
CREATE INDEX lti_invitation_expires_ix ON lti_invitation (expires);
