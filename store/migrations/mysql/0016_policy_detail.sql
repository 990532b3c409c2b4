-- +goose Up
-- What tool_policy has no place for.
CREATE TABLE policy_detail (
  policyid BIGINT NOT NULL,
  institutionid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  slug VARCHAR(190) NOT NULL,
  PRIMARY KEY (policyid),
  UNIQUE KEY policy_detail_slug_uix (institutionid, slug)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
