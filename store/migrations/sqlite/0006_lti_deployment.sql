-- +goose Up
-- The deployment ids that a platform's messages may carry.
CREATE TABLE lti_deployment (
  platformid TEXT NOT NULL,
  deploymentid TEXT NOT NULL,
  PRIMARY KEY (platformid, deploymentid)
) WITHOUT ROWID;
