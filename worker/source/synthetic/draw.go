package synthetic

import (
	"math"
	"math/bits"
)

// golden is 2⁶⁴/φ, odd: multiples of it are spread evenly over 64 bits.
const golden = 0x9E3779B97F4A7C15

// mix is the finalizer of SplitMix64, a bijection in which every input bit
// changes each output bit with a probability near one half.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// key identifies a customer: all his values are drawn from it. It is all that
// a row shares with the seed, so any row can be made without those before it.
type key uint64

func rowKey(seed uint64, row int64) key { return key(mix(mix(seed+golden) + uint64(row)*golden)) }

// draw returns 64 random bits for one purpose; purposes are small distinct numbers.
func (k key) draw(purpose uint64) uint64 { return mix(uint64(k) ^ mix(purpose*golden+1)) }

// chance is the bound below which a draw happens with the given rate per 1000.
func chance(permille uint64) uint64 { return permille * (math.MaxUint64 / 1000) }

// below turns random bits into a number from 0 to n−1.
func below(u uint64, n int32) int32 {
	hi, _ := bits.Mul64(u, uint64(n))
	return int32(hi)
}

// pick is a distribution over at most 256 outcomes as a table of equally
// likely slots: one look-up a draw, shares exact to 0.1 %.
type pick [1024]uint8

// of spreads the slots over the outcomes in proportion to their weights.
func of(weights ...int) *pick {
	total, sum, slot := 0, 0, 0
	for _, w := range weights {
		total += w
	}
	p := new(pick)
	for outcome, w := range weights {
		for sum += w; slot < (sum*len(p)+total/2)/total; slot++ {
			p[slot] = uint8(outcome)
		}
	}
	return p
}

func (p *pick) at(u uint64) int32 { return int32(p[u>>54]) }

// tail is a distribution above zero with a long tail, by its quantiles: 1024
// equal cells, the last of them divided into 1024 again, so that the largest
// draw is the millionth quantile. Values are rounded to integers: differences
// in the last bit of a logarithm between CPUs cannot reach a table.
type tail struct{ body, top [1025]int64 }

// The fixed-point 1 of tail's values.
const (
	tailBits = 16
	tailOne  = 1 << tailBits
)

// newTail makes a tail of a quantile function, which is asked for 0 < p < 1.
func newTail(quantile func(p float64) float64) *tail {
	at := func(p float64) int64 {
		p = min(max(p, 0.5/1024), 1-0.5/(1024*1024))
		return int64(math.Round(quantile(p) * tailOne))
	}
	t := new(tail)
	for i := range t.body {
		t.body[i] = at(float64(i) / 1024)
		t.top[i] = at((1023 + float64(i)/1024) / 1024)
	}
	return t
}

// logNormal is the log-normal distribution with median 1.
func logNormal(sigma float64) *tail {
	return newTail(func(p float64) float64 {
		z := float64(math.Sqrt2 * math.Erfinv(float64(2*p)-1))
		return math.Exp(float64(sigma * z))
	})
}

// at returns a draw of the distribution, as multiples of 1/tailOne.
func (t *tail) at(u uint64) int64 {
	cells, i := &t.body, u>>54
	if i == 1023 {
		cells, u = &t.top, u<<10
		i = u >> 54
	}
	fraction := int64(u >> 38 & 0xFFFF)
	return cells[i] + (cells[i+1]-cells[i])*fraction>>16
}

// times returns median × a draw of the distribution, rounded down.
func (t *tail) times(median int64, u uint64) int64 { return median * t.at(u) / tailOne }
