-- What time alone does to a version, beside making it active (policy_schedule): announce it, enforce it. A row goes
-- with the transaction that does it.
CREATE TABLE policy_step (
  versionid INTEGER NOT NULL,
  step TEXT NOT NULL,
  policyid INTEGER NOT NULL,
  due DATETIME NOT NULL,
  PRIMARY KEY (versionid, step)
);
CREATE INDEX policy_step_due_ix ON policy_step (due);
CREATE INDEX policy_step_policy_ix ON policy_step (policyid);
