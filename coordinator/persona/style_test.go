package persona

import (
	"strings"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/wire"
)

// TestStyleOfNames names pensioners with a loan in several styles.
func TestStyleOfNames(t *testing.T) {
	c := people(1100)
	counts, levels := c.counts()
	pensioners := func(style Style) *Persona {
		t.Helper()
		r, err := Describe(&c.plan, []metric.Metric{{Name: "value", Den: -1}}, c.result(counts), levels, style)
		if err != nil {
			t.Fatal(err)
		}
		return &r.Segments[1]
	}
	weak := func(items ...wire.Item) func(wire.Item) bool {
		return func(i wire.Item) bool {
			for _, x := range items {
				if x == i {
					return true
				}
			}
			return false
		}
	}
	retired, loan := wire.Item{Feature: 0, Code: 2}, wire.Item{Feature: 1, Code: 2}
	for _, x := range []struct {
		style Style
		name  string
	}{
		{Style{}, "Retired, loan yes"},
		{Style{Weak: weak(retired)}, "Loan yes, retired"},
		{Style{Weak: weak(loan)}, "Retired, loan yes"},
		{Style{Weak: weak(retired, loan)}, "Retired, loan yes"},
		{Style{Roles: []feature.Role{feature.Context, feature.Feature, feature.Feature}}, "Loan yes"},
	} {
		if p := pensioners(x.style); p.Name != x.name {
			t.Errorf("%+v: %q, not %q", x.style, p.Name, x.name)
		}
	}
	p := pensioners(Style{Roles: []feature.Role{feature.Context, feature.Feature, feature.Lever}})
	if strings.Contains(p.Description, "retired") || p.Defining[0].Role != feature.Context {
		t.Errorf("%s: %+v", p.Description, p.Defining[0])
	}
}
