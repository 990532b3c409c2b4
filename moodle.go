package main

import (
	"context"

	"ltipolicy/transfer"
	"ltipolicy/transfer/toolpolicy"
)

func moodleImport(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "moodle import", "")
	database := f.database()
	dump := f.String("dump", "", "`file` written by mysqldump or mariadb-dump")
	users := f.String("users", "", "`file` with Moodle's users: tabs between columns, the first line names them")
	dsn := f.String("dsn", "", "Moodle's live database, `USER:PASS@tcp(HOST:PORT)/NAME`, instead of -dump; best given as LTIPOLICY_DSN")
	prefix := f.String("prefix", "mdl_", "prefix of Moodle's tables")
	platform := f.String("platform", "", "`ID` of the platform that this Moodle is")
	var langs transfer.Langs
	f.Var(&langs, "lang", "`language` of texts that do not tell theirs, such as pl; 3=pl says it of Moodle's policy 3 alone; may be given several times or as a list, pl,3=hr")
	var meant transfer.Meant
	f.Var(&meant, "with-losses", "`policies`, by Moodle's numbers, to take over although their texts lose something; with commas between")
	dry := f.Bool("dry-run", false, "only say what would be done")
	if err := f.parse(args); err != nil {
		return err
	}
	switch {
	case *platform == "":
		return usageError{"-platform is needed"}
	case (*dump == "") == (*dsn == ""):
		return usageError{"either -dump or -dsn is needed"}
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything is committed
	p, err := db.Platform(ctx, *platform)
	if err != nil {
		return err
	}
	var src toolpolicy.Source
	if *dsn != "" {
		live, err := toolpolicy.OpenLive(ctx, *dsn, *prefix)
		if err != nil {
			return err
		}
		defer live.Close() //nolint:errcheck // it was only read
		src = live
	} else {
		src = toolpolicy.Files(*dump, *users, *prefix)
	}
	return transfer.Import(ctx, transfer.Takeover{
		Store: db, Platform: p, Langs: langs, Meant: meant, DryRun: *dry, Out: w.stdout,
	}, src)
}

func moodleExport(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "moodle export", "")
	database := f.database()
	platform := f.String("platform", "", "`ID` of the platform that this Moodle is")
	prefix := f.String("prefix", "mdl_", "prefix of Moodle's tables")
	if err := f.parse(args); err != nil {
		return err
	}
	if *platform == "" {
		return usageError{"-platform is needed"}
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is written any more
	p, err := db.Platform(ctx, *platform)
	if err != nil {
		return err
	}
	return transfer.Export(ctx, db, p, *prefix, w.stdout, w.stderr)
}
