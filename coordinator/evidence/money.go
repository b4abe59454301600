package evidence

import (
	"math"

	"github.com/headwater-dev/headwater/coordinator/sample"
)

// zTest is z of 97.5 % plus z of 80 %: what a two-sided test at 5 % needs to
// find a difference with a power of 80 %.
const zTest = 1.959963984540054 + 0.8416212335729143

// money says what treating the group is worth: n customers, each bringing the
// mean seen on confirmation (winsorised, so that no single customer promises a
// profit) times Value, less Cost; the mean at which the two
// are equal; and the customers in each arm of a test that tells the group's mean
// from that of everybody else: of rates by Fleiss, Levin and Paik (Statistical
// Methods for Rates and Proportions, 2003, formula 4.14), of numbers
// (z₀.₉₇₅ + z₀.₈)²·(σ₁² + σ₂²)/Δ².
func (f *finder) money(n int64, t trial) *Money {
	a, b := f.t.Sample(t.here), f.t.Sample(f.allConfirmation.Minus(t.here))
	if math.IsNaN(a.Mean) {
		return nil
	}
	m := &Money{Profit: float64(n) * (float64(a.Mean*f.c.Value) - f.c.Cost)}
	if f.c.Value > 0 {
		m.BreakEven = f.c.Cost / f.c.Value
	}
	if d := a.Mean - b.Mean; d != 0 {
		m.PerArm = perArm(f.t.Binary, a, b)
	}
	return m
}

func perArm(binary bool, a, b sample.Sample) int64 {
	d := a.Mean - b.Mean
	if !binary {
		return int64(math.Ceil(zTest * zTest * (a.Variance + b.Variance) / (d * d)))
	}
	const z975, z80 = 1.959963984540054, 0.8416212335729143
	middle := (a.Mean + b.Mean) / 2
	root := float64(z975*math.Sqrt(2*middle*(1-middle))) + float64(z80*math.Sqrt(a.Variance+b.Variance))
	return int64(math.Ceil(root / d * root / d))
}
