package merge

import (
	"fmt"
	"strings"
)

// note adds something that the reader of the result has to know.
func (r *runner) note(format string, args ...any) {
	r.result.Notes = append(r.result.Notes, fmt.Sprintf(format, args...))
}

// noteMetrics notes what is odd about the metrics.
func (r *runner) noteMetrics() {
	for k, m := range r.all.metrics {
		name := r.metrics[k].Name
		switch {
		case m.known == 0:
			r.note("Metric %s is known for no customer and plays no part.", name)
		case m.variance == 0:
			r.note("Metric %s has one value only and plays no part.", name)
		case int64(m.known) < r.all.n:
			r.note("Metric %s is known for %.1f %% of the customers; means are over these.", name, 100*m.known/float64(r.all.n))
		}
	}
}

// noteProfile says that no metric took part.
func (r *runner) noteProfile() {
	r.note("No feature predicts the metric on customers held out: the segments are by profile alone.")
}

// noteFit notes where the merging could not do what was asked.
func (r *runner) noteFit(f *fit) {
	g := f.g
	if r.c.Lambda == 0 && r.result.Lambda > 0.5 {
		r.note("The metric weighs %.2f against the profile's %.2f: at equal weights it would be less than a quarter of what tells cells apart.", r.result.Lambda, 1-r.result.Lambda)
	}
	if f.clusters.short {
		r.note("There are only %d cells, so there are only %d segments.", len(g.points.Weight), f.k)
	}
	if f.clusters.absorbed {
		r.note("No cut had all segments at %.3g %% of the customers: segments smaller than that were joined to the most similar one.", 100*r.c.MinSegment)
	}
	if g.small > 0 {
		r.note("%d cells of fewer than %d customers (%.1f %% of those that form the segments) were folded into the nearest larger one for merging.",
			g.small, r.c.MinCell, 100*float64(g.smallN)/float64(g.m.n))
	}
	if f.adopted {
		r.note("The rules decide who is in which segment: they agree with the merging on %.1f %% of the customers and explain %.4f of the variance, the merging %.4f.",
			100*f.agreement, r.result.R2.Segments, r.result.R2.Merged)
	}
	r.noteBound(f)
}

// noteBound says what keeping the rules few costs, or that they could not be kept few.
func (r *runner) noteBound(f *fit) {
	o := f.otherwise
	if f.bounded {
		if o != nil {
			r.note("Keeping to %d rules a segment costs %.4f of R²: %d rules, up to %d a segment, would explain %.4f and agree with the merging on %.1f %%.",
				rulesPerSegment, o.r2-r.result.R2.Segments, o.rules, o.most, o.r2, 100*o.agreement)
		}
		return
	}
	nearest := "none of those tried keeps every segment"
	if o != nil {
		nearest = fmt.Sprintf("the nearest agree on %.1f %% and explain %.4f", 100*o.agreement, o.r2)
	}
	var more []string
	for s := range r.result.Segments {
		if n := len(r.result.Segments[s].Rules); n > rulesPerSegment {
			more = append(more, fmt.Sprintf("%d (%d)", s+1, n))
		}
	}
	r.note("More than %d rules are needed for segment %s: no rules found of at most %d a segment agree with the merging on %.0f %% of the customers; %s.",
		rulesPerSegment, strings.Join(more, ", "), rulesPerSegment, 100*agreeing, nearest)
}

// noteFigures says so when the yardstick wins.
func (r *runner) noteFigures() {
	if t := r.result.R2.Tree; r.result.Predicts && t.Better {
		r.note("A regression tree with as many leaves as there are rules explains more on customers held out: %.4f (%d of %d splits), the segments %.4f.",
			t.SameRules, t.Splits, len(r.result.R2.Splits), r.result.R2.HeldOut)
	}
}
