// Package spent tells benchmarks what something cost, in figures that do not depend on what else the machine does:
// processor time of this process and of a database server, rows that the server read, and statements it was sent.
//
// It owns nothing that the product needs; production code does not import it. [Now] is where to start reading.
package spent
