package roles

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/metric"
)

var (
	rate   = metric.Metric{Name: "y", Binary: true, Den: -1}
	amount = metric.Metric{Name: "x", Den: -1, Digits: 1}
)

// rates is a table of a yes/no metric: yes of n at each code.
func rates(yes, n []int64) []Level {
	f := category(make([]string, len(n)-1)...)
	var all metric.Value
	all.Num = new(big.Int)
	for i := range n {
		all.Known += n[i]
		all.Num.Add(all.Num, big.NewInt(yes[i]))
	}
	return Table(rate, &f, all, func(code int) Sums {
		return Sums{N: n[code] + 1, Value: metric.Value{Known: n[code], Num: big.NewInt(yes[code])}}
	})
}

func TestTable(t *testing.T) {
	levels := rates([]int64{29, 10, 30, 50, 20}, []int64{29, 100, 200, 100, 200})
	var codes []int
	for _, l := range levels {
		codes = append(codes, l.Code)
	}
	if len(codes) != 4 || codes[0] != 3 || codes[1] != 2 || codes[2] != 1 || codes[3] != 4 {
		t.Fatalf("codes %v: the highest mean comes first, ties by code, fewer than 30 not at all", codes)
	}
	best := levels[0]
	// Wilson (1927) of 50 in 100.
	if best.N != 101 || best.Known != 100 || *best.Mean != 0.5 || math.Abs(*best.Low-0.403832) > 1e-6 || math.Abs(*best.High-0.596168) > 1e-6 {
		t.Errorf("%+v", best)
	}
	if lift := 0.5 / (139.0 / 629); math.Abs(*best.Lift-lift) > 1e-12 {
		t.Errorf("lift %v, not %v", *best.Lift, lift)
	}
}

func TestDiffer(t *testing.T) {
	// 90 of 300 against 60 of 300: χ² = 600·(90·240 − 60·210)²/(300·300·150·450) = 8.
	if p, ok := Differ(rate, rates([]int64{0, 90, 60}, []int64{0, 300, 300})); !ok || math.Abs(p-0.004677735) > 1e-8 {
		t.Errorf("two rates: p %v", p)
	}
	for name, levels := range map[string][]Level{
		"one level": rates([]int64{0, 90}, []int64{0, 300}), "no level": nil,
		"never": rates([]int64{0, 0, 0}, []int64{0, 300, 300}), "always": rates([]int64{0, 300, 300}, []int64{0, 300, 300}),
	} {
		if p, ok := Differ(rate, levels); ok {
			t.Errorf("%s: p %v", name, p)
		}
	}
}

// TestDifferByChance draws levels that do not differ: a p below 0.05 must come
// up about once in twenty, however many levels there are.
func TestDifferByChance(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 2))
	numbers := func() []Level {
		f := category("a", "b", "c", "d", "e", "f")
		all := metric.Value{Known: 1, Num: big.NewInt(1)}
		return Table(amount, &f, all, func(int) Sums {
			s := Sums{N: 200, Value: metric.Value{Known: 200, Num: new(big.Int)}, Squares: new(big.Int)}
			for range s.N {
				x := big.NewInt(int64(1000 + 200*draw.NormFloat64()))
				s.Value.Num.Add(s.Value.Num, x)
				s.Squares.Add(s.Squares, x.Mul(x, x))
			}
			return s
		})
	}
	yesNo := func() []Level {
		yes, n := make([]int64, 7), make([]int64, 7)
		for i := range yes {
			n[i] = 300
			for range n[i] {
				yes[i] += int64(draw.IntN(8) / 7)
			}
		}
		return rates(yes, n)
	}
	for name, levels := range map[string]func() []Level{"numbers": numbers, "yes/no": yesNo} {
		m := rate
		if name == "numbers" {
			m = amount
		}
		low := 0
		for range 400 {
			if p, ok := Differ(m, levels()); !ok || p < 0.05 {
				low++
			}
		}
		if low < 8 || low > 36 {
			t.Errorf("%s: %d of 400 below 0.05", name, low)
		}
	}
}
