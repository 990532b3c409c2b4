package main

import (
	"fmt"
	"io"
	"maps"
	"math"
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
		for _, database := range p.databases(results) {
			value, verdict := p.judge(results, database)
			measured := "-"
			if !math.IsNaN(value) {
				measured = fmt.Sprintf("%.2f", value)
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%.1f\t%s\n", p.name, database, measured, p.limit, verdict)
			kept = kept && verdict == "kept"
		}
	}
	return kept, t.Flush()
}

// databases are those that the promise is to be kept on: where either side was measured, so that one side does not
// hide that the other is missing.
func (p promise) databases(results []result) []string {
	if p.ofServers() && onlySQLite(results) {
		return nil
	}
	found := find(results, p.over)
	maps.Copy(found, find(results, p.base))
	if p.unit == rows || p.unit == queries {
		delete(found, "sqlite") // it does not tell
	}
	if len(found) == 0 {
		return []string{""}
	}
	return slices.Sorted(maps.Keys(found))
}

// judge is the promise's figure on one database, NaN if there is none, and a word about it.
func (p promise) judge(results []result, database string) (float64, string) {
	over, word := p.side(results, p.over, database, p.unit)
	if word != "" {
		return math.NaN(), word
	}
	base, err := strconv.ParseFloat(p.base, 64)
	if err != nil {
		base, word = p.side(results, p.base, database, p.unit)
	}
	status := float64(p.status)
	if word == "" && p.status != 0 {
		status, word = p.side(results, p.over, database, "status")
	}
	switch value := over / base; {
	case word != "":
		return math.NaN(), word
	case status != float64(p.status):
		return value, fmt.Sprintf("STATUS %.0f, not %d", status, p.status)
	case value > p.limit:
		return value, "OVER"
	default:
		return value, "kept"
	}
}

// side is a figure of one side; the word says what is missing.
func (p promise) side(results []result, name, database, unit string) (value float64, word string) {
	r, ok := find(results, name)[database]
	if !ok {
		if database != "" {
			name = strings.ReplaceAll(name, "*", database)
		}
		return 0, "MISSING: " + name
	}
	if r.figures[unit] <= 0 {
		return 0, "MISSING: " + unit + " of " + r.name
	}
	return r.figures[unit], ""
}

// ofServers reports whether only a database server tells what the promise goes by.
func (p promise) ofServers() bool {
	return p.unit == rows || p.unit == queries || strings.HasPrefix(p.over, "BenchmarkMillions")
}

// onlySQLite reports whether nothing was measured on a server.
func onlySQLite(results []result) bool {
	return !slices.ContainsFunc(results, func(r result) bool { return r.figures[queries] > 0 })
}
