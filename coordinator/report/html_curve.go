package report

import (
	"cmp"
	"html/template"
	"slices"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/metric"
)

// concentration returns how the metric is spread: the customers of the
// segments with the highest means, one after another, and the part of the
// metric that they hold. Where parts have no meaning (a total that is not
// positive, segments of negative sum) there is none.
func (f *Findings) concentration(k int) []evidence.Share {
	s := f.Segments
	if s == nil || s.Counts == nil {
		return nil
	}
	m := f.Overall.Metrics[k]
	total := m.Sum(m.At(&f.Overall.All, 0))
	if !(total > 0) {
		return nil
	}
	type part struct{ share, sum, mean float64 }
	var parts []part
	for i, g := range s.Segments {
		v := m.At(&s.Counts.All, i)
		x, ok := m.Mean(v)
		if !ok || m.Sum(v) < 0 {
			return nil
		}
		parts = append(parts, part{g.Share, m.Sum(v) / total, x})
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(b.mean, a.mean) })
	var out []evidence.Share
	var at evidence.Share
	for _, p := range parts {
		at.Customers += p.share
		at.Metric += p.sum
		out = append(out, at)
	}
	return out
}

// telling picks the point of a concentration to speak of: few customers who
// hold much. It is the first that holds four fifths of the largest surplus.
func telling(points []evidence.Share) (best evidence.Share, ok bool) {
	most := 0.0
	for _, p := range points {
		most = max(most, p.Metric-p.Customers)
	}
	for _, p := range points {
		if most > 0.02 && p.Metric-p.Customers >= 0.8*most {
			return p, true
		}
	}
	return best, false
}

// curve draws customers against the metric.
func (p *document) curve(m metric.Metric, points, best []evidence.Share, what string) template.HTML {
	const w, h = 460.0, 380.0
	x := scale{low: 0, high: 1, from: 56, to: w - 16}
	y := scale{low: 0, high: 1, from: h - 48, to: 22}
	spoken, ok := telling(best)
	if !ok {
		spoken, ok = telling(points)
	}
	text := p.t("Customers from the highest %s to the lowest against the part of it that they hold.", m.Name) + " " + what
	d := draw(picture, p.id("curve"), w, h, p.t("Concentration of %s", m.Name), text)
	for _, v := range []float64{0, 0.25, 0.5, 0.75, 1} {
		d.line("grid", x.from, y.at(v), x.to, y.at(v))
		d.text("tick", "end", x.from-9, y.at(v)+4, short(v))
		d.line("notch", x.at(v), y.from, x.at(v), y.from+5)
		d.text("tick", "middle", x.at(v), y.from+20, short(v))
	}
	d.line("even", x.at(0), y.at(0), x.at(1), y.at(1))
	for i, list := range [][]evidence.Share{points, best} {
		if len(list) == 0 {
			continue
		}
		path := []string{at(x.at(0), y.at(0))}
		for _, s := range list {
			path = append(path, at(x.within(s.Customers), y.within(s.Metric)))
		}
		line := "M" + strings.Join(path, "L")
		if i == 0 {
			d.path("under", line+"L"+at(x.within(list[len(list)-1].Customers), y.at(0))+"Z")
			d.path("curve", line)
		} else {
			d.path("curve best", line)
		}
		for _, s := range list[:len(list)*(1-i)] { // too many of the best groups to be told apart
			d.circle("knot", x.within(s.Customers), y.within(s.Metric), 3)
		}
	}
	if ok {
		cx, cy := x.within(spoken.Customers), y.within(spoken.Metric)
		d.line("lead", cx, cy, cx, y.from)
		d.line("lead", x.from, cy, cx, cy)
		d.circle("spoken", cx, cy, 6)
		anchor, dx := "start", 14.0
		if spoken.Customers > 0.55 {
			anchor, dx = "end", -14
		}
		d.text("say", anchor, cx+dx, cy+18, p.t("%s of the customers", percent(spoken.Customers)))
		d.text("say strong", anchor, cx+dx, cy+38, p.t("hold %s", percent(spoken.Metric)))
	}
	d.text("axis", "end", x.to, h-6, p.t("share of customers"))
	d.text("axis", "start", 4, 12, p.t("share of %s", m.Name))
	return d.done()
}
