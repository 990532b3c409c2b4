-- +goose Up
-- Which policies an activity asks its course for, by slug, as its signed custom parameter said last.
CREATE TABLE lti_link_policy (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  resourcelinkid VARBINARY(255) NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  slug VARCHAR(190) NOT NULL,
  PRIMARY KEY (platformid, resourcelinkid, slug),
  KEY lti_link_policy_context_ix (platformid, contextid, slug)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
