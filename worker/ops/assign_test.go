package ops

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// customer is a row of the test table, and what it is assigned to.
type customer struct {
	ID      *int64
	Job     string
	Age     int64
	segment int
}

// customers makes n rows. Young students go to segment 0, other students and
// all clerks to 2, the rest (unknown jobs, missing ones) to 1.
func customers(n int) []customer {
	rows := make([]customer, n)
	for i := range rows {
		c := &rows[i]
		c.Job, c.Age = []string{"student", "clerk", "", "pilot"}[i*7%4], int64(18+i*13%60)
		if id := int64(i * i); i%10 != 3 {
			c.ID = &id
		}
		switch {
		case c.Job == "student" && c.Age < 30:
			c.segment = 0
		case c.Job == "student" || c.Job == "clerk":
			c.segment = 2
		default:
			c.segment = 1
		}
	}
	return rows
}

func assignParams(id string) wire.AssignParams {
	thirty := 30.0
	return wire.AssignParams{
		ID:    id,
		Names: []string{"young, studying", "rest", "Büro"},
		Plan: encoder.Plan{
			Nulls: source.DefaultNulls,
			Features: []encoder.Feature{
				{Name: "not in the table, nor in the tree", Column: "gone", Kind: encoder.Category},
				{Name: "age", Column: "age", Kind: encoder.Range, Levels: []encoder.Level{{Name: "<30", High: &thirty}, {Name: "30+", Low: &thirty}}},
				{Name: "job", Column: "job", Kind: encoder.Category, Levels: []encoder.Level{{Name: "clerk", Value: "clerk"}, {Name: "student", Value: "student"}, {Name: "other"}}, Other: 3},
			},
		},
		Tree: encoder.Tree{Nodes: []encoder.Node{
			{Feature: 2, Codes: []uint8{0, 3}, Yes: 1, No: 2},
			{Segment: 1},
			{Feature: 1, Codes: []uint8{1}, Yes: 3, No: 4},
			{Feature: 2, Codes: []uint8{2}, Yes: 5, No: 4},
			{Segment: 2},
			{Segment: 0},
		}},
	}
}

