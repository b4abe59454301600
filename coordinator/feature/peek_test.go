package feature

import (
	"fmt"
	"os"
	"testing"

	"github.com/headwater-dev/headwater/worker/encoder"
)

func TestPeek(t *testing.T) {
	f := os.Getenv("PEEK")
	if f == "" {
		t.Skip()
	}
	x := open(t, data(t, f))
	r, rounds := x.decide(Options{MinCount: 1})
	counts, rows := x.encode(&encoder.Plan{Features: r.Features})
	fmt.Println(f, "rounds", rounds, "rows", rows, "key", r.Key)
	for _, c := range r.Columns {
		fmt.Printf("%s: %s %s (%s) distinct %d missing %d %v\n", c.Name, c.Type, c.Role, c.Reason, c.Distinct, c.Missing, c.Notes)
		for _, i := range c.Features {
			fmt.Printf("    %s %s:", r.Features[i].Name, r.Features[i].Kind)
			for j, l := range r.Features[i].Levels {
				fmt.Printf(" %s=%.1f%%", l.Name, 100*float64(counts[i][j+1])/float64(rows))
			}
			fmt.Printf(" missing=%d\n", counts[i][0])
		}
	}
}
