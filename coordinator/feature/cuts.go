package feature

import (
	"math"
	"slices"
)

// A grid is a family of readable cuts. Cuts are taken from one grid, so that
// the levels of a feature look alike: 20-29, 30-39, …; 100-199, 200-499, …
type grid struct {
	points []float64 // ascending
	weight int64     // readability, in percent
	thin   bool      // points may be left out to get by with fewer bins
}

// chooseCuts cuts the rest of a distribution into at most most bins that hold
// at least least numbers each. Of the readable grids it takes the one whose
// bins come nearest to equal shares, a regular one before one that had to be
// thinned; where none comes near, as with values that lie in far-apart
// clusters, the quantiles themselves, rounded.
func (d *distribution) chooseCuts(most int, least int64) []float64 {
	n := d.rest()
	if n == 0 || most < 2 {
		return nil
	}
	var best []float64
	var bestScore, bestEven int64
	for _, g := range d.grids(most) {
		cuts := d.fit(g.points, most, least, g.thin)
		if len(cuts) == 0 {
			continue
		}
		even := d.evenness(cuts)
		if score := even * g.weight * g.regularity(cuts); score > bestScore {
			best, bestScore, bestEven = cuts, score, even
		}
	}
	if cuts := d.fit(d.rounded(min(most, 10)), most, least, true); 10*bestEven < 6*d.evenness(cuts) {
		return cuts
	}
	return best
}

// regularity returns how many of the points between the first and the last cut
// are cuts, in percent, lifted: gaps cost a grid of equal steps more than half
// of its score, a grid of growing steps a third.
func (g *grid) regularity(cuts []float64) int64 {
	between := 0
	for _, x := range g.points {
		if x >= cuts[0] && x <= cuts[len(cuts)-1] {
			between++
		}
	}
	share := 100 * int64(len(cuts)) / int64(max(between, len(cuts)))
	if g.thin {
		return (200 + share) / 3
	}
	return (120 + 180*share/100) / 3
}

// fit merges bins until at most most are left, or gives none where that takes
// more than merging those below least and thin is false. Spikes are points
// too, so that few ranges reach around one.
func (d *distribution) fit(points []float64, most int, least int64, thin bool) []float64 {
	points = slices.Clone(points)
	for _, s := range d.spikes {
		points = append(points, s.Value)
	}
	slices.Sort(points)
	points = slices.Compact(points)
	for {
		cuts := d.merge(points, least)
		if len(cuts) < most {
			return cuts
		}
		if !thin {
			return nil
		}
		least += least/4 + 1
	}
}

// grids returns the readable grids that suit the central 98 % of the rest, the
// more readable first.
func (d *distribution) grids(most int) []grid {
	n := d.rest()
	low, high := max(d.min, d.quantile(n/100)), min(d.max, d.quantile(n-1-n/100))
	var all []grid
	for _, m := range []struct{ step, weight int64 }{{1, 110}, {5, 110}, {2, 100}} {
		for e := decade(high-low) - 3; e <= decade(high-low); e++ {
			step := decimal(m.step, e)
			if d.integer && step < 1 || (high-low)/step > float64(6*most) {
				continue
			}
			g := grid{weight: m.weight}
			first := math.Ceil(low / step)
			if math.Abs(first) > 1<<50 {
				continue
			}
			for k := int64(first); ; k++ {
				x := decimal(k*m.step, e)
				if x > high {
					break
				}
				g.points = append(g.points, x)
			}
			all = append(all, g)
		}
	}
	for _, m := range []struct {
		tenths []int64
		weight int64
	}{{[]int64{10, 20, 50}, 100}, {[]int64{10}, 95}, {[]int64{10, 30}, 90}, {[]int64{10, 15, 20, 30, 50, 70}, 85}} {
		all = append(all, grid{d.geometric(m.tenths, low, high), m.weight, true})
	}
	return all
}

