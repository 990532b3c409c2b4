package store

import "golang.org/x/mod/sumdb/tlog"

// frontier is the right edge of a growing tree: the roots of its complete subtrees, the largest first. It
// holds a few hashes however long the log is.
type frontier struct {
	size  int64
	roots []tlog.Hash
}

// add appends a leaf and returns the hashes that it completed, in the order in which tlog stores them.
func (f *frontier) add(leaf tlog.Hash) []tlog.Hash {
	done := []tlog.Hash{leaf}
	for n := f.size; n&1 == 1; n >>= 1 {
		leaf = tlog.NodeHash(f.roots[len(f.roots)-1], leaf)
		f.roots = f.roots[:len(f.roots)-1]
		done = append(done, leaf)
	}
	f.roots = append(f.roots, leaf)
	f.size++
	return done
}

// hash is the tree's hash, as tlog.TreeHash.
func (f *frontier) hash() tlog.Hash {
	h := f.roots[len(f.roots)-1]
	for i := len(f.roots) - 2; i >= 0; i-- {
		h = tlog.NodeHash(f.roots[i], h)
	}
	return h
}
