package merge

import (
	"math/bits"
	"slices"
	"sync"
)

// A bootstrap draws the customers of a cell anew, each so many times as a
// Poisson variable of mean 1 says. Their number is then Poisson with the cell's
// count as its mean, and is drawn at once: the count is cut into powers of two,
// each of which has a table of 64-bit thresholds. All of it is whole numbers, so
// that draws are the same everywhere.

// poissonPowers bounds the tables: a larger count takes several draws of the
// largest power.
const poissonPowers = 14

// poissonTable holds, for a mean of 2^power, the lowest number that is drawn at
// all, and 2^64 · P(X ≤ x) for x from there.
type poissonTable struct {
	first int64
	most  []uint64
}

var poissonTables = sync.OnceValue(func() (tables [poissonPowers + 1]poissonTable) {
	for power := range tables {
		tables[power] = newPoissonTable(int64(1) << power)
	}
	return tables
})

// newPoissonTable adds up probabilities, in units of the most likely one's, by
// the recurrence p(x+1) = p(x)·mean/(x+1); those below 2^-70 are left out.
func newPoissonTable(mean int64) poissonTable {
	const least = 1.0 / (1 << 35) / (1 << 35)
	var below []float64 // from the mean − 1 down
	p := 1.0
	for x := mean; x > 0; x-- {
		if p = p * float64(x) / float64(mean); p < least {
			break
		}
		below = append(below, p)
	}
	weights := slices.Clone(below)
	slices.Reverse(weights)
	t := poissonTable{first: mean - int64(len(below))}
	p = 1
	for x := mean; p >= least; x++ {
		weights = append(weights, p)
		p = p * float64(mean) / float64(x+1)
	}
	total := 0.0
	for _, w := range weights {
		total += w
	}
	sum := 0.0
	for _, w := range weights {
		sum += w
		t.most = append(t.most, threshold(sum/total))
	}
	t.most[len(t.most)-1] = 1<<64 - 1
	return t
}

// threshold returns 2^64·p, as large as a word can hold at most.
func threshold(p float64) uint64 {
	x := p * (1 << 32)
	hi := uint64(x)
	lo := uint64((x - float64(hi)) * (1 << 32))
	if hi >= 1<<32 {
		return 1<<64 - 1
	}
	return hi<<32 | lo
}

// draws is a sequence of random words, which follow from a seed alone.
type draws uint64

// next returns the next word: splitmix64.
func (d *draws) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	x := uint64(*d)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// from returns the sequence that belongs to some numbers.
func drawsFrom(numbers ...uint64) draws {
	var d draws
	for _, x := range numbers {
		d = draws(d.next() ^ x)
	}
	return d
}

// poisson draws a Poisson variable whose mean is a whole number.
func (d *draws) poisson(mean int64) int64 {
	tables := poissonTables()
	total := int64(0)
	for ; mean >= 2<<poissonPowers; mean -= 1 << poissonPowers {
		total += tables[poissonPowers].at(d.next())
	}
	for mean > 0 {
		power := min(bits.Len64(uint64(mean))-1, poissonPowers)
		total += tables[power].at(d.next())
		mean -= 1 << power
	}
	return total
}

// at returns the number that a word stands for.
func (t *poissonTable) at(word uint64) int64 {
	x, _ := slices.BinarySearch(t.most, word)
	return t.first + int64(min(x, len(t.most)-1))
}

// normal draws a standard normal variable, nearly: the sum of twelve uniform
// ones.
func (d *draws) normal() float64 {
	sum := int64(0)
	for range 3 {
		for word, i := d.next(), 0; i < 4; i++ {
			sum += int64(word & 0xffff)
			word >>= 16
		}
	}
	return float64(sum-12*0xffff/2) / (1 << 16)
}
