package contrast

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/ops"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

// made is a generated table of two sides: codes of features, the side of every
// row (0 = neither), and one metric.
type made struct {
	plan   encoder.Plan
	side   metric.Metric
	pairs  []Pair
	codes  [][]uint8
	sides  []uint8
	values []int64
	part   []uint8
	shards []*shard.Shard
}

// generate makes n customers with eight features, of which pairs depend on each
// other. draw says what the metric of a row is; lean, if not nil, the
// probability that it is on B.
func generate(seed uint64, n int, binary bool, lean func(codes []uint8) float64, draw func(r *rand.Rand, codes []uint8, side uint8) int64) *made {
	r := rand.New(rand.NewPCG(seed, 11))
	t := &made{codes: make([][]uint8, 8)}
	var levels [8]int
	for f := range t.codes {
		levels[f] = 2 + (f*3)%7
		feature := encoder.Feature{Name: fmt.Sprint("f", f), Column: fmt.Sprint("f", f), Kind: encoder.Category}
		for l := range levels[f] {
			feature.Levels = append(feature.Levels, encoder.Level{Name: fmt.Sprint("l", l), Value: fmt.Sprint("l", l)})
		}
		t.plan.Features = append(t.plan.Features, feature)
	}
	row := make([]uint8, len(t.codes))
	for i := range n {
		for f, k := range levels {
			row[f] = uint8(1 + min(r.IntN(k), r.IntN(k)))
			if f%2 == 1 && r.IntN(3) > 0 {
				row[f] = uint8(1 + int(row[f-1])%k)
			}
			t.codes[f] = append(t.codes[f], row[f])
		}
		onB := 0.5
		if lean != nil {
			onB = lean(row)
		}
		side := encoder.SideA
		if r.Float64() < onB {
			side = encoder.SideB
		}
		if r.IntN(10) == 0 {
			side = 0
		}
		t.sides, t.values = append(t.sides, side), append(t.values, draw(r, row, side))
		t.part = append(t.part, encoder.PartBits(encoder.HashOrdinal(seed, int64(i)), false))
	}
	m := metric.Metric{Name: "m", Column: "m", Binary: binary, Den: -1}
	t.plan.Measures, t.side, t.pairs = Measures([]encoder.Measure{{Name: "m", Column: "m"}}, []metric.Metric{m}, false)
	t.plan.Sides = &encoder.Feature{Name: "s", Column: "s", Kind: encoder.Category, Levels: []encoder.Level{{Name: "a", Value: "a"}, {Name: "b", Value: "b"}}}
	return t
}

// encode builds the shards.
func (t *made) encode(tb testing.TB, size int) {
	tb.Helper()
	t.shards = nil
	for from := 0; from < len(t.sides); from += size {
		to := min(from+size, len(t.sides))
		rows := &encoder.Rows{N: to - from, Fold: make([]uint8, to-from), Part: t.part[from:to]}
		for _, codes := range t.codes {
			rows.Codes = append(rows.Codes, codes[from:to])
		}
		for m := range t.plan.Measures {
			values, known := make([]int64, rows.N), make([]bool, rows.N)
			for i, side := range t.sides[from:to] {
				switch {
				case m == 0 && side != 0:
					values[i], known[i] = int64(side-1), true
				case m > 0 && side == t.plan.Measures[m].Side:
					values[i], known[i] = t.values[from+i], true
				}
			}
			rows.Values, rows.Known = append(rows.Values, values), append(rows.Known, known)
		}
		b := shard.NewBuilder(len(t.shards), &t.plan)
		if err := b.Append(rows); err != nil {
			tb.Fatal(err)
		}
		t.shards = append(t.shards, b.Build())
	}
}

// OverShards runs the op over the shards in two assignments, the later first.
func (t *made) OverShards(ctx context.Context, op string, params any, accept func([]byte) error) error {
	data, err := wire.Encode(params)
	if err != nil {
		return err
	}
	half := len(t.shards) / 2
	for _, part := range [][]*shard.Shard{t.shards[half:], t.shards[:half]} {
		result, err := ops.Run(ctx, &ops.Env{Plan: &t.plan, Shards: part}, op, data)
		if err != nil {
			return err
		}
		answer, err := wire.Encode(result)
		if err != nil {
			return err
		}
		if err := accept(answer); err != nil {
			return err
		}
	}
	return nil
}

// compare searches the table to order 3 and compares the sides.
func (t *made) compare(tb testing.TB) *Result {
	tb.Helper()
	if t.shards == nil {
		t.encode(tb, 16_000)
	}
	ctx := context.Background()
	levels, err := search.Gather(ctx, t, wire.OpLevels, struct{}{}, (*partial.Halves).Merge)
	if err != nil {
		tb.Fatal(err)
	}
	groups, err := search.Run(ctx, t, &t.plan, levels, search.Config{Order: 3, MinShare: 0.01}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	r, err := Run(ctx, t, Table{Plan: &t.plan, Side: t.side, Pairs: t.pairs, Groups: groups, Levels: levels}, Config{Evidence: Default(), Top: Top})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// kinds of metrics: what a row's is, at a level of so much times the usual.
var kinds = map[string]struct {
	binary bool
	draw   func(r *rand.Rand, times float64) int64
}{
	"1 %":   {true, func(r *rand.Rand, times float64) int64 { return chance(r, 0.01*times) }},
	"0.1 %": {true, func(r *rand.Rand, times float64) int64 { return chance(r, 0.001*times) }},
	"20 %":  {true, func(r *rand.Rand, times float64) int64 { return chance(r, 0.2*times) }},
	"normal": {false, func(r *rand.Rand, times float64) int64 {
		return int64(times*1000 + 300*r.NormFloat64())
	}},
	"log-normal": {false, func(r *rand.Rand, times float64) int64 {
		return int64(times * 1000 * math.Exp(1.5*r.NormFloat64()))
	}},
	"few buyers": {false, func(r *rand.Rand, times float64) int64 {
		return chance(r, 0.02) * int64(times*1000*math.Exp(1.2*r.NormFloat64()))
	}},
	"Pareto": {false, func(r *rand.Rand, times float64) int64 {
		return int64(times * 100 * math.Pow(1-r.Float64(), -1/1.3))
	}},
}

func chance(r *rand.Rand, p float64) int64 {
	if r.Float64() < p {
		return 1
	}
	return 0
}
