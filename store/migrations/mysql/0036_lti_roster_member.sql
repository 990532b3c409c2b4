-- +goose Up
-- The members of one fetch of a roster, in the platform's order.
CREATE TABLE lti_roster_member (
  generation CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sub VARBINARY(255) NOT NULL,
  position BIGINT NOT NULL,
  teacher TINYINT(1) NOT NULL,
  name VARCHAR(255) NOT NULL,
  givenname VARCHAR(255) NOT NULL,
  familyname VARCHAR(255) NOT NULL,
  email VARCHAR(255) NOT NULL,
  idnumber VARCHAR(255) NOT NULL,
  PRIMARY KEY (generation, sub),
  KEY lti_roster_member_position_ix (generation, position)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
