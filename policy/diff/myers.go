package diff

import "slices"

// edit is one step of an edit script: keep, delete or insert. a and b are positions in the old and the new
// sequence; only the one that the step concerns has a meaning.
type edit struct {
	op   editOp
	a, b int
}

type editOp byte

const (
	keep editOp = iota
	remove
	insert
)

// script is a shortest edit script from a sequence of n to one of m elements (Myers, "An O(ND) difference
// algorithm"). It reports false when more than limit steps would be needed: time grows with length times
// steps, memory with the square of the steps.
func script(n, m int, same func(a, b int) bool, limit int) ([]edit, bool) {
	head := 0
	for head < n && head < m && same(head, head) {
		head++
	}
	tail := 0
	for tail < n-head && tail < m-head && same(n-1-tail, m-1-tail) {
		tail++
	}
	var out []edit
	for i := range head {
		out = append(out, edit{keep, i, i})
	}
	middle, ok := shortest(n-head-tail, m-head-tail, func(a, b int) bool { return same(a+head, b+head) }, limit)
	if !ok {
		return nil, false
	}
	for _, e := range middle {
		out = append(out, edit{e.op, e.a + head, e.b + head})
	}
	for i := range tail {
		out = append(out, edit{keep, n - tail + i, m - tail + i})
	}
	return out, true
}

func shortest(n, m int, same func(a, b int) bool, limit int) ([]edit, bool) {
	limit = min(limit, n+m)
	// far[k+limit] is how far in the old sequence the diagonal k is reached; seen holds a copy for every number
	// of steps, to walk back on.
	far := make([]int32, 2*limit+3)
	at := func(k int) *int32 { return &far[k+limit+1] }
	var seen [][]int32
	for d := 0; d <= limit; d++ {
		seen = append(seen, slices.Clone(far[limit+1-d:limit+2+d]))
		for k := -d; k <= d; k += 2 {
			var x int
			if k == -d || k != d && *at(k - 1) < *at(k + 1) {
				x = int(*at(k + 1))
			} else {
				x = int(*at(k - 1)) + 1
			}
			for x < n && x-k < m && same(x, x-k) {
				x++
			}
			*at(k) = int32(x)
			if x >= n && x-k >= m {
				return walkBack(seen, n, m), true
			}
		}
	}
	return nil, false
}

// walkBack reads the script off the recorded steps, from the end to the beginning.
func walkBack(seen [][]int32, n, m int) []edit {
	var out []edit
	x, y := n, m
	diagonal := func(toX, toY int) {
		for x > toX && y > toY {
			x, y = x-1, y-1
			out = append(out, edit{keep, x, y})
		}
	}
	for d := len(seen) - 1; d > 0; d-- {
		// seen[d] holds the diagonals -d to d as they were before step d.
		at := func(k int) int { return int(seen[d][k+d]) }
		k := x - y
		if k == -d || k != d && at(k-1) < at(k+1) {
			from := at(k + 1)
			diagonal(from, from-k-1)
			y--
			out = append(out, edit{insert, x, y})
		} else {
			from := at(k - 1)
			diagonal(from, from-k+1)
			x--
			out = append(out, edit{remove, x, y})
		}
	}
	diagonal(0, 0)
	slices.Reverse(out)
	return out
}
