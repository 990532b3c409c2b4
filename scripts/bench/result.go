package main

import (
	"fmt"
	"io"
	"maps"
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

// find returns the results of a promise's name, by what stands for the database. Sub-benchmarks count where the name is
// of the whole.
func find(results []result, name string) map[string]result {
	pattern := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(name), `\*`, `([^/]+)`) + "(/.*)?$")
	found := map[string]result{}
	for _, exact := range []bool{true, false} {
		for _, r := range results {
			m := pattern.FindStringSubmatch(r.name)
			if m == nil || exact != (m[len(m)-1] == "") {
				continue
			}
			database := ""
			if strings.Contains(name, "*") {
				database = m[1]
			}
			if _, ok := found[database]; !ok {
				found[database] = r
			}
		}
	}
	return found
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

// printPromises prints each promise and whether it is kept; false if one is not.
func printPromises(w io.Writer, results []result, promises []promise) (bool, error) {
	kept := true
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "\npromise\tdatabase\tmeasured\tat most\t\n")
	for _, p := range promises {
		over := find(results, p.over)
		measured := 0
		for _, database := range slices.Sorted(maps.Keys(over)) {
			value, ok := p.measured(over[database], results, database)
			if !ok {
				continue
			}
			measured++
			verdict := "kept"
			if value > p.limit {
				kept, verdict = false, "OVER"
			}
			fmt.Fprintf(t, "%s\t%s\t%.2f\t%.1f\t%s\n", p.name, database, value, p.limit, verdict)
		}
		if measured == 0 && !(p.ofServers() && onlySQLite(results)) {
			kept = false
			fmt.Fprintf(t, "%s\t\tnot measured\t%.1f\tMISSING\n", p.name, p.limit)
		}
	}
	return kept, t.Flush()
}

// measured is the promise's figure of one database; false if something of it was not measured there.
func (p promise) measured(over result, results []result, database string) (float64, bool) {
	value, ok := over.figures[p.unit]
	if !ok {
		return 0, false
	}
	if base, err := strconv.ParseFloat(p.base, 64); err == nil {
		return value / base, true
	}
	base := find(results, p.base)[database].figures[p.unit]
	return value / base, base > 0
}

// ofServers reports whether only a database server tells what the promise goes by.
func (p promise) ofServers() bool {
	return p.unit == rows || p.unit == queries || strings.HasPrefix(p.over, "BenchmarkMillions")
}

// onlySQLite reports whether nothing was measured on a server.
func onlySQLite(results []result) bool {
	return !slices.ContainsFunc(results, func(r result) bool { return r.figures[queries] > 0 })
}
