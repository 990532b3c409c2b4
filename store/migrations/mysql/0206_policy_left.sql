-- Policies that anybody could read on a platform and that are not shown there any more: their addresses go on with what
-- was published until then. What comes back has its row no longer.
CREATE TABLE policy_left (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  policyid BIGINT NOT NULL,
  timeleft DATETIME(6) NOT NULL,
  PRIMARY KEY (platformid, policyid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
