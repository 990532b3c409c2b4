package config

import "ltipolicy/policy"

// Distance is how many letters must be put in, taken out or replaced to make one name of the other, without regard to
// case and marks: what is near may have been meant.
func Distance(a, b string) int {
	x, y := []rune(policy.Fold(a)), []rune(policy.Fold(b))
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		before := row[0] // of the row above, one to the left
		row[0] = i + 1
		for j := range y {
			next := min(row[j+1]+1, row[j]+1, before)
			if x[i] != y[j] {
				next = min(row[j+1], row[j], before) + 1
			}
			before, row[j+1] = row[j+1], next
		}
	}
	return row[len(y)]
}
