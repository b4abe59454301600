package merge

import (
	"context"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// table is encoded rows in memory, which answers the shard ops row by row as
// their contracts say, in cuts of so many rows.
type table struct {
	plan    encoder.Plan
	metrics []metric.Metric
	rows    encoder.Rows
	cut     int
	asked   map[string]int // op → passes over the rows
}

// newTable makes a table of categories and whole-number metrics. A value of
// "" is missing.
func newTable(t testing.TB, features []string, metrics []string, rows [][]string) *table {
	t.Helper()
	tab := &table{cut: 1 << 30, asked: map[string]int{}}
	tab.rows.N = len(rows)
	for f, name := range features {
		var levels []string
		for _, r := range rows {
			if r[f] != "" {
				levels = append(levels, r[f])
			}
		}
		slices.Sort(levels)
		levels = slices.Compact(levels)
		feature := encoder.Feature{Name: name, Column: name, Kind: encoder.Category}
		for _, l := range levels {
			feature.Levels = append(feature.Levels, encoder.Level{Name: l, Value: l})
		}
		codes := make([]uint8, len(rows))
		for i, r := range rows {
			if r[f] != "" {
				at, _ := slices.BinarySearch(levels, r[f])
				codes[i] = uint8(at + 1)
			}
		}
		tab.plan.Features = append(tab.plan.Features, feature)
		tab.rows.Codes = append(tab.rows.Codes, codes)
	}
	for m, name := range metrics {
		values, known, complete := make([]int64, len(rows)), make([]bool, len(rows)), true
		for i, r := range rows {
			if s := r[len(features)+m]; s != "" {
				x, err := strconv.ParseInt(s, 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				values[i], known[i] = x, true
			}
			complete = complete && known[i]
		}
		tab.plan.Measures = append(tab.plan.Measures, encoder.Measure{Name: name, Column: name, Complete: complete})
		tab.rows.Values = append(tab.rows.Values, values)
		tab.rows.Known = append(tab.rows.Known, known)
		tab.metrics = append(tab.metrics, metric.Metric{Name: name, Column: name, Num: m, Den: -1})
	}
	tab.refold(1)
	return tab
}

// refold draws the held-out bits and the parts anew.
func (t *table) refold(seed uint64) {
	t.rows.Fold, t.rows.Part = make([]uint8, t.rows.N), make([]uint8, t.rows.N)
	for i := range t.rows.Fold {
		for bit := range encoder.SplitBits {
			x := (seed*1000003+uint64(i))*encoder.SplitBits + uint64(bit)
			x += 0x9e3779b97f4a7c15
			x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
			x = (x ^ x>>27) * 0x94d049bb133111eb
			switch u := float64((x^x>>31)>>11) / (1 << 53); {
			case bit < encoder.Folds && u < 0.3:
				t.rows.Fold[i] |= 1 << bit
			case bit == encoder.Folds && u < 0.4:
				t.rows.Part[i] = encoder.Confirmation
			}
		}
	}
}

// bank reads bank-binned.csv: its 15 features, with metric y.
func bank(t testing.TB) *table {
	t.Helper()
	f, err := os.Open(shared(t, "data/bank-binned.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	head := all[0]
	if head[15] != "y" || head[16] != "balance" {
		t.Fatalf("unexpected header %v", head)
	}
	return newTable(t, head[:15], []string{"y"}, all[1:])
}

func (t *table) complete() []bool {
	var out []bool
	for _, m := range t.plan.Measures {
		out = append(out, m.Complete)
	}
	return out
}

// put counts row i in group g.
func (t *table) put(c *partial.Counts, g, i int) {
	c.N[g]++
	for m := range c.Measures {
		if t.rows.Known[m][i] {
			if c.Measures[m].Known != nil {
				c.Measures[m].Known[g]++
			}
			c.Measures[m].Sum.Add(g, t.rows.Values[m][i])
		}
	}
}

// levels answers OpLevels.
func (t *table) levels() *partial.Counts {
	size := 1
	for _, f := range t.plan.Features {
		size += f.Codes()
	}
	c := partial.MakeCounts(size, t.complete())
	for i := range t.rows.N {
		at := 0
		for f := range t.plan.Features {
			t.put(&c, at+int(t.rows.Codes[f][i]), i)
			at += t.plan.Features[f].Codes()
		}
		t.put(&c, at, i)
	}
	return &c
}

func (t *table) OverShards(ctx context.Context, op string, params any, accept func([]byte) error) error {
	t.asked[op]++
	for lo := 0; lo < t.rows.N; lo += t.cut {
		if err := ctx.Err(); err != nil {
			return err
		}
		hi := min(lo+t.cut, t.rows.N)
		var answer any
		switch p := params.(type) {
		case wire.CellsParams:
			var cells []partial.Cells
			for _, features := range p.Crossings {
				cells = append(cells, t.cells(features, p, lo, hi))
			}
			answer = cells
		case wire.ContentsParams:
			answer = t.contents(p, lo, hi)
		case wire.SegmentsParams:
			answer = t.segments(p, lo, hi)
		case wire.LeavesParams:
			answer = t.leaves(p, lo, hi)
		default:
			return fmt.Errorf("op %s is not asked for", op)
		}
		data, err := wire.Encode(answer)
		if err != nil {
			return err
		}
		if err := accept(data); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) cells(features []int, p wire.CellsParams, lo, hi int) partial.Cells {
	foldBits := 0
	if p.Folds {
		foldBits = encoder.Folds
	}
	layout, _ := keysOf(&t.plan, features, foldBits)
	rows := map[[2]uint64][]int{}
	distinct := map[[2]uint64]bool{}
	for i := lo; i < hi; i++ {
		if t.rows.Part[i]&p.Parts != p.Parts {
			continue
		}
		var key [2]uint64
		for j, f := range features {
			part := &key[1]
			if j < layout.High {
				part = &key[0]
			}
			*part = *part*uint64(t.plan.Features[f].Codes()) + uint64(t.rows.Codes[f][i])
		}
		distinct[key] = true
		if p.Folds {
			key[1] = key[1]<<encoder.SplitBits | uint64(t.rows.Fold[i]|t.rows.Part[i]<<encoder.Folds)
		}
		rows[key] = append(rows[key], i)
	}
	if len(distinct) > p.Limit {
		return partial.Overflow()
	}
	var out partial.Cells
	keys := slices.SortedFunc(maps.Keys(rows), func(a, b [2]uint64) int { return slices.Compare(a[:], b[:]) })
	for _, key := range keys {
		out.Key = append(out.Key, key[1])
		if layout.High > 0 {
			out.High = append(out.High, key[0])
		}
	}
	out.Counts = partial.MakeCounts(len(out.Key), t.complete())
	if p.Squares {
		for range t.plan.Measures {
			out.Squares = append(out.Squares, partial.MakeSquares(len(out.Key)))
		}
	}
	offsets := encoder.Offsets(t.plan.Features)
	if p.Levels {
		out.Levels = make([]int64, len(out.Key)*offsets[len(t.plan.Features)])
	}
	for g, key := range keys {
		for _, i := range rows[key] {
			if p.Levels {
				for f, codes := range t.rows.Codes {
					out.Levels[g*offsets[len(t.plan.Features)]+offsets[f]+int(codes[i])]++
				}
			}
			t.put(&out.Counts, g, i)
			for m := range out.Squares {
				out.Squares[m].Add(g, t.rows.Values[m][i])
			}
		}
	}
	return out
}

func (t *table) contents(p wire.ContentsParams, lo, hi int) partial.Contents {
	out := partial.Contents{Limit: p.Limit, Rows: map[string]int64{}}
	for i := lo; i < hi; i++ {
		if t.rows.Part[i]&p.Parts != p.Parts || t.rows.Part[i]&p.Without != 0 {
			continue
		}
		row := []byte{t.rows.Fold[i]}
		for _, f := range p.Features {
			row = append(row, t.rows.Codes[f][i])
		}
		for m := range t.plan.Measures {
			known := byte(0)
			if t.rows.Known[m][i] {
				known = 1
			}
			row = binary.BigEndian.AppendUint64(append(row, known), uint64(t.rows.Values[m][i]))
		}
		out.Add(row)
	}
	return out
}

// segmentOf follows a tree for row i.
func (t *table) segmentOf(tree *encoder.Tree, i int) int {
	n := tree.Nodes[0]
	for len(n.Codes) > 0 {
		if slices.Contains(n.Codes, t.rows.Codes[n.Feature][i]) {
			n = tree.Nodes[n.Yes]
		} else {
			n = tree.Nodes[n.No]
		}
	}
	return n.Segment
}

func (t *table) segments(p wire.SegmentsParams, lo, hi int) partial.Segments {
	size := 0
	for _, f := range t.plan.Features {
		size += f.Codes()
	}
	out := partial.Segments{All: partial.MakeCounts(p.Segments, t.complete())}
	for range p.Segments {
		out.Levels = append(out.Levels, partial.MakeCounts(size, t.complete()))
	}
	for range t.plan.Measures {
		out.Squares = append(out.Squares, partial.MakeSquares(p.Segments))
	}
	for i := lo; i < hi; i++ {
		s := t.segmentOf(&p.Tree, i)
		t.put(&out.All, s, i)
		for m := range out.Squares {
			out.Squares[m].Add(s, t.rows.Values[m][i])
		}
		at := 0
		for f := range t.plan.Features {
			t.put(&out.Levels[s], at+int(t.rows.Codes[f][i]), i)
			at += t.plan.Features[f].Codes()
		}
	}
	return out
}

func (t *table) leaves(p wire.LeavesParams, lo, hi int) []partial.Counts {
	size := 0
	for _, f := range p.Features {
		size += t.plan.Features[f].Codes()
	}
	var out []partial.Counts
	for k := range p.Trees {
		c := partial.MakeCounts(2*p.Leaves[k]*size, t.complete())
		for i := lo; i < hi; i++ {
			leaf := t.segmentOf(&p.Trees[k], i)
			if leaf < 0 {
				continue
			}
			at := (2*leaf + int(t.rows.Fold[i]>>p.Folds[k]&1)) * size
			for _, f := range p.Features {
				t.put(&c, at+int(t.rows.Codes[f][i]), i)
				at += t.plan.Features[f].Codes()
			}
		}
		out = append(out, c)
	}
	return out
}
