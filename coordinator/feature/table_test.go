package feature

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
)

// data returns the path of a shared data file, or skips.
func data(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
	}
	path := filepath.Join(dir, "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the shared data is absent: %v", err)
	}
	return path
}

// table is a found table whose passes run in the test itself.
type table struct {
	t testing.TB
	*source.Table
}

func open(t testing.TB, path string) table {
	t.Helper()
	found, err := source.Find(t.Context(), source.Spec{Inputs: []string{path}})
	if err != nil {
		t.Fatal(err)
	}
	return table{t, found}
}

func (x table) each(columns []string, f func(split int, rec arrow.Record)) {
	x.t.Helper()
	for i, s := range x.Splits {
		r, err := source.Files{}.Open(x.t.Context(), x.Table, s, columns)
		if err != nil {
			x.t.Fatal(err)
		}
		for {
			rec, err := r.Next(context.Background())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				x.t.Fatal(err)
			}
			f(i, rec)
			rec.Release()
		}
		r.Close()
	}
}

func (x table) profile() *partial.Profile {
	x.t.Helper()
	var names []string
	var profilers []*partial.Profiler
	for _, c := range x.Columns {
		names, profilers = append(names, c.Name), append(profilers, partial.NewProfiler(c, 1))
	}
	x.each(names, func(_ int, rec arrow.Record) {
		for i, p := range profilers {
			if err := p.Add(rec.Column(i)); err != nil {
				x.t.Fatal(err)
			}
		}
	})
	p := &partial.Profile{}
	for _, c := range profilers {
		p.Columns = append(p.Columns, c.Column())
	}
	return p
}

func (x table) refine(ask *partial.RefineParams) partial.Refinement {
	x.t.Helper()
	var names []string
	var refiners []*partial.Refiner
	for _, a := range ask.Columns {
		for _, c := range x.Columns {
			if c.Name == a.Column {
				names, refiners = append(names, c.Name), append(refiners, partial.NewRefiner(c, a))
			}
		}
	}
	x.each(names, func(_ int, rec arrow.Record) {
		for i, r := range refiners {
			if err := r.Add(rec.Column(i)); err != nil {
				x.t.Fatal(err)
			}
		}
	})
	var out partial.Refinement
	for _, r := range refiners {
		out.Columns = append(out.Columns, r.Refined())
	}
	return out
}

// decide runs Decide with as many refinement rounds as it asks for.
func (x table) decide(o Options) (*Result, int) {
	x.t.Helper()
	p := x.profile()
	var answers []partial.Refinement
	for {
		r, ask, err := Decide(p, answers, o)
		if err != nil {
			x.t.Fatal(err)
		}
		if ask == nil {
			return r, len(answers)
		}
		answers = append(answers, x.refine(ask))
	}
}

// encode returns the rows per feature and code.
func (x table) encode(plan *encoder.Plan) (counts [][]int64, rows int64) {
	x.t.Helper()
	e, err := encoder.New(plan, x.Columns)
	if err != nil {
		x.t.Fatal(err)
	}
	counts = make([][]int64, len(plan.Features))
	for i := range counts {
		counts[i] = make([]int64, plan.Features[i].Codes())
	}
	var dst encoder.Rows
	x.each(e.Columns(), func(_ int, rec arrow.Record) {
		if err := e.Encode(rec, rows, &dst); err != nil {
			x.t.Fatal(err)
		}
		rows += int64(dst.N)
		for i := range counts {
			for _, c := range dst.Codes[i] {
				counts[i][c]++
			}
		}
	})
	return counts, rows
}

// csvTable writes a CSV file and finds it.
func csvTable(t testing.TB, header string, rows int, row func(i int) string) table {
	t.Helper()
	var b strings.Builder
	b.WriteString(header)
	for i := range rows {
		b.WriteString(row(i))
	}
	path := filepath.Join(t.TempDir(), "table.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, path)
}

// textTable is a CSV table with one column beside a constant one.
func textTable(t testing.TB, name string, values []string) table {
	t.Helper()
	return csvTable(t, name+",same\n", len(values), func(i int) string { return values[i] + ",1\n" })
}
