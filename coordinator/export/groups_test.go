package export

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// sample is a small population: a yes/no metric, money in cents with gaps, and
// a ratio, one of whose sums exceeds 64 bits.
func sample() (*Overall, *search.Groups) {
	level := func(names ...string) (levels []encoder.Level) {
		for _, n := range names {
			levels = append(levels, encoder.Level{Name: n, Value: n})
		}
		return levels
	}
	o := &Overall{
		Features: []encoder.Feature{
			{Name: "age", Column: "age", Kind: encoder.Category, Levels: level("20-29", "30-39")},
			{Name: "job", Column: "job", Kind: encoder.Category, Levels: level("=cmd()", "Ünïcode & \"q\"")},
		},
		Metrics: []metric.Metric{
			{Name: "y=yes", Num: 0, Den: -1, Binary: true},
			{Name: "money, €/$.x", Num: 1, Den: -1, Digits: 2},
			{Name: "rate", Num: 2, Den: 3},
		},
		All: partial.MakeCounts(1, []bool{true, false, true, true}),
	}
	set := func(c *partial.Counts, i int, n, y, known, cents int64, num, den int64) {
		c.N[i], c.Measures[1].Known[i] = n, known
		for m, x := range []int64{y, cents, num, den} {
			c.Measures[m].Sum.Add(i, x)
		}
	}
	set(&o.All, 0, 1000, 100, 800, 80000, 600, 300)
	g := &search.Groups{
		Start:  []int{0, 1, 2, 4, 5},
		Items:  []wire.Item{{Feature: 0, Code: 1}, {Feature: 1, Code: 0}, {Feature: 0, Code: 2}, {Feature: 1, Code: 2}, {Feature: 1, Code: 1}},
		Counts: partial.MakeCounts(4, []bool{true, false, true, true}),
	}
	set(&g.Counts, 0, 100, 30, 80, 12345, 60, 10)
	set(&g.Counts, 1, 10, 0, 0, 0, 0, 0)
	set(&g.Counts, 2, 50, 5, 40, -4001, math.MaxInt64, 5)
	g.Counts.Measures[2].Sum.Add(2, math.MaxInt64)
	set(&g.Counts, 3, 1, 1, 1, 1, 1, 1)
	return o, g
}

