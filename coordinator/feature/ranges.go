package feature

import (
	"math"
	"strconv"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// levels returns the levels of a distribution cut at cuts, with its spikes as
// levels of their own, in ascending order of the numbers. A range that holds
// no number is left out where keepEmpty is false.
func (d *distribution) levels(cuts []float64, keepEmpty bool) []encoder.Level {
	var out []encoder.Level
	s := 0
	spikesBelow := func(x float64) {
		for ; s < len(d.spikes) && d.spikes[s].Value < x; s++ {
			v := d.spikes[s].Value
			out = append(out, encoder.Level{Name: number(v), Low: &v, High: &v})
		}
	}
	n := d.rest()
	for i := 0; i <= len(cuts); i++ {
		var l encoder.Level
		low, high := math.Inf(-1), math.Inf(1)
		first, last := int64(0), n
		if i > 0 {
			low = cuts[i-1]
			l.Low, first = &cuts[i-1], d.below(low)
		}
		if i < len(cuts) {
			high = cuts[i]
			l.High, last = &cuts[i], d.below(high)
		}
		if last == first && !keepEmpty {
			spikesBelow(high)
			continue
		}
		// Spikes at or before the range's first other number come before it.
		spikesBelow(math.Nextafter(max(low, d.firstFrom(low)), math.Inf(1)))
		l.Name = d.name(low, high)
		out = append(out, l)
		spikesBelow(high)
	}
	spikesBelow(math.Inf(1))
	return out
}

func (d *distribution) isSpike(v float64) bool {
	for _, s := range d.spikes {
		if s.Value == v {
			return true
		}
	}
	return false
}

// firstFrom returns the first number from low on that is no spike, as far as
// it is known: the low end of its bin.
func (d *distribution) firstFrom(low float64) float64 {
	for _, b := range d.bins {
		if b.Max >= low && !(b.Min == b.Max && d.isSpike(b.Min)) {
			return max(b.Min, low)
		}
	}
	return low
}

// name names the range from low, inclusive, to high, exclusive: 20-29, <18 or
// 60+ for whole numbers, [0.1, 0.2) otherwise. Spikes at its ends move the
// ends, others are named as left out.
func (d *distribution) name(low, high float64) string {
	open := false // low itself is a spike
	lowest, highest := d.lowest(), d.highest()
	if math.IsInf(low, -1) && len(d.spikes) > 0 && d.spikes[0].Value < lowest {
		for _, s := range d.spikes { // the range ends at the last spike below all of it
			if s.Value < lowest {
				low = s.Value
			}
		}
	}
	if math.IsInf(high, 1) && len(d.spikes) > 0 && d.spikes[len(d.spikes)-1].Value > highest {
		for i := len(d.spikes) - 1; i >= 0; i-- {
			if d.spikes[i].Value > highest {
				high = d.spikes[i].Value
			}
		}
	}
	without := ""
	if d.integer {
		for d.isSpike(low) {
			low++
		}
		for d.isSpike(high - 1) {
			high--
		}
	} else {
		open = d.isSpike(low)
	}
	for _, s := range d.spikes {
		if s.Value > low && s.Value < high {
			without += " without " + number(s.Value)
		}
	}
	return d.span(low, high, open) + without
}

func (d *distribution) lowest() float64 { return d.firstFrom(math.Inf(-1)) }

func (d *distribution) highest() float64 {
	for i := len(d.bins) - 1; i >= 0; i-- {
		if b := d.bins[i]; !(b.Min == b.Max && d.isSpike(b.Min)) {
			return b.Max
		}
	}
	return math.Inf(1)
}

func (d *distribution) span(low, high float64, open bool) string {
	bottom, top := math.IsInf(low, -1), math.IsInf(high, 1)
	if d.integer {
		switch {
		case bottom && d.min == high-1, !bottom && !top && low == high-1:
			return number(high - 1)
		case top && low == d.max:
			return number(low)
		case !bottom && !top && low < 0:
			return number(low) + " to " + number(high-1)
		case !bottom && !top:
			return number(low) + "-" + number(high-1)
		}
	}
	switch {
	case bottom && top:
		return "any number"
	case bottom:
		return "<" + number(high)
	case top && open:
		return ">" + number(low)
	case top:
		return number(low) + "+"
	case open:
		return "(" + number(low) + ", " + number(high) + ")"
	}
	return "[" + number(low) + ", " + number(high) + ")"
}

// number writes v in full where that is short, else with an exponent.
func number(v float64) string {
	if a := math.Abs(v); a == 0 || a >= 1e-6 && a < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
