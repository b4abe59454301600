package evidence

import (
	"context"
	"fmt"
	"math"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/sample"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Verdict is what newer data say of something found earlier.
type Verdict string

const (
	Held     Verdict = "held"     // differs from all others in the direction found, by as much as the gate asks
	Weakened Verdict = "weakened" // differs in the direction found, by less than that
	Gone     Verdict = "gone"     // does not differ so, and a difference that the gate asks for would have been seen
	TooFew   Verdict = "too few"  // the customers are too few to tell
)

// Rechecked is a finding on the customers of another table.
type Rechecked struct {
	Rank      int     `json:"rank"`
	Metric    string  `json:"metric"`
	Group     string  `json:"group"`
	Direction string  `json:"direction"`
	Verdict   Verdict `json:"verdict"`

	Then   Figures `json:"then"`        // on all customers of the table that it was found in
	Unseen Figures `json:"then_unseen"` // on those of them that it was not found on
	Now    Figures `json:"now"`         // on all customers of the other table

	P float64 `json:"p"` // two-sided, of the other table: against the customers outside the group
	Q float64 `json:"q"` // Benjamini–Hochberg over the metric's findings
}

// Recheck holds findings against the table in the shards, encoded by plan, to
// which the findings' items refer. All its customers count, as none of them was
// searched. Of the config the gate's thresholds and the false discovery rate
// are used.
func Recheck(ctx context.Context, shards Shards, plan *encoder.Plan, metrics []metric.Metric, findings []Finding, c Config) ([]Rechecked, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	out := make([]Rechecked, len(findings))
	if len(findings) == 0 {
		return out, nil
	}
	spread, err := search.Gather(ctx, shards, wire.OpSpread, struct{}{}, (*partial.Spread).Merge)
	if err != nil {
		return nil, err
	}
	for _, m := range metrics {
		f := &finder{
			c: c, shards: shards, plan: plan,
			t: sample.NewMeter(m, spread), odds: rational(c.Odds), lift: rational(c.Lift),
		}
		var at []int
		for i := range findings {
			if findings[i].Metric == m.Name {
				at = append(at, i)
			}
		}
		if err := f.recheck(ctx, findings, at, out); err != nil {
			return nil, fmt.Errorf("findings of %s: %w", m.Name, err)
		}
	}
	return out, nil
}

// recheck fills in those findings of out that are of the finder's metric.
func (f *finder) recheck(ctx context.Context, findings []Finding, at []int, out []Rechecked) error {
	groups := [][]wire.Item{nil} // everybody first
	for _, i := range at {
		groups = append(groups, findings[i].Items)
	}
	probed, err := f.probeItems(ctx, groups, f.t.Columns)
	if err != nil {
		return err
	}
	all := probed.All(f.t, 0)
	f.overall, f.level = f.t.Sample(all), f.t.ValueOf(all)
	mean, ok := f.t.Metric.Mean(f.level)
	f.hasLift = ok && mean > 0 && !f.t.Signed
	var p, z []float64
	for k := range at {
		x := probed.All(f.t, k+1)
		distance, chance := f.t.Compare(f.t.Sample(x), f.t.Sample(all.Minus(x)))
		z, p = append(z, distance), append(p, chance)
	}
	q := sample.BenjaminiHochberg(p)
	for k, i := range at {
		then, x := &findings[i], probed.All(f.t, k+1)
		out[i] = Rechecked{
			Rank: then.Rank, Metric: then.Metric, Group: then.Group, Direction: then.Direction,
			Then: then.All, Unseen: then.Confirmation,
			Now: f.figures(probed.Customers(k+1), probed.Customers(0), probed.Whole(f.t, k+1), probed.Whole(f.t, 0), x, all),
			P:   p[k], Q: q[k],
		}
		direction := +1
		if then.Direction == "down" {
			direction = -1
		}
		seen := q[k] <= f.c.FDR && float64(direction)*z[k] > 0
		out[i].Verdict = f.verdict(direction, x, seen)
	}
	return nil
}

// verdict says what became of a finding whose customers are x now; seen: they
// differ from all others in its direction, more than by chance.
//
// Where that is not so, the 95 % interval decides whether there is nothing or
// nothing to be seen: as long as it reaches what the gate asks for, a finding
// of that size is not ruled out.
func (f *finder) verdict(direction int, x sample.Exact, seen bool) Verdict {
	switch {
	case seen && f.standsOut(direction, f.t.ValueOf(x)):
		return Held
	case seen:
		return Weakened
	}
	low, high, ok := f.t.Interval(x, f.t.Sample(x))
	farthest := high
	if direction < 0 {
		farthest = low
	}
	if !ok || f.reaches(direction, farthest, x) {
		return TooFew
	}
	return Gone
}

// reaches says whether the gate would let a group pass whose mean is farthest
// and whose customers are x.
func (f *finder) reaches(direction int, farthest float64, x sample.Exact) bool {
	up, down, ratio := farthest, f.overall.Mean, f.c.Lift
	switch {
	case f.t.Binary:
		rest, ok := f.t.Metric.Mean(less(f.level, f.t.ValueOf(x)))
		if !ok {
			return true // there are no others to differ from
		}
		up, down, ratio = odds(farthest), odds(rest), f.c.Odds
	case !f.hasLift:
		return float64(direction)*(farthest-f.overall.Mean) >= f.c.Sigma*math.Sqrt(f.overall.Variance)
	}
	if direction < 0 {
		up, down = down, up
	}
	return up >= float64(ratio*down)
}

func odds(rate float64) float64 { return rate / (1 - rate) }
