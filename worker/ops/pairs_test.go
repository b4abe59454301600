package ops

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

func TestPairsAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, _ := drawCountTable(rt, t)
		features := c.env.Plan.Features
		var p wire.PairsParams
		p.Parts = rapid.SampledFrom([]uint8{0, 1, 2, 3}).Draw(rt, "parts")
		for range rapid.IntRange(0, 4).Draw(rt, "pairs") {
			f := rapid.IntRange(0, len(features)-1)
			p.Pairs = append(p.Pairs, [2]int{f.Draw(rt, "a"), f.Draw(rt, "b")})
		}
		data, err := wire.Encode(p)
		if err != nil {
			rt.Fatal(err)
		}
		result, err := Run(context.Background(), &c.env, wire.OpPairs, data)
		if err != nil {
			rt.Fatal(err)
		}
		for i, got := range result.(partial.Pairs).Counts {
			a, b := p.Pairs[i][0], p.Pairs[i][1]
			k := features[b].Codes()
			want := make([]int64, features[a].Codes()*k)
			for row := range c.rows.N {
				if c.rows.Part == nil && p.Parts == 0 || c.rows.Part != nil && c.rows.Part[row]&p.Parts == p.Parts {
					want[int(c.rows.Codes[a][row])*k+int(c.rows.Codes[b][row])]++
				}
			}
			if !slices.Equal(got, want) {
				rt.Fatalf("pair %d and %d: %v, want %v", a, b, got, want)
			}
		}
	})
}
