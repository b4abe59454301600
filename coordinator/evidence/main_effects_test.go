package evidence

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/sample"
	"github.com/headwater-dev/headwater/coordinator/search"
)

// links of a yes/no metric, of one with a lift, and of one without.
func links() []link {
	var out []link
	for _, f := range []*finder{{t: &sample.Meter{Binary: true}}, {t: &sample.Meter{}, hasLift: true}, {t: &sample.Meter{}}} {
		out = append(out, f.link())
	}
	return out
}

// singles are an effect for everybody and for each of so many items.
func singles(items int) []uint {
	effects := []uint{0}
	for i := range items {
		effects = append(effects, 1<<i)
	}
	return effects
}

// TestMainEffectsBalance: of every effect's customers together, the fitted means
// make up the sum that was seen. That is what defines the fit.
func TestMainEffectsBalance(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for k, l := range links() {
		for items := 1; items <= 5; items++ {
			m := &mainEffects{link: l, effects: singles(items)}
			m.size = make([]float64, len(m.effects))
			var weights, sums float64
			for range 1 << items {
				w := float64(50 + rng.IntN(1000))
				sum := math.Round(w * (0.02 + 0.9*rng.Float64()))
				m.weight, m.sum = append(m.weight, w), append(m.sum, sum)
				weights, sums = weights+w, sums+sum
			}
			m.size[0] = l.to(sums / weights)
			m.fit()
			for _, effect := range m.effects {
				seen, fitted := 0.0, 0.0
				for set, w := range m.weight {
					if uint(set)&effect == effect {
						seen, fitted = seen+m.sum[set], fitted+w*m.mean(uint(set))
					}
				}
				if !near(fitted, seen, 1e-6) {
					t.Errorf("link %d, %d items: effect %b has %v, want %v", k, items, effect, fitted, seen)
				}
			}
		}
	}
}

// TestMainEffectsOfCopies: two items of the same customers have one effect,
// not two.
func TestMainEffectsOfCopies(t *testing.T) {
	for k, l := range links() {
		m := &mainEffects{link: l, effects: singles(2), size: make([]float64, 3), weight: []float64{9000, 0, 0, 1000}, sum: []float64{900, 0, 0, 300}}
		m.size[0] = l.to(0.12)
		m.fit()
		if x := m.mean(3); !near(x, 0.3, 1e-8) {
			t.Errorf("link %d: %v, want 0.3", k, x)
		}
	}
}

// TestMainEffectsOfIndependentItems: effects that are there are found.
func TestMainEffectsOfIndependentItems(t *testing.T) {
	for k, l := range links() {
		m := &mainEffects{link: l, effects: singles(2), size: make([]float64, 3)}
		for set, at := range []float64{0.1, 0.2, 0.15, 0} {
			if set == 3 {
				at = l.back(l.to(0.2) + l.to(0.15) - l.to(0.1))
			}
			m.weight, m.sum = append(m.weight, 1000), append(m.sum, 1000*at)
		}
		m.size[0] = l.to(0.1)
		m.fit()
		if x := m.mean(3); !near(x, m.sum[3]/1000, 1e-8) {
			t.Errorf("link %d: %v, want %v", k, x, m.sum[3]/1000)
		}
	}
}

// TestExpectedReadsTheSearch holds the cells against the rows.
func TestExpectedReadsTheSearch(t *testing.T) {
	tab := openTable(t, shared(t, "data", "bank-binned.csv"), []string{"y=1"}, []string{"balance"})
	tab.split(t, 1, inOrder(tab.rows.N), inOrder(tab.rows.N))
	groups, levels := tab.search(t, 3)
	f := &finder{plan: &tab.plan, groups: groups, find: search.NewIndex(groups), t: &sample.Meter{Metric: tab.metrics[0], Binary: true}}
	last, other := levels.Discovery.Last(), levels.Confirmation.Last()
	f.total = sum(f.t.Metric.At(&last, 0), f.t.Metric.At(&other, 0))
	items := groups.At(groups.Len() - 1)
	m, ok := f.newMainEffects(items, nil)
	if !ok || len(m.weight) != 8 {
		t.Fatalf("%v: %+v", items, m)
	}
	weight, sums := make([]float64, 8), make([]float64, 8)
	for i := range tab.rows.N {
		set := 0
		for k, item := range items {
			if tab.rows.Codes[item.Feature][i] == item.Code {
				set |= 1 << k
			}
		}
		weight[set]++
		sums[set] += float64(tab.rows.Values[0][i])
	}
	if !slices.Equal(m.weight, weight) || !slices.Equal(m.sum, sums) {
		t.Errorf("%v and %v, want %v and %v", m.weight, m.sum, weight, sums)
	}
}
