-- +goose Up
-- The deployment ids that a platform's messages may carry.
CREATE TABLE lti_deployment (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  deploymentid VARBINARY(255) NOT NULL,
  PRIMARY KEY (platformid, deploymentid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
