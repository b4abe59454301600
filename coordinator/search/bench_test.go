package search

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/wire"
)

// manyCustomers makes a table of independent features of 3 to 12 levels and a
// yes/no measure, and a second one of values up to a million if amounts is set.
func manyCustomers(rows, features int, amounts bool) *table {
	r := rand.New(rand.NewPCG(3, 4))
	t := &table{plan: &encoder.Plan{}, rows: encoder.Rows{N: rows, Fold: make([]uint8, rows)}}
	for f := range features {
		levels := 3 + f%10
		feature := encoder.Feature{Name: fmt.Sprint("f", f), Kind: encoder.Category}
		for l := range levels {
			feature.Levels = append(feature.Levels, encoder.Level{Name: fmt.Sprint("l", l)})
		}
		codes := make([]uint8, rows)
		for i := range codes {
			codes[i] = uint8(1 + min(r.IntN(levels), r.IntN(levels+2))) // the first levels are the more frequent
		}
		t.plan.Features, t.rows.Codes = append(t.plan.Features, feature), append(t.rows.Codes, codes)
	}
	measures := 1
	if amounts {
		measures = 2
	}
	for m := range measures {
		values, known := make([]int64, rows), make([]bool, rows)
		for i := range values {
			known[i] = true
			if m == 0 {
				values[i] = int64(r.IntN(10) / 9)
			} else {
				values[i] = r.Int64N(1_000_000)
			}
		}
		t.plan.Measures = append(t.plan.Measures, encoder.Measure{Name: fmt.Sprint("m", m), Complete: true})
		t.rows.Values, t.rows.Known = append(t.rows.Values, values), append(t.rows.Known, known)
	}
	return t
}

// BenchmarkSearch counts all groups up to order 3 of at least one percent of
// the rows, on one core. Divide by the rows for the cost of larger tables.
func BenchmarkSearch(b *testing.B) {
	for _, amounts := range []bool{false, true} {
		const rows = 1 << 20
		t := manyCustomers(rows, 20, amounts)
		t.cut(b, rows, inOrder(rows))
		levels := t.levels(b)
		b.Run(fmt.Sprintf("rows=1m/features=20/order=3/amounts=%t", amounts), func(b *testing.B) {
			b.SetBytes(rows * 20)
			for b.Loop() {
				candidates := 0
				g, err := Run(b.Context(), t, t.plan, levels, Config{MinShare: 0.01}, func(l Level) {
					if l.Done {
						candidates += l.Candidates
					}
				})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(g.Len()), "groups")
				b.ReportMetric(float64(candidates), "candidates")
			}
		})
	}
}

func BenchmarkLevels(b *testing.B) {
	const rows = 1 << 20
	t := manyCustomers(rows, 20, false)
	t.cut(b, rows, inOrder(rows))
	b.SetBytes(rows * 20)
	for b.Loop() {
		if err := t.OverShards(b.Context(), wire.OpLevels, struct{}{}, func([]byte) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	const rows = 1 << 20
	t := manyCustomers(rows, 20, false)
	b.SetBytes(rows * 20)
	for b.Loop() {
		t.cut(b, rows, inOrder(rows))
	}
	b.ReportMetric(float64(t.shards[0].Bytes())/rows/20, "B/row/feature")
}
