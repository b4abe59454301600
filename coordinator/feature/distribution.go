package feature

import (
	"math"
	"slices"
	"sort"

	"github.com/headwater-dev/headwater/worker/partial"
)

// distribution answers how many numbers of a column lie below a value. It
// knows them exactly, or up to the width of a bin; in that case it notes what
// it was asked, so that a refinement round can count it.
type distribution struct {
	bins     []partial.Bin // ascending; exact values are bins with Min == Max
	sum      []int64       // sum[i] = numbers in bins before i
	total    int64
	exact    bool
	integer  bool    // every number is whole
	min, max float64 // of the finite numbers

	spikes []partial.ValueCount // ascending; taken out by below
	below_ map[float64]int64    // answered by refinement
	asked  map[float64]bool     // to be answered
}

func newDistribution(bins []partial.Bin, exact, integer bool) *distribution {
	d := &distribution{bins: bins, exact: exact, integer: integer, below_: map[float64]int64{}, asked: map[float64]bool{}}
	d.sum = make([]int64, len(bins)+1)
	for i, b := range bins {
		d.sum[i+1] = d.sum[i] + b.N
	}
	d.total = d.sum[len(bins)]
	d.min, d.max = math.Inf(1), math.Inf(-1)
	for _, b := range bins {
		if !math.IsInf(b.Min, 0) {
			d.min, d.max = min(d.min, b.Min), max(d.max, b.Max)
		}
	}
	return d
}

func exactBins(values []partial.ValueCount) []partial.Bin {
	bins := make([]partial.Bin, len(values))
	for i, v := range values {
		bins[i] = partial.Bin{N: v.N, Min: v.Value, Max: v.Value}
	}
	return bins
}

// rest returns how many numbers are no spikes.
func (d *distribution) rest() int64 {
	n := d.total
	for _, s := range d.spikes {
		n -= s.N
	}
	return n
}

// below returns how many numbers lie below x, spikes left out.
func (d *distribution) below(x float64) int64 {
	n := d.allBelow(x)
	for _, s := range d.spikes {
		if s.Value < x {
			n -= s.N
		}
	}
	return n
}

func (d *distribution) allBelow(x float64) int64 {
	i := sort.Search(len(d.bins), func(i int) bool { return d.bins[i].Max >= x })
	if i == len(d.bins) || x <= d.bins[i].Min {
		return d.sum[i]
	}
	if n, ok := d.below_[x]; ok {
		return n
	}
	d.asked[x] = true
	b := d.bins[i]
	share := (x - b.Min) / (b.Max - b.Min)
	return d.sum[i] + min(b.N, int64(share*float64(b.N)))
}

// quantile returns a number with about rank numbers below it, spikes left out:
// the exact one, or one in between the ends of its bin.
func (d *distribution) quantile(rank int64) float64 {
	var n int64
	s := 0
	for _, b := range d.bins {
		before := n
		n += b.N
		for ; s < len(d.spikes) && d.spikes[s].Value <= b.Max; s++ {
			n -= d.spikes[s].N
		}
		if n > rank && b.Min == b.Max {
			return b.Min
		}
		if n > rank {
			share := float64(rank-before) / float64(n-before)
			return b.Min + float64(share*(b.Max-b.Min))
		}
	}
	return d.max
}

// questions returns the cuts that were asked for but are not known exactly.
func (d *distribution) questions() []float64 {
	list := make([]float64, 0, len(d.asked))
	for x := range d.asked {
		list = append(list, x)
	}
	slices.Sort(list)
	return list
}

// Spikes: a value that alone holds twice a fair bin is one, and one that holds
// a twentieth and stands out from the values around it.
const (
	spikeAlone     = 2.0 / DefaultLevels
	spikeShare     = 0.05
	spikeNeighbour = 4 // times the mean of the ten nearest values
)

// findSpikes sets the spikes of an exact distribution.
func (d *distribution) findSpikes(most int) {
	var found []partial.ValueCount
	for i, b := range d.bins {
		share := float64(b.N) / float64(d.total)
		if share >= spikeAlone || share >= spikeShare && float64(b.N) >= spikeNeighbour*d.around(i) {
			found = append(found, partial.ValueCount{Value: b.Min, N: b.N})
		}
	}
	d.setSpikes(found, most)
}

// around returns the mean count of the values next to value i, five on each side.
func (d *distribution) around(i int) float64 {
	low, high := max(0, i-5), min(len(d.bins), i+6)
	n := d.sum[high] - d.sum[low] - d.bins[i].N
	return float64(n) / math.Max(1, float64(high-low-1))
}

// setSpikes takes the largest, ties by value, ascending. Infinities are none:
// they belong to the outermost ranges.
func (d *distribution) setSpikes(found []partial.ValueCount, most int) {
	found = slices.DeleteFunc(found, func(v partial.ValueCount) bool { return math.IsInf(v.Value, 0) })
	slices.SortFunc(found, func(a, b partial.ValueCount) int {
		switch {
		case a.N != b.N:
			return int(min(1, max(-1, b.N-a.N)))
		case a.Value < b.Value:
			return -1
		}
		return 1
	})
	d.spikes = found[:min(len(found), most)]
	slices.SortFunc(d.spikes, func(a, b partial.ValueCount) int {
		if a.Value < b.Value {
			return -1
		}
		return 1
	})
}
