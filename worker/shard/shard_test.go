package shard

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// randomRows makes rows of two features and three measures: the first (or, if
// complete, all) known everywhere or not, values of the given spread.
func randomRows(r *rand.Rand, n int, complete bool, spread int64) (*encoder.Plan, *encoder.Rows) {
	plan := &encoder.Plan{Features: make([]encoder.Feature, 2)}
	rows := &encoder.Rows{N: n, Codes: make([][]uint8, 2), Fold: make([]uint8, n)}
	for f := range rows.Codes {
		plan.Features[f].Levels = make([]encoder.Level, 255)
		rows.Codes[f] = make([]uint8, n)
		for i := range n {
			rows.Codes[f][i] = uint8(r.IntN(256))
		}
	}
	for i := range rows.Fold {
		rows.Fold[i] = uint8(r.IntN(32))
	}
	for m := range 3 {
		plan.Measures = append(plan.Measures, encoder.Measure{Name: fmt.Sprint("m", m), Column: "c", Complete: complete})
		values, known := make([]int64, n), make([]bool, n)
		for i := range n {
			if known[i] = complete || r.IntN(3) > 0; known[i] {
				values[i] = r.Int64N(spread) - spread/2
				if r.IntN(50) == 0 && spread == math.MaxInt64 {
					values[i] = []int64{math.MinInt64, math.MaxInt64}[r.IntN(2)]
				}
			}
		}
		rows.Values, rows.Known = append(rows.Values, values), append(rows.Known, known)
	}
	return plan, rows
}

func part(rows *encoder.Rows, from, to int) *encoder.Rows {
	p := &encoder.Rows{N: to - from, Fold: rows.Fold[from:to]}
	for _, c := range rows.Codes {
		p.Codes = append(p.Codes, c[from:to])
	}
	for m := range rows.Values {
		p.Values, p.Known = append(p.Values, rows.Values[m][from:to]), append(p.Known, rows.Known[m][from:to])
	}
	return p
}

func build(t testing.TB, plan *encoder.Plan, rows *encoder.Rows, batch int) *Shard {
	t.Helper()
	b := NewBuilder(7, plan)
	for from := 0; from < rows.N; from += batch {
		if err := b.Append(part(rows, from, min(from+batch, rows.N))); err != nil {
			t.Fatal(err)
		}
	}
	return b.Build()
}

func TestShardHoldsItsRowsSorted(t *testing.T) {
	check := func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		n := rapid.SampledFrom([]int{0, 1, 63, 64, 65, 1000, BlockRows - 1, BlockRows, BlockRows + 1, 40000}).Draw(t, "rows")
		complete := rapid.Bool().Draw(t, "complete")
		spread := rapid.SampledFrom([]int64{1, 2, 300, 1 << 40, math.MaxInt64}).Draw(t, "spread")
		plan, rows := randomRows(r, n, complete, spread)
		b := NewBuilder(7, plan)
		for from := 0; from < n; {
			size := rapid.IntRange(1, 30000).Draw(t, "batch")
			p := part(rows, from, min(from+size, n))
			if err := b.Append(p); err != nil {
				t.Fatal(err)
			}
			from += size
		}
		s := b.Build()
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int {
			ka, kb := rows.Known[0][a], rows.Known[0][b]
			switch {
			case ka != kb && ka:
				return -1
			case ka != kb:
				return 1
			case rows.Values[0][a] < rows.Values[0][b]:
				return -1
			case rows.Values[0][a] > rows.Values[0][b]:
				return 1
			}
			return 0
		})
		if s.ID() != 7 || s.Rows() != n {
			t.Fatalf("shard %d of %d rows", s.ID(), s.Rows())
		}
		for i, row := range order {
			if s.Codes(0)[i] != rows.Codes[0][row] || s.Codes(1)[i] != rows.Codes[1][row] || s.Fold()[i] != rows.Fold[row] {
				t.Fatalf("row %d is not row %d of the source", i, row)
			}
		}
		for m := range plan.Measures {
			values, known := s.Values(m, make([]int64, 5, 100)), s.Known(m)
			if (known == nil) != complete || len(values) != n {
				t.Fatalf("measure %d: %d values", m, len(values))
			}
			for i, row := range order {
				if values[i] != rows.Values[m][row] {
					t.Fatalf("measure %d, row %d: %d, want %d", m, i, values[i], rows.Values[m][row])
				}
				if !complete && (known[i/64]>>(i%64)&1 == 1) != rows.Known[m][row] {
					t.Fatalf("measure %d, row %d: known is wrong", m, i)
				}
			}
		}
		checkBlocks(t, s, plan)
	}
	rapid.Check(t, func(t *rapid.T) { check(t) })
}