// geometric returns 0 and ± tenths/10 · 10^e within [low, high], from the
// decade of the number nearest to zero on, twelve decades at most.
func (d *distribution) geometric(tenths []int64, low, high float64) []float64 {
	var points []float64
	if low < 0 && high > 0 || low == 0 {
		points = append(points, 0)
	}
	top := decade(max(math.Abs(low), math.Abs(high)))
	nearest := math.Inf(1)
	for _, b := range d.bins {
		for _, v := range []float64{math.Abs(b.Min), math.Abs(b.Max)} {
			if v > 0 {
				nearest = min(nearest, v)
			}
		}
	}
	if math.IsInf(nearest, 1) {
		return points
	}
	for e := max(top-12, decade(nearest)); e <= top; e++ {
		for _, t := range tenths {
			x := decimal(t, e-1)
			if d.integer && x != math.Trunc(x) {
				continue
			}
			for _, v := range []float64{x, -x} {
				if v >= low && v <= high {
					points = append(points, v)
				}
			}
		}
	}
	slices.Sort(points)
	return slices.Compact(points)
}

// decade returns the exponent of the power of ten at or below x > 0.
func decade(x float64) int {
	if !(x > 0) {
		return 0
	}
	e := int(math.Floor(math.Log10(x)))
	for decimal(1, e) > x {
		e--
	}
	for decimal(1, e+1) <= x {
		e++
	}
	return e
}

// decimal returns k·10^e, rounded once for |e| ≤ 22, so that it prints as written.
func decimal(k int64, e int) float64 {
	if e < 0 {
		return float64(k) / math.Pow10(-e)
	}
	return float64(k) * math.Pow10(e)
}

// merge returns the points at which bins begin when, from the left, a bin is
// closed as soon as it holds least numbers; what remains joins the last bin. A
// spike closes a bin that holds less by joining it to the one before.
func (d *distribution) merge(points []float64, least int64) []float64 {
	var cuts []float64
	n := d.rest()
	var before int64
	for _, x := range points {
		below := d.below(x)
		switch {
		case n-below < least:
			return cuts
		case below-before >= least:
			cuts = append(cuts, x)
		case below > before && len(cuts) > 0 && d.isSpike(x) && !d.isSpike(cuts[len(cuts)-1]):
			cuts[len(cuts)-1] = x
		case below-before > least/4 && d.isSpike(x):
			cuts = append(cuts, x)
		default:
			continue
		}
		before = below
	}
	return cuts
}

// evenness returns 1/Σp² of the bins between cuts, in 1024ths: the number of
// equal bins that would be as uneven.
func (d *distribution) evenness(cuts []float64) int64 {
	n := d.rest()
	var squares, before int64
	add := func(below int64) {
		p := int64(math.Round(float64(below-before) / float64(n) * (1 << 20)))
		squares += p * p
		before = below
	}
	for _, x := range cuts {
		add(d.below(x))
	}
	add(n)
	return (1 << 50) / max(squares, 1)
}

// rounded returns the bins−1 quantiles, each to as few significant digits as
// move at most a quarter of a bin's numbers across it.
func (d *distribution) rounded(bins int) []float64 {
	n := d.rest()
	var points []float64
	for k := 1; k < bins; k++ {
		rank := n / int64(bins) * int64(k)
		q := d.quantile(rank)
		if math.IsInf(q, 0) {
			continue
		}
		exact := d.below(q)
		for digits := 0; digits < 17; digits++ {
			x := significant(q, digits)
			if d.integer {
				x = math.Ceil(x)
			}
			if diff := d.below(x) - exact; diff <= n/int64(4*bins) && -diff <= n/int64(4*bins) {
				points = append(points, x)
				break
			}
		}
	}
	return points
}

// significant rounds x to digits+1 significant digits.
func significant(x float64, digits int) float64 {
	if x == 0 {
		return 0
	}
	e := decade(math.Abs(x)) - digits
	if e < -300 {
		return x
	}
	k := math.Round(x / math.Pow10(e))
	if e < 0 {
		k = math.Round(x * math.Pow10(-e))
	}
	if math.Abs(k) > 1<<53 {
		return x
	}
	return decimal(int64(k), e)
}
