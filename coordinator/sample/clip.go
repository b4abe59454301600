package sample

import (
	"math"

	"github.com/headwater-dev/headwater/worker/partial"
)

// beyond is the part of the values other than zero that winsorising takes for
// less than they are: one half of a percent at either end.
const beyond = 200

// clipAt returns the bounds of winsorised values: the 99.5th percentile of the
// values above zero, rounded up to the edge of its bucket (6 % at most), and
// its mirror below. Zeros are left out, or a metric that most customers lack
// would be cut down to nothing. outside says whether any value lies beyond.
func clipAt(buckets []int64) (low, high int64, outside bool) {
	zero := partial.BucketOf(0)
	low, high = math.MinInt64, math.MaxInt64
	var above, below int64
	for b, n := range buckets {
		switch {
		case b > zero:
			above += n
		case b < zero:
			below += n
		}
	}
	for b, left := len(buckets)-1, above/beyond; b > zero; b-- {
		if left -= buckets[b]; left < 0 {
			_, high = partial.BucketEdges(b)
			outside = outside || buckets[b] < above/beyond-left
			break
		}
	}
	for b, left := 0, below/beyond; b < zero; b++ {
		if left -= buckets[b]; left < 0 {
			low, _ = partial.BucketEdges(b)
			outside = outside || buckets[b] < below/beyond-left
			break
		}
	}
	return low, high, outside
}

// kurtosis returns the fourth standardised moment of the values, with those
// beyond the bounds taken for these and each for the middle of its bucket; at
// least that of a normal distribution, 3.
func kurtosis(buckets []int64, low, high int64) float64 {
	value := func(b int) float64 {
		from, to := partial.BucketEdges(b)
		middle := float64(from)/2 + float64(to)/2
		return min(max(middle, float64(low)), float64(high))
	}
	var n, sum float64
	for b, k := range buckets {
		if k > 0 {
			n += float64(k)
			sum += float64(float64(k) * value(b))
		}
	}
	mean := sum / n
	var second, fourth float64
	for b, k := range buckets {
		if k > 0 {
			d := value(b) - mean
			d *= d
			second += float64(float64(k) * d)
			fourth += float64(float64(k) * float64(d*d))
		}
	}
	if !(second > 0) {
		return 3
	}
	return max(3, fourth/second*n/second)
}
