package evidence

import (
	"math"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/wire"
)

// mainEffects is a model of a metric's mean on the customers that have or lack
// each item of a rule: effects add up on a scale, without interactions. It is
// fitted to all customers at once, so that what two items owe to each other,
// being often seen together, is counted once.
type mainEffects struct {
	link    link
	weight  []float64 // set of items that customers have exactly → what their mean divides by
	sum     []float64 // → what it divides
	effects []uint    // each effect's items; none = everybody
	size    []float64 // effect → its size
}

// The fit ends when no effect moves by more than this part of everybody's, or
// after so many sweeps: nearly equal items share an effect in many ways that
// say the same.
const (
	settled = 1e-10
	sweeps  = 500
)

// link is the scale on which effects add up: the log-odds of rates, the
// logarithm of means that have a lift, and means themselves.
type link struct {
	to, back func(float64) float64
	slope    func(mean float64) float64 // of back
	steepest float64                    // effects move by no more than this in a step
}

func (f *finder) link() link {
	switch {
	case f.t.Binary:
		return link{
			to:       func(x float64) float64 { return math.Log(x / (1 - x)) },
			back:     func(y float64) float64 { return 1 / (1 + math.Exp(-y)) },
			slope:    func(mean float64) float64 { return mean * (1 - mean) },
			steepest: 1,
		}
	case f.hasLift:
		return link{to: math.Log, back: math.Exp, slope: func(mean float64) float64 { return mean }, steepest: 1}
	}
	same := func(x float64) float64 { return x }
	return link{to: same, back: same, slope: func(float64) float64 { return 1 }, steepest: math.Inf(1)}
}

// newMainEffects reads the customers of every set of the items from the search,
// which has all groups that hold a found one. ok is false where the metric says
// nothing on them, or its denominators cancel.
func (f *finder) newMainEffects(items []wire.Item, effects []uint) (m *mainEffects, ok bool) {
	m = &mainEffects{link: f.link(), effects: append([]uint{0}, effects...)}
	m.size = make([]float64, len(m.effects))
	values := make([]metric.Value, 1<<len(items))
	for set := range values {
		var having []wire.Item
		for i, item := range items {
			if set>>i&1 == 1 {
				having = append(having, item)
			}
		}
		values[set] = f.total
		if set > 0 {
			values[set] = f.t.Metric.At(&f.groups.Counts, f.find.Find(having))
		}
	}
	// From "at least these items" to "exactly these", one item at a time.
	for i := range items {
		for set := range values {
			if set>>i&1 == 0 {
				values[set] = less(values[set], values[set|1<<i])
			}
		}
	}
	for _, v := range values {
		w := f.t.Metric.Weight(v)
		if w < 0 {
			return nil, false
		}
		m.weight, m.sum = append(m.weight, w), append(m.sum, f.t.Metric.Sum(v))
	}
	overall, ok := f.t.Metric.Mean(f.total)
	at := m.link.to(overall)
	if !ok || math.IsNaN(at) || math.IsInf(at, 0) {
		return nil, false
	}
	m.size[0] = at
	return m, true
}

// fit finds the effects at which every effect's customers have, together, the
// sum that they were seen to have: the maximum of the likelihood of a logistic,
// a Poisson or a normal model (McCullagh and Nelder, Generalized Linear Models,
// 1989, 2.5), one effect after the other.
func (m *mainEffects) fit() {
	for range sweeps {
		moved := 0.0
		for j, effect := range m.effects {
			missing, slope := 0.0, 0.0
			for set, w := range m.weight {
				if uint(set)&effect == effect {
					mean := m.mean(uint(set))
					missing += m.sum[set] - float64(w*mean)
					slope += float64(w * m.link.slope(mean))
				}
			}
			if !(slope > 0) {
				continue // nobody to see it on
			}
			step := min(max(missing/slope, -m.link.steepest), m.link.steepest)
			m.size[j] += step
			moved = max(moved, math.Abs(step))
		}
		if moved <= settled*max(1, math.Abs(m.size[0])) {
			return
		}
	}
}

// mean is what customers that have exactly these items should have.
func (m *mainEffects) mean(set uint) float64 {
	at := 0.0
	for j, effect := range m.effects {
		if set&effect == effect {
			at += m.size[j]
		}
	}
	return m.link.back(at)
}

// expected returns by how much the mean of a rule should differ from that of
// all if the effects of its items, and of the known rules within it, added up;
// NaN where that cannot be said. A known rule takes the place of its items. The
// effect of a single item is the finding itself and explains nothing.
func (f *finder) expected(items []wire.Item) float64 {
	var effects []uint
	covered := uint(0)
	for _, k := range f.known {
		var rule uint
		for i, item := range items {
			if within([]wire.Item{item}, k.items) {
				rule |= 1 << i
			}
		}
		if within(k.items, items) && rule&covered == 0 {
			covered |= rule
			effects = append(effects, rule)
		}
	}
	for i := range items {
		if len(items) > 1 && covered>>i&1 == 0 {
			effects = append(effects, 1<<i)
		}
	}
	if len(effects) == 0 {
		return math.NaN()
	}
	m, ok := f.newMainEffects(items, effects)
	if !ok {
		return math.NaN()
	}
	m.fit()
	overall, _ := f.t.Metric.Mean(f.total)
	return m.mean(1<<len(items)-1) - overall
}
