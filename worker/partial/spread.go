package partial

import (
	"fmt"
	"math/bits"
)

// Spread is how the values of each measure are distributed: rows by bucket, on
// all customers.
type Spread struct {
	Measures [][]int64 // measure → bucket, Buckets entries
}

// Buckets is the number of buckets of a Spread. Values up to 15 have one each,
// larger ones sixteen to a doubling, so that a bucket is 6 % wide; negative
// values mirror the positive ones. Buckets ascend with their values.
const Buckets = 2 * maxBucket

// maxBucket is the bucket of 2⁶³, which is none of the positive values.
const maxBucket = 59*16 + 16

// BucketOf returns the bucket of a value.
func BucketOf(x int64) int {
	if x < 0 {
		return maxBucket - bucketOf(-uint64(x))
	}
	return maxBucket + bucketOf(uint64(x))
}

func bucketOf(u uint64) int {
	octave := max(bits.Len64(u)-5, 0)
	return octave*16 + int(u>>octave)
}

// BucketEdges returns the smallest and the largest value of a bucket.
func BucketEdges(bucket int) (low, high int64) {
	if bucket < maxBucket {
		a, b := edges(maxBucket - bucket)
		return int64(-min(b, 1<<63)), int64(-a)
	}
	a, b := edges(bucket - maxBucket)
	return int64(a), int64(b)
}

func edges(i int) (low, high uint64) {
	octave := max(i/16-1, 0)
	mantissa := uint64(i - octave*16)
	return mantissa << octave, (mantissa+1)<<octave - 1
}

// Merge adds the spread of other rows.
func (s *Spread) Merge(other *Spread) error {
	if len(s.Measures) != len(other.Measures) {
		return fmt.Errorf("spreads of %d and %d measures cannot be added", len(other.Measures), len(s.Measures))
	}
	for m := range s.Measures {
		if len(s.Measures[m]) != Buckets || len(other.Measures[m]) != Buckets {
			return fmt.Errorf("measure %d: a spread has %d buckets", m, Buckets)
		}
		addTo(s.Measures[m], other.Measures[m])
	}
	return nil
}
