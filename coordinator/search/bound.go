package search

import "math"

// extent is what bounds the measure of any group within some group: figures
// that only shrink as items are added. Sums are of the metric less its smallest
// value (high) and of its largest value less the metric (low), so that both are
// positive.
type extent struct {
	rows    float64
	unknown float64 // rows whose metric is not known
	known   float64
	high    float64
	low     float64
}

// least returns the smaller of each figure: what holds of a group within both.
func (e extent) least(o extent) extent {
	return extent{min(e.rows, o.rows), min(e.unknown, o.unknown), min(e.known, o.known), min(e.high, o.high), min(e.low, o.low)}
}

// bounder bounds a measure over all groups within a group that have at least
// minimum rows.
type bounder struct {
	*scorer
	minimum  float64
	from, to float64 // between which the metric's values lie, in the unit of sums
	bounded  bool    // false: nothing can be said, every bound is +Inf
}

// extent reads group i. Sums are widened by more than their rounding, so that
// no bound is too low.
func (b *bounder) extent(i int) extent {
	if !b.bounded {
		return extent{}
	}
	sum, slack := b.sum(b.metric.Num, i)
	rows, known := float64(b.groups.Counts.N[i]), float64(b.known(i))
	wide := slack + 1e-12*(math.Abs(sum)+known*max(math.Abs(b.from), math.Abs(b.to)))
	return extent{
		rows: rows, unknown: rows - known, known: known,
		high: max(0, sum-known*b.from+wide), low: max(0, known*b.to-sum+wide),
	}
}

// bound returns no less than the measure of any group within the extent, in
// the wanted direction.
func (b *bounder) bound(e extent) float64 {
	if !b.bounded {
		return math.Inf(1)
	}
	up, down := math.Inf(-1), math.Inf(-1)
	if b.rank.Direction != Down {
		up = b.oneWay(e, e.high, b.mean-b.from)
	}
	if b.rank.Direction == Down || b.rank.Direction == Both && b.rank.distance() {
		down = b.oneWay(e, e.low, b.to-b.mean)
	}
	x := max(up, down)
	return x + 1e-9*math.Abs(x)
}

// oneWay bounds how far above a mean the groups lie, where sum is that of
// non-negative values of at most to − from. Of q known rows they hold at most
// min(sum, q (to − from)), so that every measure is at its highest where q is
// as small as it can be for the whole sum, or, where size counts for itself, at
// an end. For yes/no this is tp − max(tp, s) p₀ and so on.
func (b *bounder) oneWay(e extent, sum, mean float64) float64 {
	span := b.to - b.from
	least := max(1, b.minimum-e.unknown)
	if e.known < least || span <= 0 {
		return math.Inf(-1) // no group within has enough rows, or all values are the same
	}
	best := min(max(sum/span, least), e.known)
	held := func(q float64) float64 { return min(sum, q*span) }
	switch b.rank.By {
	case Lift:
		return (held(best)/best - mean) / b.mean
	case SliceLine:
		score := func(q float64) float64 {
			return b.rank.Alpha*(held(q)/q-mean)/b.mean - (1-b.rank.Alpha)*(b.rows/q-1)
		}
		return max(score(best), score(e.known))
	case Binomial:
		return (held(best) - best*mean) / math.Sqrt(best)
	case ChiSquare:
		excess := held(best) - best*mean
		if excess <= 0 {
			return 0
		}
		if best >= b.rows {
			return math.Inf(1) // all rows, which are told apart from nothing
		}
		return excess * excess / (best * b.mean * (1 - b.mean) * (1 - best/b.rows))
	}
	return held(best) - best*mean
}
