package partial

import (
	"math/rand/v2"
	"testing"
)

// Bins ascend with their values, hold what their edges say, and leave no gap.
func TestBins(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for _, precision := range []int{1, 4, 10} {
		for range 20000 {
			x := rng.Int64N(1<<48) >> rng.IntN(48)
			if rng.IntN(2) == 0 {
				x = -x
			}
			bin := BinOf(x, precision)
			low, high := BinEdges(bin, precision)
			if x < low || x > high {
				t.Fatalf("%d lies in bin %d, which reaches from %d to %d", x, bin, low, high)
			}
			if BinOf(low, precision) != bin || BinOf(high, precision) != bin || BinOf(high+1, precision) != bin+1 || BinOf(low-1, precision) != bin-1 {
				t.Fatalf("precision %d: bin %d does not reach from %d to %d", precision, bin, low, high)
			}
			if size := max(high, -low); high-low >= max(1, size>>precision) || size < 2<<precision && low != high {
				t.Fatalf("precision %d: the bin of %d reaches from %d to %d", precision, x, low, high)
			}
		}
	}
}

func TestNumbersOfUnlikeShape(t *testing.T) {
	a := MakeNumbers(2, []int{3, 4})
	for name, b := range map[string]*Numbers{
		"columns": MakeNumbers(2, []int{3}), "segments": MakeNumbers(3, []int{3, 4}), "bins": MakeNumbers(2, []int{3, 5}),
	} {
		if a.Merge(b) == nil {
			t.Errorf("other %s are added", name)
		}
	}
	b := MakeNumbers(2, []int{3, 4})
	b.Columns[1].Bins[5], b.Columns[1].Known[1] = 7, 7
	if err := a.Merge(b); err != nil || a.Columns[1].Bins[5] != 7 || a.Columns[1].Known[1] != 7 {
		t.Errorf("%+v, %v", a, err)
	}
}
