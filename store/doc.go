// Package store keeps everything in a database: SQLite in a file, or MySQL and MariaDB, with the same SQL. One
// file a table or an act; each statement stands beside the function that needs it.
//
// It owns the schema and its migrations, transactions and their retries, and the evidence log over the
// answers. It does not own the rules of who must answer what (package policy) nor those of a launch (package
// lti). Its errors are of the kinds of package policy, or a *lti.Error where a launch is refused; a database
// that cannot be reached is policy.ErrUnavailable.
//
// Opaque identifiers from outside are compared byte by byte. Times are UTC with microseconds and written by
// the program, never by the database. There are no foreign keys, no locks held by name and no assumption
// about the order of ids, so that the same schema runs on a single server, Galera, InnoDB Cluster, TiDB and
// Vitess.
//
// Start reading at [Open], then [DB.Admit], [DB.Asked] and [DB.Answer]. sqlx is used here and nowhere else.
package store
