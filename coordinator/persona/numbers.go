package persona

import (
	"fmt"
	"math"
	"math/big"
	"slices"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Distribution is a numeric feature over the customers of a segment that have a
// number.
type Distribution struct {
	N         int64      `json:"n"`         // these customers
	Mean      float64    `json:"mean"`      // exact, rounded once
	Quartiles [3]float64 `json:"quartiles"` // the smallest numbers that 25, 50 and 75 % of them do not exceed
	Within    float64    `json:"within"`    // no quartile is further off; 0 = all are exact
}

// EnterNumbers completes the numeric features by mean and quartiles, where the
// workers counted their columns.
func (r *Result) EnterNumbers(plan *encoder.Plan, asked *wire.Numbers, counts *partial.Numbers) error {
	if len(asked.Columns) == 0 {
		return nil
	}
	if counts == nil || len(counts.Columns) != len(asked.Columns) {
		return fmt.Errorf("personas: numbers of %d columns were asked for and did not come", len(asked.Columns))
	}
	for c := range counts.Columns {
		if len(counts.Columns[c].Known) != len(r.Segments) {
			return fmt.Errorf("personas: column %q has numbers of %d segments, not %d", asked.Columns[c].Column, len(counts.Columns[c].Known), len(r.Segments))
		}
	}
	for s := range r.Segments {
		p := &r.Segments[s]
		for i := range p.Numbers {
			q := &p.Numbers[i]
			f := &plan.Features[q.Feature]
			at := slices.IndexFunc(asked.Columns, func(c wire.Number) bool { return c.Column == f.Column })
			if at < 0 || f.Part != "" || counts.Columns[at].Known[s] == 0 {
				continue
			}
			q.Exact = distribution(&asked.Columns[at], asked.Bits, &counts.Columns[at], s)
			q.Known = float64(q.Exact.N) / float64(p.N)
		}
	}
	return nil
}

// distribution reads a column's counts within segment s.
func distribution(c *wire.Number, bits int, counts *partial.NumberCounts, s int) *Distribution {
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(c.Digits)), nil)
	number := func(num, den *big.Int) float64 {
		x, _ := new(big.Rat).SetFrac(num, new(big.Int).Mul(den, unit)).Float64()
		return x
	}
	d := &Distribution{N: counts.Known[s]}
	d.Mean = number(counts.Sum.Big(s), big.NewInt(d.N))
	width := len(counts.Bins) / len(counts.Known)
	bins, first := counts.Bins[s*width:(s+1)*width], partial.BinOf(c.Low, bits)
	var below int64
	bin := 0
	for q := range d.Quartiles {
		for below+bins[bin] < quarter(d.N, int64(q+1)) {
			below += bins[bin]
			bin++
		}
		low, high := partial.BinEdges(first+bin, bits)
		low, high = max(low, c.Low), min(high, c.High)
		d.Quartiles[q] = number(big.NewInt(low+high), big.NewInt(2))
		d.Within = math.Max(d.Within, number(big.NewInt(high-low), big.NewInt(2)))
	}
	return d
}

// quarter returns how many of n customers are q quarters of them, rounded up.
func quarter(n, q int64) int64 { return (n*q + 3) / 4 }
