package partial

import (
	"math"
	"testing"
)

func TestBucketsCoverAllValuesInOrder(t *testing.T) {
	for b := range Buckets {
		low, high := BucketEdges(b)
		if low > high || BucketOf(low) != b || BucketOf(high) != b {
			t.Fatalf("bucket %d has edges %d and %d, of buckets %d and %d", b, low, high, BucketOf(low), BucketOf(high))
		}
		if b+1 < Buckets {
			if next, _ := BucketEdges(b + 1); next != high+1 {
				t.Fatalf("bucket %d ends at %d and the next begins at %d", b, high, next)
			}
		}
		if low >= 0 && float64(high) > 1.0625*float64(low)+1 {
			t.Errorf("bucket %d, %d to %d, is too wide", b, low, high)
		}
	}
	if BucketOf(math.MinInt64) < 0 || BucketOf(math.MaxInt64) >= Buckets {
		t.Errorf("extremes in buckets %d and %d of %d", BucketOf(math.MinInt64), BucketOf(math.MaxInt64), Buckets)
	}
}
