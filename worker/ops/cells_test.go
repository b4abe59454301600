package ops

import (
	"context"
	"errors"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

// randomTable makes rows over features of the given numbers of codes, with a
// yes/no measure known everywhere, one of huge values known everywhere, and a
// small one known on most rows.
func randomTable(rng *rand.Rand, n int, codes ...int) (*encoder.Plan, *encoder.Rows) {
	plan := &encoder.Plan{Measures: []encoder.Measure{{Name: "y", Complete: true}, {Name: "huge", Complete: true}, {Name: "some"}}}
	rows := &encoder.Rows{N: n, Fold: make([]uint8, n)}
	for _, k := range codes {
		plan.Features = append(plan.Features, encoder.Feature{Levels: make([]encoder.Level, k-1)})
		column := make([]uint8, n)
		for i := range column {
			column[i] = uint8(min(rng.IntN(k), rng.IntN(k)))
		}
		rows.Codes = append(rows.Codes, column)
	}
	for range plan.Measures {
		rows.Values = append(rows.Values, make([]int64, n))
		rows.Known = append(rows.Known, make([]bool, n))
	}
	for i := range n {
		rows.Fold[i] = uint8(rng.IntN(1 << encoder.Folds))
		rows.Values[0][i], rows.Known[0][i] = int64(rng.IntN(2)), true
		rows.Values[1][i], rows.Known[1][i] = rng.Int64N(1<<40)-1<<58, true
		if rng.IntN(4) > 0 {
			rows.Values[2][i], rows.Known[2][i] = rng.Int64N(2001)-1000, true
		}
	}
	return plan, rows
}

// cutShards builds shards of so many rows.
func cutShards(t testing.TB, plan *encoder.Plan, rows *encoder.Rows, size int) []*shard.Shard {
	t.Helper()
	var out []*shard.Shard
	for lo := 0; lo < rows.N; lo += size {
		hi := min(lo+size, rows.N)
		part := &encoder.Rows{N: hi - lo, Fold: rows.Fold[lo:hi]}
		for _, c := range rows.Codes {
			part.Codes = append(part.Codes, c[lo:hi])
		}
		for m := range rows.Values {
			part.Values = append(part.Values, rows.Values[m][lo:hi])
			part.Known = append(part.Known, rows.Known[m][lo:hi])
		}
		if rows.Part != nil {
			part.Part = rows.Part[lo:hi]
		}
		if plan.Clustered {
			part.First, part.Hash = rows.First+int64(lo), rows.Hash[lo:hi]
		}
		for _, c := range rows.Places {
			part.Places = append(part.Places, c[lo:hi])
		}
		b := shard.NewBuilder(len(out), plan)
		if err := b.Append(part); err != nil {
			t.Fatal(err)
		}
		out = append(out, b.Build())
	}
	return out
}

// group is one group's counts in plain numbers.
type group struct {
	N, Known     []int64 // Known per measure
	Sum, Squares []string
}

// bruteGroup counts the rows that pass.
func bruteGroup(plan *encoder.Plan, rows *encoder.Rows, pass func(i int) bool) group {
	g := group{N: []int64{0}}
	for m := range plan.Measures {
		known, sum, squares := int64(0), new(big.Int), new(big.Int)
		for i := range rows.N {
			if pass(i) && rows.Known[m][i] {
				x := big.NewInt(rows.Values[m][i])
				known++
				sum.Add(sum, x)
				squares.Add(squares, x.Mul(x, x))
			}
		}
		g.Known = append(g.Known, known)
		g.Sum, g.Squares = append(g.Sum, sum.String()), append(g.Squares, squares.String())
	}
	for i := range rows.N {
		if pass(i) {
			g.N[0]++
		}
	}
	return g
}

// bruteLevels counts the rows that pass by feature × code.
func bruteLevels(plan *encoder.Plan, rows *encoder.Rows, pass func(i int) bool) []int64 {
	offsets := encoder.Offsets(plan.Features)
	out := make([]int64, offsets[len(plan.Features)])
	for i := range rows.N {
		if pass(i) {
			for f := range plan.Features {
				out[offsets[f]+int(rows.Codes[f][i])]++
			}
		}
	}
	return out
}

// groupOf reads one entry of counts; squares may be nil.
func groupOf(c *partial.Counts, squares []partial.Squares, i int) group {
	g := group{N: []int64{c.N[i]}}
	for m := range c.Measures {
		known := c.N[i]
		if c.Measures[m].Known != nil {
			known = c.Measures[m].Known[i]
		}
		g.Known = append(g.Known, known)
		g.Sum = append(g.Sum, c.Measures[m].Sum.Big(i).String())
		if squares != nil {
			g.Squares = append(g.Squares, squares[m].Big(i).String())
		}
	}
	return g
}

func callCells(t testing.TB, plan *encoder.Plan, shards []*shard.Shard, p wire.CellsParams) []partial.Cells {
	t.Helper()
	out, err := cells(context.Background(), &Env{Plan: plan, Shards: shards}, p)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCellsEqualBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	plan, rows := randomTable(rng, 700, 3, 5, 256, 2, 200, 250)
	rows.Part = make([]uint8, rows.N)
	for i := range rows.Part {
		rows.Part[i] = uint8(rng.IntN(encoder.Parts))
	}
	crossings := [][]int{{}, {0}, {0, 1}, {0, 1, 3}, {2, 4, 5}, {1, 0}, {0, 2, 4, 5}}
	for _, folds := range []bool{false, true} {
		p := wire.CellsParams{Crossings: crossings, Folds: folds, Squares: true, Levels: true, Limit: 1000}
		whole := callCells(t, plan, cutShards(t, plan, rows, 1000), p)
		foldBits := 0
		if folds {
			foldBits = encoder.SplitBits
		}
		for c, features := range crossings {
			key := func(i int) uint64 {
				k := uint64(0)
				for _, f := range features {
					k = k*uint64(plan.Features[f].Codes()) + uint64(rows.Codes[f][i])
				}
				if folds {
					k = k<<encoder.SplitBits | uint64(rows.Fold[i]|rows.Part[i]&encoder.Confirmation<<encoder.Folds)
				}
				return k
			}
			total := int64(0)
			for at, k := range whole[c].Key {
				if at > 0 && k <= whole[c].Key[at-1] {
					t.Fatalf("crossing %v: key %d is out of order", features, at)
				}
				total += whole[c].Counts.N[at]
				if at%7 != 0 && len(whole[c].Key) > 100 {
					continue // enough of the many
				}
				want := bruteGroup(plan, rows, func(i int) bool { return key(i) == k })
				if diff := cmp.Diff(want, groupOf(&whole[c].Counts, whole[c].Squares, at)); diff != "" {
					t.Fatalf("crossing %v folds %v key %d (-brute +op):\n%s", features, folds, k, diff)
				}
				width := len(whole[c].Levels) / len(whole[c].Key)
				if diff := cmp.Diff(bruteLevels(plan, rows, func(i int) bool { return key(i) == k }), whole[c].Levels[at*width:(at+1)*width]); diff != "" {
					t.Fatalf("crossing %v folds %v key %d: levels (-brute +op):\n%s", features, folds, k, diff)
				}
			}
			if total != int64(rows.N) {
				t.Errorf("crossing %v: cells hold %d rows of %d", features, total, rows.N)
			}
		}
		// However the rows are cut and the answers merged, values are the same.
		var merged []partial.Cells
		shards := cutShards(t, plan, rows, 90)
		for i := len(shards) - 1; i >= 0; i -= 2 {
			part := callCells(t, plan, shards[max(0, i-1):i+1], p)
			if merged == nil {
				merged = part
				continue
			}
			for c := range part {
				if err := merged[c].Merge(&part[c], p.Limit, foldBits); err != nil {
					t.Fatal(err)
				}
			}
		}
		for c := range merged {
			if diff := cmp.Diff(whole[c].Key, merged[c].Key); diff != "" {
				t.Fatalf("crossing %v: keys differ (-whole +cut):\n%s", crossings[c], diff)
			}
			if diff := cmp.Diff(whole[c].Levels, merged[c].Levels); diff != "" {
				t.Fatalf("crossing %v: levels differ (-whole +cut):\n%s", crossings[c], diff)
			}
			for at := range merged[c].Key {
				if diff := cmp.Diff(groupOf(&whole[c].Counts, whole[c].Squares, at), groupOf(&merged[c].Counts, merged[c].Squares, at)); diff != "" {
					t.Fatalf("crossing %v: cell %d differs (-whole +cut):\n%s", crossings[c], at, diff)
				}
			}
		}
	}
}

// Overflow depends on the cells of all rows together, not on the cut.
func TestCellsOverflow(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	plan, rows := randomTable(rng, 400, 40, 256, 256, 256)
	for _, features := range [][]int{{0}, {0, 1}, {1, 2, 3}} {
		all := callCells(t, plan, cutShards(t, plan, rows, 400), wire.CellsParams{Crossings: [][]int{features}, Folds: true, Limit: 1 << 30})
		distinct := all[0].Distinct(encoder.SplitBits)
		for _, limit := range []int{1, distinct - 1, distinct, distinct + 1} {
			p := wire.CellsParams{Crossings: [][]int{features}, Folds: true, Limit: limit}
			for _, size := range []int{400, 150, 37} {
				var merged partial.Cells
				for _, s := range cutShards(t, plan, rows, size) {
					part := callCells(t, plan, []*shard.Shard{s}, p)
					data, err := wire.Encode(part) // as it travels
					if err != nil {
						t.Fatal(err)
					}
					var back []partial.Cells
					if err := wire.Decode(data, &back); err != nil {
						t.Fatal(err)
					}
					if err := merged.Merge(&back[0], limit, encoder.SplitBits); err != nil {
						t.Fatal(err)
					}
				}
				if got, want := merged.Overflown(), distinct > limit; got != want {
					t.Errorf("%v: %d cells, limit %d, shards of %d: overflown %v", features, distinct, limit, size, got)
				}
			}
		}
	}
}

func TestCellsRefuseBadParameters(t *testing.T) {
	plan, rows := randomTable(rand.New(rand.NewPCG(7, 8)), 10, slices.Repeat([]int{256}, 16)...)
	env := &Env{Plan: plan, Shards: cutShards(t, plan, rows, 10)}
	for _, features := range [][]int{{16}, {-1}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}} {
		if _, err := cells(context.Background(), env, wire.CellsParams{Crossings: [][]int{features}, Folds: true, Limit: 10}); err == nil {
			t.Errorf("crossing %v is accepted", features)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := cells(ctx, env, wire.CellsParams{Crossings: [][]int{{0}}, Limit: 10}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled op returns %v", err)
	}
}

func BenchmarkCells(b *testing.B) {
	plan, rows := randomTable(rand.New(rand.NewPCG(1, 1)), 1_000_000, 5, 13, 4, 8, 4, 12, 9)
	plan.Measures = plan.Measures[:1]
	shards := cutShards(b, plan, rows, rows.N)
	for _, folds := range []bool{false, true} {
		p := wire.CellsParams{Crossings: [][]int{{0, 1, 2, 3}, {0, 1, 2, 4}, {0, 1, 2, 5}, {0, 1, 2, 6}}, Folds: folds, Limit: 30000}
		name := "folds=no"
		if folds {
			name = "folds=yes"
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				callCells(b, plan, shards, p)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows.N*len(p.Crossings)), "ns/row-crossing")
		})
	}
}
