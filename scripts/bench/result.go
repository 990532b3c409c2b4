package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// result is one benchmark's line: its figures by unit, "ns/op" among them.
type result struct {
	name    string
	figures map[string]float64
}

var cpuSuffix = regexp.MustCompile(`-\d+$`)

// parse reads the benchmark lines of go test's output.
func parse(output string) []result {
	var results []result
	for line := range strings.Lines(output) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		r := result{cpuSuffix.ReplaceAllString(fields[0], ""), map[string]float64{}}
		for i := 2; i+1 < len(fields); i += 2 {
			if v, err := strconv.ParseFloat(fields[i], 64); err == nil {
				r.figures[fields[i+1]] = v
			}
		}
		results = append(results, r)
	}
	return results
}

// medians folds runs of the same benchmark into one result, in order of first appearance.
func medians(runs []result) []result {
	var folded []result
	values := map[string]map[string][]float64{}
	for _, r := range runs {
		if values[r.name] == nil {
			values[r.name] = map[string][]float64{}
			folded = append(folded, result{r.name, map[string]float64{}})
		}
		for unit, v := range r.figures {
			values[r.name][unit] = append(values[r.name][unit], v)
		}
	}
	for _, r := range folded {
		for unit, v := range values[r.name] {
			slices.Sort(v)
			r.figures[unit] = (v[(len(v)-1)/2] + v[len(v)/2]) / 2
		}
	}
	return folded
}

// find is the result with that name, or the first whose name begins with it.
func find(results []result, name string) (result, bool) {
	for _, r := range results {
		if r.name == name {
			return r, true
		}
	}
	for _, r := range results {
		if strings.HasPrefix(r.name, name+"/") {
			return r, true
		}
	}
	return result{}, false
}

func printResults(w io.Writer, results []result) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "\ntime\tallocations\tbytes\tmore\t  benchmark\n")
	for _, r := range results {
		var more []string
		for unit, v := range r.figures {
			switch unit {
			case "ns/op", "allocs/op", "B/op":
			default:
				if ns, ok := strings.CutSuffix(unit, "ns/op"); ok {
					more = append(more, strings.TrimRight(ns, "-_ ")+" "+duration(v))
				} else {
					more = append(more, strconv.FormatFloat(v, 'g', 6, 64)+" "+unit)
				}
			}
		}
		slices.Sort(more)
		fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%s\t  %s\n", duration(r.figures["ns/op"]),
			r.figures["allocs/op"], r.figures["B/op"], strings.Join(more, ", "), strings.TrimPrefix(r.name, "Benchmark"))
	}
	return t.Flush()
}

func duration(ns float64) string {
	switch {
	case ns < 1e4:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 1e7:
		return fmt.Sprintf("%.1f µs", ns/1e3)
	default:
		return fmt.Sprintf("%.1f ms", ns/1e6)
	}
}

// printRatios prints each promise and whether it is kept; false if one is not.
func printRatios(w io.Writer, results []result, promises []ratio) (bool, error) {
	kept := true
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "\nratio\tmeasured\tat most\t\n")
	for _, p := range promises {
		over, okOver := find(results, p.over)
		base, okBase := find(results, p.base)
		if !okOver || !okBase || base.figures["ns/op"] == 0 {
			kept = false
			fmt.Fprintf(t, "%s\tnot measured\t%.1f\tMISSING\n", p.name, p.limit)
			continue
		}
		measured, verdict := over.figures["ns/op"]/base.figures["ns/op"], "kept"
		if measured > p.limit {
			kept, verdict = false, "OVER"
		}
		fmt.Fprintf(t, "%s\t%.2f\t%.1f\t%s\n", p.name, measured, p.limit, verdict)
	}
	return kept, t.Flush()
}
