package ops

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

func TestSpreadAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, _ := drawCountTable(rt, t)
		result, err := Run(context.Background(), &c.env, wire.OpSpread, nil)
		if err != nil {
			rt.Fatal(err)
		}
		for m, got := range result.(partial.Spread).Measures {
			want := make([]int64, partial.Buckets)
			for i, known := range c.rows.Known[m] {
				if known {
					want[partial.BucketOf(c.rows.Values[m][i])]++
				}
			}
			if !slices.Equal(got, want) {
				rt.Fatalf("measure %d: the buckets differ", m)
			}
		}
	})
}