// checkBlocks checks that blocks cover the rows and what frames promise.
func checkBlocks(t *rapid.T, s *Shard, plan *encoder.Plan) {
	next := 0
	for i, b := range s.Blocks() {
		if b.Start != next || b.Rows < 1 || b.Rows > BlockRows {
			t.Fatalf("block %d is %+v, expected to start at %d", i, b, next)
		}
		next += b.Rows
		if s.Frame(i, 0).Known == Some {
			t.Fatalf("block %d: the primary measure is known on some rows only", i)
		}
		for m := range plan.Measures {
			f := s.Frame(i, m)
			if want := f.Width * ((b.Rows + 63) / 64); len(f.Planes) != want {
				t.Fatalf("block %d, measure %d: %d words of planes, want %d", i, m, len(f.Planes), want)
			}
			if f.Known != Some {
				continue
			}
			dst := make([]uint64, (b.Rows+63)/64)
			s.KnownBlock(i, m, dst)
			for j := range b.Rows {
				at := b.Start + j
				if dst[j/64]>>(j%64)&1 != s.Known(m)[at/64]>>(at%64)&1 {
					t.Fatalf("block %d, measure %d: known bit %d is wrong", i, m, j)
				}
			}
		}
	}
	if next != s.Rows() {
		t.Fatalf("the blocks cover %d of %d rows", next, s.Rows())
	}
}

func TestShardIsAFunctionOfItsRows(t *testing.T) {
	plan, rows := randomRows(rand.New(rand.NewPCG(1, 1)), 70000, false, 1000)
	all := cmp.AllowUnexported(Shard{}, measure{})
	a, b := build(t, plan, rows, 65536), build(t, plan, rows, 999)
	if d := cmp.Diff(a, b, all); d != "" {
		t.Error(d)
	}
}

func TestYesNoShardIsSmall(t *testing.T) {
	const n, features = 100000, 20
	plan, rows := &encoder.Plan{Measures: []encoder.Measure{{Name: "y", Complete: true}}}, &encoder.Rows{N: n, Fold: make([]uint8, n)}
	r := rand.New(rand.NewPCG(2, 2))
	values, known := make([]int64, n), make([]bool, n)
	for i := range n {
		values[i], known[i] = int64(r.IntN(2)), true
	}
	rows.Values, rows.Known = [][]int64{values}, [][]bool{known}
	for range features {
		plan.Features, rows.Codes = append(plan.Features, encoder.Feature{}), append(rows.Codes, make([]uint8, n))
	}
	s := build(t, plan, rows, 65536)
	if perCell := float64(s.Bytes()) / n / features; perCell > 1.1 {
		t.Errorf("%.2f bytes a row and feature", perCell)
	}
	planes := 0
	for i := range s.Blocks() {
		planes += s.Frame(i, 0).Width
	}
	if planes != 1 {
		t.Errorf("%d planes, want 1: in the block where no turns to yes", planes)
	}
}

func TestCompleteMeasureThatIsMissing(t *testing.T) {
	plan, rows := randomRows(rand.New(rand.NewPCG(3, 3)), 10, true, 100)
	rows.Known[1][4] = false
	err := NewBuilder(3, plan).Append(rows)
	if err == nil || !strings.Contains(err.Error(), `shard 3, row 4: measure "m1"`) {
		t.Errorf("got %v", err)
	}
}