func csvTable(t *testing.T, rows []customer, splitSize int64) *source.Table {
	t.Helper()
	var b strings.Builder
	b.WriteString("id,job,age\n")
	for _, c := range rows {
		if c.ID != nil {
			fmt.Fprint(&b, "c", *c.ID)
		}
		fmt.Fprintf(&b, ",%s,%d\n", c.Job, c.Age)
	}
	path := filepath.Join(t.TempDir(), "customers.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return find(t, source.Spec{Inputs: []string{path}, SplitSize: splitSize})
}

// parquetTable writes two files of two row groups each.
func parquetTable(t *testing.T, rows []customer) *source.Table {
	t.Helper()
	type row struct {
		ID  *int64  `parquet:"id,optional"`
		Job *string `parquet:"job,optional,dict"`
		Age int64   `parquet:"age"`
	}
	dir, half := t.TempDir(), len(rows)/2
	for i, part := range [][]customer{rows[:half], rows[half:]} {
		var b bytes.Buffer
		w := parquet.NewGenericWriter[row](&b)
		for k, c := range part {
			r := row{ID: c.ID, Age: c.Age}
			if c.Job != "" {
				r.Job = &c.Job
			}
			if _, err := w.Write([]row{r}); err != nil {
				t.Fatal(err)
			}
			if k == len(part)/3 {
				if err := w.Flush(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.parquet", i)), b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return find(t, source.Spec{Inputs: []string{filepath.Join(dir, "*.parquet")}})
}

func find(t *testing.T, spec source.Spec) *source.Table {
	t.Helper()
	table, err := source.Find(context.Background(), spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() })
	return table
}

// run performs the op over the given splits, through its encoded parameters.
func runAssign(t *testing.T, table *source.Table, p wire.AssignParams, units ...int) (partial.Parts, error) {
	t.Helper()
	env := &Env{Table: table, Opener: source.Files{}, Units: units}
	for _, u := range units {
		env.Splits = append(env.Splits, table.Splits[u])
	}
	data, err := wire.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := Run(context.Background(), env, wire.OpAssign, data)
	if err != nil {
		return partial.Parts{}, err
	}
	return answer.(partial.Parts), nil
}

func mustAssign(t *testing.T, table *source.Table, p wire.AssignParams, units ...int) []partial.Part {
	t.Helper()
	parts, err := runAssign(t, table, p, units...)
	if err != nil {
		t.Fatal(err)
	}
	return parts.Files
}

// all runs every split in an assignment of its own; firsts are found on the way.
func assignAll(t *testing.T, table *source.Table, p wire.AssignParams) []partial.Part {
	t.Helper()
	p.First = make([]int64, len(table.Splits))
	var parts []partial.Part
	for u, s := range table.Splits {
		if u > 0 && table.Splits[u-1].File == s.File {
			p.First[u] = p.First[u-1] + parts[u-1].Rows
		}
		parts = append(parts, mustAssign(t, table, p, u)...)
	}
	// The same again in one assignment, backwards.
	var backwards []int
	for u := range table.Splits {
		backwards = append([]int{u}, backwards...)
	}
	for i, part := range mustAssign(t, table, p, backwards...) {
		if diff := cmp.Diff(parts[backwards[i]], part); diff != "" {
			t.Fatalf("a part depends on more than its split: %s", diff)
		}
	}
	return parts
}

func readParts[T any](t *testing.T, parts []partial.Part, columns ...string) (rows []T) {
	t.Helper()
	for i, part := range parts {
		got, err := parquet.Read[T](bytes.NewReader(part.Bytes), int64(len(part.Bytes)))
		if err != nil {
			t.Fatal(err)
		}
		file, _ := parquet.OpenFile(bytes.NewReader(part.Bytes), int64(len(part.Bytes)))
		var names []string
		for _, f := range file.Schema().Fields() {
			names = append(names, f.Name())
		}
		if diff := cmp.Diff(columns, names); diff != "" {
			t.Fatal(diff)
		}
		var sum int64
		for _, n := range part.Segments {
			sum += n
		}
		if part.Unit != i || part.Rows != int64(len(got)) || sum != part.Rows {
			t.Fatalf("part %d says it is unit %d with %d rows, %v in segments, and holds %d", i, part.Unit, part.Rows, part.Segments, len(got))
		}
		rows = append(rows, got...)
	}
	return rows
}

func TestAssignTextID(t *testing.T) {
	type row struct {
		ID      *string `parquet:"id,optional"`
		Segment int32   `parquet:"segment"`
		Name    string  `parquet:"segment_name"`
	}
	rows, p := customers(5000), assignParams("id")
	var want []row
	for _, c := range rows {
		r := row{nil, int32(c.segment + 1), p.Names[c.segment]}
		if c.ID != nil {
			id := fmt.Sprint("c", *c.ID)
			r.ID = &id
		}
		want = append(want, r)
	}
	for _, size := range []int64{0, 10_000} {
		table := csvTable(t, rows, size)
		if size > 0 && len(table.Splits) < 4 {
			t.Fatal("the table was not split")
		}
		if diff := cmp.Diff(want, readParts[row](t, assignAll(t, table, p), "id", "rule", "segment", "segment_name")); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestAssignNumberID(t *testing.T) {
	type row struct {
		ID      *int64 `parquet:"id,optional"`
		Segment int32  `parquet:"segment"`
		Name    string `parquet:"segment_name"`
	}
	rows, p := customers(999), assignParams("id")
	var want []row
	for _, c := range rows {
		want = append(want, row{c.ID, int32(c.segment + 1), p.Names[c.segment]})
	}
	if diff := cmp.Diff(want, readParts[row](t, assignAll(t, parquetTable(t, rows), p), "id", "rule", "segment", "segment_name")); diff != "" {
		t.Fatal(diff)
	}
	// An id that is a feature as well is read once.
	p.ID = "age"
	for i, part := range readParts[row](t, assignAll(t, parquetTable(t, rows), p), "id", "rule", "segment", "segment_name") {
		if *part.ID != rows[i].Age || part.Segment != int32(rows[i].segment+1) {
			t.Fatalf("row %d: %v", i, part)
		}
	}
}

func TestAssignPlaces(t *testing.T) {
	type row struct {
		File    string `parquet:"file"`
		Row     int64  `parquet:"row"`
		Segment int32  `parquet:"segment"`
		Name    string `parquet:"segment_name"`
	}
	rows, p := customers(1000), assignParams("")
	table := parquetTable(t, rows)
	if len(table.Files) != 2 || len(table.Splits) != 4 {
		t.Fatalf("%d files, %d splits", len(table.Files), len(table.Splits))
	}
	var want []row
	for i, c := range rows {
		want = append(want, row{table.Files[i/500].Name, int64(i%500 + 1), int32(c.segment + 1), p.Names[c.segment]})
	}
	columns := []string{"file", "row", "rule", "segment", "segment_name"}
	if diff := cmp.Diff(want, readParts[row](t, assignAll(t, table, p), columns...)); diff != "" {
		t.Fatal(diff)
	}
	// A single segment needs no feature at all.
	p.Tree.Nodes = []encoder.Node{{Segment: 1}}
	got := readParts[row](t, assignAll(t, table, p), columns...)
	for i := range want {
		want[i].Segment, want[i].Name = 2, p.Names[1]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

// Each row tells which of its segment's rules it falls under, and the codes of
// the tested features are counted on the way.
func TestAssignRules(t *testing.T) {
	type row struct {
		Rule    int32 `parquet:"rule"`
		Segment int32 `parquet:"segment"`
	}
	rows, p := customers(1000), assignParams("")
	p.Tree.Nodes = []encoder.Node{ // young or studying; the rest
		{Feature: 1, Codes: []uint8{1}, Yes: 1, No: 2},
		{Segment: 2, Rule: 1},
		{Feature: 2, Codes: []uint8{2}, Yes: 3, No: 4},
		{Segment: 2},
		{Segment: 0},
	}
	var want []row
	levels := [][]int64{make([]int64, 3), make([]int64, 4)} // age, job
	for _, c := range rows {
		r := row{1, 1}
		switch {
		case c.Age < 30:
			r = row{2, 3}
		case c.Job == "student":
			r = row{1, 3}
		}
		want = append(want, r)
		age := 2
		if c.Age < 30 {
			age = 1
		}
		levels[0][age]++
		levels[1][map[string]int{"": 0, "clerk": 1, "student": 2, "pilot": 3}[c.Job]]++
	}
	parts := assignAll(t, csvTable(t, rows, 0), p)
	if diff := cmp.Diff(want, readParts[row](t, parts, "file", "row", "rule", "segment", "segment_name")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(levels, parts[0].Levels); diff != "" {
		t.Error(diff)
	}
	p.Tree.Nodes[3].Segment = 3
	if _, err := runAssign(t, csvTable(t, rows, 0), p, 0); err == nil || !strings.Contains(err.Error(), "segment 3, which is not among 3") {
		t.Error(err)
	}
}

// Rows are numbered on from batch to batch of a split.
func TestAssignSeveralBatches(t *testing.T) {
	type row struct {
		Row     int64 `parquet:"row"`
		Segment int32 `parquet:"segment"`
	}
	rows, p := customers(source.MaxBatchRows+5000), assignParams("")
	parts := assignAll(t, csvTable(t, rows, 0), p)
	got := readParts[row](t, parts, "file", "row", "rule", "segment", "segment_name")
	if len(parts) != 1 || len(got) != len(rows) {
		t.Fatalf("%d parts, %d rows", len(parts), len(got))
	}
	for i, r := range got {
		if r != (row{int64(i + 1), int32(rows[i].segment + 1)}) {
			t.Fatalf("row %d: %v", i+1, r)
		}
	}
}

// A part of several row groups reads like one.
func TestAssignManyRows(t *testing.T) {
	var b bytes.Buffer
	p := assignParams("")
	w := newPartWriter(&b, "", "f", &p, []rule{{0, 0}, {1, 0}, {2, 0}})
	segments := make([]int32, 60_000)
	rows := int64(0)
	for rows < partRowGroup+100_000 {
		for i := range segments {
			segments[i] = int32((rows + int64(i)) % 3)
		}
		if err := w.places(rows, segments, nil); err != nil {
			t.Fatal(err)
		}
		rows += int64(len(segments))
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil || len(file.RowGroups()) != 2 || file.NumRows() != rows {
		t.Fatal(err)
	}
	type row struct {
		Row     int64 `parquet:"row"`
		Segment int32 `parquet:"segment"`
	}
	got, err := parquet.Read[row](bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range got {
		if r != (row{int64(i + 1), int32(i%3 + 1)}) {
			t.Fatalf("row %d: %v", i, r)
		}
	}
}

func TestAssignRefuses(t *testing.T) {
	table := csvTable(t, customers(10), 0)
	for want, spoil := range map[string]func(p *wire.AssignParams){
		`id column "nobody" is not in the table`: func(p *wire.AssignParams) { p.ID = "nobody" },
		`"gone"`:                                 func(p *wire.AssignParams) { p.Tree.Nodes[2].Feature = 0 },
		"tree":                                   func(p *wire.AssignParams) { p.Tree.Nodes = nil },
		"not among 2":                            func(p *wire.AssignParams) { p.Names = p.Names[:2] },
		"no first row":                           func(p *wire.AssignParams) { p.First = nil },
	} {
		p := assignParams("id")
		p.First = []int64{0}
		spoil(&p)
		if _, err := runAssign(t, table, p, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	p := assignParams("age")
	p.First = []int64{0}
	floats := *table
	floats.Columns = append([]source.Column(nil), table.Columns...)
	floats.Columns[2].Type = source.Float
	if _, err := runAssign(t, &floats, p, 0); err == nil || !strings.Contains(err.Error(), "whole numbers or text") {
		t.Errorf("a float id: %v", err)
	}
	if err := os.Truncate(table.Files[0].Path, 20); err != nil {
		t.Fatal(err)
	}
	if _, err := runAssign(t, table, p, 0); !errors.Is(err, source.ErrChanged) {
		t.Errorf("a changed file: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := assign(ctx, &Env{Table: table, Opener: source.Files{}, Splits: table.Splits, Units: []int{0}}, p); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
