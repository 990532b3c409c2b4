// Package normal has the one form in which texts are stored: composed letters, line feeds as the only line ends, no
// control characters, and invisible characters only where a script needs them.
//
// Two texts that read the same are the same from here on, for digests, the search and the comparison of versions; and what is
// written as XML or read out holds nothing that a reader does not get. It knows nothing of markup.
//
// Start reading at [Text].
package normal
