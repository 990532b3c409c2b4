-- What time alone does to a version, beside making it active (policy_schedule): announce it, enforce it. A row goes
-- with the transaction that does it.
CREATE TABLE policy_step (
  versionid BIGINT NOT NULL,
  step VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  policyid BIGINT NOT NULL,
  due DATETIME(6) NOT NULL,
  PRIMARY KEY (versionid, step),
  KEY policy_step_due_ix (due),
  KEY policy_step_policy_ix (policyid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
