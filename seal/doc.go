// Package seal keeps secrets unreadable for whoever has the database and not the key file. It owns the envelope in
// which a secret stands in a table, and the text of a key file. It does not know where the file is, what is sealed,
// or which table it stands in.
//
// An envelope is, byte for byte:
//
//	1   the envelope's version
//	8   the id of the key, the beginning of SHA-256 over "ltipolicy seal key id\n" and the key
//	12  a random nonce
//	n   AES-256-GCM of the secret, with its tag of 16 bytes; the additional data are the 9 bytes before the nonce, and
//	    the purpose
//
// The purpose says which row of which table the secret belongs to, so that an envelope that is moved to another row
// does not open there.
//
// Start reading at [Parse] and [Keys].
package seal