func groupsBytes(t testing.TB, o *Overall, g *search.Groups) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteGroups(&b, o, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type itemRow struct {
	Feature string  `parquet:"feature"`
	Level   *string `parquet:"level,optional"`
	Missing bool    `parquet:"missing"`
}

type groupRow struct {
	Order      int32     `parquet:"order"`
	Group      string    `parquet:"group"`
	Items      []itemRow `parquet:"items,list"`
	N          int64     `parquet:"n"`
	Share      float64   `parquet:"share"`
	KnownY     int64     `parquet:"n_y=yes"`
	SumY       int64     `parquet:"sum_y=yes"`
	MeanY      *float64  `parquet:"mean_y=yes,optional"`
	LiftY      *float64  `parquet:"lift_y=yes,optional"`
	ExcessY    *float64  `parquet:"excess_y=yes,optional"`
	KnownRate  int64     `parquet:"n_rate"`
	SumRate    float64   `parquet:"sum_rate"` // beyond int64
	DenRate    int64     `parquet:"den_rate"`
	MeanRate   *float64  `parquet:"mean_rate,optional"`
	LiftRate   *float64  `parquet:"lift_rate,optional"`
	ExcessRate *float64  `parquet:"excess_rate,optional"`
}

func TestWriteGroups(t *testing.T) {
	o, g := sample()
	data := groupsBytes(t, o, g)
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range file.Schema().Fields() {
		names = append(names, fmt.Sprintf("%s %v %v", f.Name(), f.Optional(), f.Leaf() && f.Type().Kind() == parquet.Int64))
	}
	m := "money, €/$.x"
	want := []string{
		"order false false", "group false false", "items false false", "n false true", "share false false",
		"n_y=yes false true", "sum_y=yes false true", "mean_y=yes true false", "lift_y=yes true false", "excess_y=yes true false",
		"n_" + m + " false true", "sum_" + m + " false false", "mean_" + m + " true false", "lift_" + m + " true false", "excess_" + m + " true false",
		"n_rate false true", "sum_rate false false", "den_rate false true", "mean_rate true false", "lift_rate true false", "excess_rate true false",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Fatalf("columns: %s", diff)
	}
	if got := file.Metadata().CreatedBy; !strings.HasPrefix(got, "headwater version 1") {
		t.Errorf("created by %q", got)
	}
	rows := make([]groupRow, 4)
	r := parquet.NewGenericReader[groupRow](bytes.NewReader(data))
	if n, err := r.Read(rows); n != 4 || err != nil && err != io.EOF {
		t.Fatal(n, err)
	}
	f := func(x float64) *float64 { return &x }
	s := func(x string) *string { return &x }
	big := float64(math.MaxInt64) * 2
	wantRows := []groupRow{
		{1, search.Name(o.Features, g.At(0)), []itemRow{{"age", s("20-29"), false}}, 100, 0.1, 100, 30, f(0.3), f(2.9999999999999996), f(20), 100, 60, 10, f(6), f(3), f(40)},
		{1, search.Name(o.Features, g.At(1)), []itemRow{{"job", nil, true}}, 10, 0.01, 10, 0, f(0), f(0), f(-1), 10, 0, 0, nil, nil, f(0)},
		{2, search.Name(o.Features, g.At(2)), []itemRow{{"age", s("30-39"), false}, {"job", s("Ünïcode & \"q\""), false}}, 50, 0.05, 50, 5, f(0.1), f(1), f(0), 50, big, 5, f(big / 5), f(big / 10), f(big)},
		{1, search.Name(o.Features, g.At(3)), []itemRow{{"job", s("=cmd()"), false}}, 1, 0.001, 1, 1, f(1), f(10), f(0.9), 1, 1, 1, f(1), f(0.5), f(-1)},
	}
	if diff := cmp.Diff(wantRows, rows); diff != "" {
		t.Fatal(diff)
	}
	if !bytes.Equal(data, groupsBytes(t, o, g)) {
		t.Error("the same groups gave other bytes")
	}
}

func TestWriteGroupsRefuses(t *testing.T) {
	for name, spoil := range map[string]func(o *Overall, g *search.Groups){
		"has no name":       func(o *Overall, g *search.Groups) { o.Metrics[0].Name = "" },
		"two metrics":       func(o *Overall, g *search.Groups) { o.Metrics[0].Name = "rate" },
		"not valid UTF-8":   func(o *Overall, g *search.Groups) { o.Metrics[0].Name = "\xff" },
		"feature 2, code 0": func(o *Overall, g *search.Groups) { g.Items[1].Feature = 2 },
		"feature 0, code 3": func(o *Overall, g *search.Groups) { g.Items[0].Code = 3 },
	} {
		o, g := sample()
		spoil(o, g)
		for _, err := range []error{WriteGroups(io.Discard, o, g), WriteTop(io.Discard, o, g, nil, false)} {
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestWriteNoGroups(t *testing.T) {
	o, _ := sample()
	data := groupsBytes(t, o, &search.Groups{Start: []int{0}, Counts: partial.MakeCounts(0, []bool{true, false, true, true})})
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil || file.NumRows() != 0 || len(file.Schema().Columns()) != 23 {
		t.Fatal(err)
	}
}

// many makes n random groups of order 3 over 20 features.
func many(n int) (*Overall, *search.Groups) {
	o := &Overall{Metrics: []metric.Metric{{Name: "y", Num: 0, Den: -1, Binary: true}, {Name: "balance", Num: 1, Den: -1, Digits: 2}}}
	for f := range 20 {
		feature := encoder.Feature{Name: fmt.Sprintf("feature_%d", f)}
		for l := range 12 {
			feature.Levels = append(feature.Levels, encoder.Level{Name: fmt.Sprintf("%d-%d", l*10, l*10+9)})
		}
		o.Features = append(o.Features, feature)
	}
	o.All = partial.MakeCounts(1, []bool{true, true})
	o.All.N[0] = 10_000_000
	o.All.Measures[0].Sum.Add(0, 1_170_000)
	o.All.Measures[1].Sum.Add(0, 1_362_272_000_000)
	g := &search.Groups{Start: []int{0}, Counts: partial.MakeCounts(n, []bool{true, true})}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		f := r.IntN(18)
		for k := range 3 {
			g.Items = append(g.Items, wire.Item{Feature: f + k, Code: uint8(r.IntN(13))})
		}
		g.Start = append(g.Start, len(g.Items))
		g.Counts.N[i] = r.Int64N(1_000_000)
		g.Counts.Measures[0].Sum.Add(i, r.Int64N(g.Counts.N[i]+1))
		g.Counts.Measures[1].Sum.Add(i, r.Int64N(1_000_000_000)-100_000_000)
	}
	return o, g
}

// Several row groups hold the same rows as one would.
func TestWriteManyGroups(t *testing.T) {
	o, g := many(groupsPerRowGroup + 3)
	data := groupsBytes(t, o, g)
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(file.RowGroups()) != 2 || file.NumRows() != int64(g.Len()) {
		t.Fatal(err)
	}
	type row struct {
		Group string  `parquet:"group"`
		N     int64   `parquet:"n"`
		Sum   float64 `parquet:"sum_balance"`
	}
	rows, err := parquet.Read[row](bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		want := row{search.Name(o.Features, g.At(i)), g.Counts.N[i], o.Metrics[1].Sum(o.Metrics[1].At(&g.Counts, i))}
		if r != want {
			t.Fatalf("row %d: %v, want %v", i, r, want)
		}
	}
}

func BenchmarkWriteGroups(b *testing.B) {
	o, g := many(400_000)
	for b.Loop() {
		if err := WriteGroups(io.Discard, o, g); err != nil {
			b.Fatal(err)
		}
	}
}

// squares are Σx² of the measures of sample, the same for every group.
func squares(yes, money int64) []partial.Squares {
	out := make([]partial.Squares, 4)
	for m := range out {
		out[m] = partial.MakeSquares(2)
	}
	for i := range 2 {
		out[0].Lo[i], out[1].Lo[i] = uint64(yes), uint64(money)
	}
	return out
}

func TestWriteTop(t *testing.T) {
	o, g := sample()
	var b bytes.Buffer
	err := WriteTop(&b, o, g, []Ranking{
		{"y=yes", "excess", []int{0, 3}, squares(30, 2_000_000_00)},
		{"=rate", "lift", []int{1}, squares(0, 0)},
	}, true)
	if err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(b.String(), bom)
	if !ok {
		t.Error("no byte order mark")
	}
	want := strings.Join([]string{
		"rank,metric,measure,order,group,n,share," +
			"n_y=yes,sum_y=yes,mean_y=yes,low_y=yes,high_y=yes,lift_y=yes,excess_y=yes," +
			"\"n_money, €/$.x\",\"sum_money, €/$.x\",\"mean_money, €/$.x\",\"low_money, €/$.x\",\"high_money, €/$.x\",\"lift_money, €/$.x\",\"excess_money, €/$.x\"," +
			"n_rate,sum_rate,den_rate,mean_rate,low_rate,high_rate,lift_rate,excess_rate",
		"1,y=yes,excess,1,age=20-29,100,0.1,100,30,0.3,0.2189488529493276,0.3958485463334666,2.9999999999999996,20,80,123.45,1.543125,-1.92684981090879,5.01309981090879,1.543125,43.45,100,60,10,6,,,3,40",
		"2,y=yes,excess,1,job==cmd(),1,0.001,1,1,1,0.20654931437723745,1,10,0.9,1,0.01,0.01,,,0.01,-0.99,1,1,1,1,,,0.5,-1",
		"1,'=rate,lift,1," + search.Name(o.Features, g.At(1)) + ",10,0.01,10,0,0,0,0.27753279986288926,0,-1,0,0,,,,,0,10,0,0,,,,,0", "",
	}, "\n")
	if diff := cmp.Diff(want, text); diff != "" {
		t.Fatal(diff)
	}
}

// Cells come back as they were, or with an apostrophe before what a
// spreadsheet would run; never does a cell begin with a formula.
func TestCSVEscaping(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.OneOf(
			rapid.StringMatching(`[=+\-@\t\r\n＝＋－＠' ",;0-9.eE]{0,6}`),
			rapid.String(),
		)
		row := rapid.SliceOfN(cell, 2, 5).Draw(t, "row")
		var b strings.Builder
		w, _ := newCSVWriter(&b, false)
		written := append([]string(nil), row...)
		if err := w.row(written); err != nil {
			t.Fatal(err)
		}
		if err := w.close(); err != nil {
			t.Fatal(err)
		}
		got, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
		if err != nil || len(got) != 1 || len(got[0]) != len(row) {
			t.Fatalf("%q read back as %q: %v", b.String(), got, err)
		}
		for i, cell := range got[0] {
			// The reader, as RFC 4180 has it, knows one kind of line break.
			original := strings.ReplaceAll(row[i], "\r\n", "\n")
			if cell != original && cell != "'"+original {
				t.Fatalf("%q came back as %q", row[i], cell)
			}
			if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) && !plainNumber.MatchString(cell) {
				t.Fatalf("%q was left as it is", cell)
			}
		}
	})
	for cell, want := range map[string]string{"-1.5": "-1.5", "+1e-7": "+1e-7", "-": "'-", "-1+2": "'-1+2", "a=b": "a=b", "": "", "=1": "'=1", "\tx": "'\tx"} {
		if got := escapeFormula(cell); got != want {
			t.Errorf("%q escaped as %q, want %q", cell, got, want)
		}
	}
}
