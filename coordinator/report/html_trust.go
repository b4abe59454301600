package report

import (
	"fmt"

	"github.com/headwater-dev/headwater/coordinator/evidence"
)

// sayHeld says how many findings stood up, and the first.
func (p *document) sayHeld() {
	if len(p.found) == 0 {
		p.add(p.t("Nothing was found that holds on unseen customers."))
		return
	}
	f := &p.found[0]
	m, k := p.metricNamed(f.Metric)
	text := p.t("%s findings hold on customers they were not found on.", whole(len(p.found)))
	if len(p.found) == 1 {
		text = p.t("One finding holds on customers it was not found on.")
	}
	p.add(text)
	if k >= 0 {
		p.add(p.t("The foremost is %s: %s of the customers, %s %s against %s on average.",
			f.Group, percent(f.All.Share), m.Name, mean(m, value(f.Confirmation.Mean)), mean(m, p.overall[k])))
	}
}

// trustOf returns how the findings of a metric came about.
func (p *document) trustOf(name string) *evidence.Trust {
	for i := range p.trust {
		if p.trust[i].Metric == name {
			return &p.trust[i]
		}
	}
	return nil
}

// foundOf returns the findings of a metric.
func (p *document) foundOf(name string) []*evidence.Finding {
	var out []*evidence.Finding
	for i := range p.found {
		if p.found[i].Metric == name {
			out = append(out, &p.found[i])
		}
	}
	return out
}

// addTrust says, metric by metric, how many groups were tried and what
// remained of them.
func (p *document) addTrust() {
	for i := range p.trust {
		t := &p.trust[i]
		g := grid{Title: p.t("From groups to findings: %s", t.Metric), Head: []head{{p.t("step"), false}, {p.t("groups"), true}}}
		most := float64(max(1, t.Tried))
		for _, step := range []struct {
			name string
			n    int
		}{
			{"counted", t.Tried},
			{"far from the average where they were found", t.Gated},
			{"better than every shorter rule, and no copies: taken to the check", t.Distinct},
			{"held on the customers of the check", t.Confirmed},
		} {
			g.Rows = append(g.Rows, gridRow{Cells: []cell{{Text: p.t(step.name)}, {Text: whole(step.n), Mark: meter("bar", float64(step.n), most, 110), Right: true}}})
		}
		g.After = append(g.After,
			p.t("Found on %s customers, checked on %s.", whole(t.Discovery), whole(t.Confirmation)),
			p.t("Of those taken to the check at most %s would be expected to pass by chance.", fmt.Sprintf("%.2g", t.Chance)))
		p.Trust = append(p.Trust, g)
	}
}
