-- Times in which the institution would rather have nothing new begin, one a line: first day, last day, name.
ALTER TABLE institution ADD COLUMN busy LONGTEXT NULL;
