-- +goose Up
-- On which platforms of its institution a policy applies.
CREATE TABLE policy_platform (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  policyid BIGINT NOT NULL,
  PRIMARY KEY (platformid, policyid),
  KEY policy_platform_policy_ix (policyid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
