-- Policies that anybody could read on a platform and that are not shown there any more: their addresses go on with what
-- was published until then. What comes back has its row no longer.
CREATE TABLE policy_left (
  platformid TEXT NOT NULL,
  policyid INTEGER NOT NULL,
  timeleft DATETIME NOT NULL,
  PRIMARY KEY (platformid, policyid)
);
