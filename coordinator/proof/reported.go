package proof

import (
	"fmt"
	"math"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/metric"
)

// part is a part of the customers with a finding's figures on it.
type part struct {
	name    string
	figures *evidence.Figures
}

func (f *finding) parts() []part {
	return []part{{"all", &f.All}, {"discovery", &f.Discovery}, {"confirmation", &f.Confirmation}}
}

// reports collects what is reported.
type reports struct {
	metric string
	rows   []string
}

// add adds a figure that SQL computes in floating point: it agrees to a
// billionth of its size, or of that of what it is a difference of.
func (r *reports) add(subject, part, figure string, x *float64, of ...*float64) {
	if x == nil {
		return
	}
	size := math.Abs(*x)
	for _, y := range of {
		if y != nil {
			size = max(size, math.Abs(*y))
		}
	}
	r.row(subject, part, figure, *x, max(1e-9*size, 1e-15))
}

// count adds a count, which must be equal.
func (r *reports) count(subject, part, figure string, n int64) {
	r.row(subject, part, figure, float64(n), 0)
}

func (r *reports) row(subject, part, figure string, x, within float64) {
	r.rows = append(r.rows, fmt.Sprintf("(%s, %s, '%s', %s, %s, %s)",
		quoteText(r.metric), quoteText(subject), part, quoteText(figure), double(x), double(within)))
}

// reported writes the figures that were reported.
func (s *script) reported() {
	r := &reports{}
	for i, m := range s.job.metrics() {
		r.metric = m.Name
		v := m.At(&s.job.Overall.All, 0)
		mean, ok := m.Mean(v)
		sum := m.Sum(v)
		r.count("everybody", "all", "n", s.job.Overall.All.N[0])
		r.count("everybody", "all", "known", v.Known)
		r.add("everybody", "all", "sum", &sum)
		if ok {
			r.add("everybody", "all", "mean", &mean, &sum)
		}
		s.trusted(r, s.trust(m.Name))
		for k := range s.findings {
			if s.findings[k].metric == i+1 {
				r.finding(&s.findings[k], s.job.Config.Cost)
			}
		}
		for _, g := range s.groups {
			if g.metric == i+1 {
				s.group(r, m, v, g)
			}
		}
		s.segments(r, i)
	}
	s.say("\n-- What was reported: within is the difference up to which a figure agrees.\n")
	s.values("reported", "metric VARCHAR, subject VARCHAR, part VARCHAR, figure VARCHAR, reported DOUBLE, within DOUBLE", r.rows)
}

// trusted adds what is reported of all findings of a metric together.
func (s *script) trusted(r *reports, t *evidence.Trust) {
	r.count("everybody", "discovery", "n", t.Discovery)
	r.count("everybody", "confirmation", "n", t.Confirmation)
	r.add("winsorised between", "all", "low", t.ClipLow)
	r.add("winsorised between", "all", "high", t.ClipHigh)
	for i := range t.Curve { // the last point is all customers
		r.add("concentration", "confirmation", fmt.Sprintf("customers of %d", i+1), &t.Top[i].Customers)
		r.add("concentration", "confirmation", fmt.Sprintf("metric of %d", i+1), &t.Top[i].Metric)
	}
}

func (r *reports) finding(f *finding, cost float64) {
	subject := fmt.Sprintf("finding %d", f.Rank)
	for _, p := range f.parts() {
		x := p.figures
		r.count(subject, p.name, "n", x.N)
		r.count(subject, p.name, "known", x.Known)
		r.add(subject, p.name, "share", &x.Share)
		r.add(subject, p.name, "mean", x.Mean)
		r.add(subject, p.name, "low", x.Low, x.High)
		r.add(subject, p.name, "high", x.High, x.Low)
		r.add(subject, p.name, "lift", x.Lift)
		r.add(subject, p.name, "excess", x.Excess)
		if w := x.Winsorised; w != nil {
			r.add(subject, p.name, "winsorised mean", w.Mean)
			r.add(subject, p.name, "winsorised lift", w.Lift)
			r.add(subject, p.name, "winsorised excess", w.Excess)
		}
	}
	if f.Largest > 0 {
		r.add(subject, "all", "largest", &f.Largest)
	}
	r.add(subject, "discovery", "covered", &f.Covered)
	if p := f.Parent; p != nil {
		r.count(subject, "confirmation", "parent n", p.N)
		r.add(subject, "confirmation", "parent mean", p.Mean)
		r.add(subject, "confirmation", "parent gain", p.Gain)
	}
	if m := f.Money; m != nil {
		spent := float64(f.All.N) * cost
		r.add(subject, "all", "profit", &m.Profit, &spent)
		r.add(subject, "all", "break_even", &m.BreakEven)
		if m.PerArm > 0 {
			r.count(subject, "all", "per_arm", m.PerArm)
		}
	}
	for i, step := range f.Steps {
		r.count(subject, "confirmation", fmt.Sprintf("step %d n", i), step.N)
		r.add(subject, "confirmation", fmt.Sprintf("step %d mean", i), step.Mean)
	}
}

// group adds what is reported of a ranked group.
func (s *script) group(r *reports, m metric.Metric, all metric.Value, g ranked) {
	subject, counts := fmt.Sprintf("group %d", g.place), &s.job.Groups.Counts
	v, n := m.At(counts, g.group), counts.N[g.group]
	share := float64(n) / float64(s.job.Overall.All.N[0])
	r.count(subject, "all", "n", n)
	r.add(subject, "all", "share", &share)
	if x, ok := m.Mean(v); ok {
		r.add(subject, "all", "mean", &x)
	}
	if x, ok := m.Lift(v, all); ok {
		r.add(subject, "all", "lift", &x)
	}
	if x, ok := m.Excess(v, all); ok {
		r.add(subject, "all", "excess", &x)
	}
}

// segments adds what is reported of the segments and the i-th metric.
func (s *script) segments(r *reports, i int) {
	if s.job.Segments == nil {
		return
	}
	for k := range s.job.Personas.Segments {
		p := &s.job.Personas.Segments[k]
		subject := fmt.Sprintf("segment %d", k+1)
		r.count(subject, "all", "n", p.N)
		r.add(subject, "all", "share", &p.Share)
		if i < len(p.Metrics) {
			m := &p.Metrics[i]
			r.count(subject, "all", "known", m.Known)
			r.add(subject, "all", "mean", m.Mean)
			r.add(subject, "all", "lift", m.Lift)
			if u := m.Unseen; u != nil {
				r.count(subject, "confirmation", "n", p.Unseen)
				r.count(subject, "confirmation", "known", u.Known)
				r.add(subject, "confirmation", "mean", u.Mean)
				r.add(subject, "confirmation", "lift", u.Lift)
				r.add(subject, "confirmation", "low", u.Low, u.High)
				r.add(subject, "confirmation", "high", u.High, u.Low)
			}
		}
	}
}
