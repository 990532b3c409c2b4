-- +goose Up
-- What tool_policy_versions has no place for. lang and digest are of the version row's own text.
CREATE TABLE policy_version_detail (
  versionid BIGINT NOT NULL,
  materialid BIGINT NOT NULL,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  lang VARCHAR(35) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  digest CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  effectivefrom DATETIME(6) NULL,
  changenote TEXT NOT NULL,
  PRIMARY KEY (versionid),
  KEY policy_version_detail_material_ix (materialid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
