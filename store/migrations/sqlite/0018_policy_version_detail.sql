-- +goose Up
-- What tool_policy_versions has no place for. lang and digest are of the version row's own text.
CREATE TABLE policy_version_detail (
  versionid INTEGER NOT NULL,
  materialid INTEGER NOT NULL,
  kind TEXT NOT NULL,
  lang TEXT NOT NULL,
  digest TEXT NOT NULL,
  effectivefrom DATETIME NULL,
  changenote TEXT NOT NULL,
  PRIMARY KEY (versionid)
);
CREATE INDEX policy_version_detail_material_ix ON policy_version_detail (materialid);
