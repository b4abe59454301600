package merge

import (
	"context"
	"errors"
	"fmt"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

// Run makes segments of all customers. Levels are the counts of wire.OpLevels
// over all shards. Report is told of each step; it may be nil.
//
// The cost is one pass over the rows per feature crossed (each counting up to
// 16 crossings, and those of the held-out evaluation), one for the cells that
// are merged, and one per level of the tree they are compared with.
func Run(ctx context.Context, sh Shards, plan *encoder.Plan, metrics []metric.Metric, levels *partial.Counts, c Config, report func(step string)) (*Result, error) {
	if err := c.Validate(len(plan.Features)); err != nil {
		return nil, fmt.Errorf("segments: %w", err)
	}
	if report == nil {
		report = func(string) {}
	}
	r := runner{
		ledger: ledger{shards: sh, plan: plan, metrics: metrics, known: map[string]*crossing{}},
		c:      c.withDefaults(), levels: levels, report: report,
	}
	r.ledger.maxCells = r.c.MaxCells
	result, err := r.run(ctx)
	if err != nil {
		return nil, fmt.Errorf("segments: %w", err)
	}
	return result, nil
}

// runner is one run of the driver.
type runner struct {
	ledger
	c      Config
	levels *partial.Counts
	report func(string)

	all       moments // of all customers
	formed    part    // what segments are formed on
	seen      moments // of these
	candidate []int   // features that may be crossed
	nested    *nested
	result    *Result
}

func (r *runner) run(ctx context.Context) (*Result, error) {
	r.report("counting")
	if err := r.checkLevels(); err != nil {
		return nil, err
	}
	whole := r.ledger
	whole.known = map[string]*crossing{}
	everything, err := whole.total(ctx)
	if err != nil {
		return nil, err
	}
	r.all = everything.of(everyone())
	if r.all.n == 0 {
		return nil, errors.New("there are no customers")
	}
	r.formed = formedOn(everything)
	totals := everything
	if r.plan.Sampled {
		r.ledger.parts = encoder.Sample
		if totals, err = r.total(ctx); err != nil {
			return nil, err
		}
	}
	r.result = &Result{Predicts: true}
	r.noteMetrics()
	features := r.c.Features
	if features == nil {
		for f := range r.plan.Features {
			features = append(features, f)
		}
	}
	r.candidate = varying(r.plan, r.levels, features)
	r.nested = newNested(totals, r.candidate, r.c)
	crossed, err := r.cross(ctx, totals)
	if err != nil {
		return nil, err
	}
	if r.plan.Sampled {
		r.note("What to cross was chosen, and figures of held-out customers were measured, on one customer in eight (%d of them); everything else counts all.", totals.of(everyone()).n)
		if crossed, err = whole.widest(ctx, crossed.features); err != nil {
			return nil, err
		}
	}
	r.report("describing cells")
	if r.result.Kept, err = whole.keep(ctx, crossed); err != nil {
		return nil, err
	}
	if crossed, err = r.holdBack(ctx, &whole, crossed.features); err != nil {
		return nil, err
	}
	r.report("merging cells")
	fit, err := r.fitAll(ctx, crossed)
	if err != nil {
		return nil, err
	}
	if err := r.reorder(fit); err != nil {
		return nil, err
	}
	r.describe(fit)
	if err := r.count(ctx, fit); err != nil {
		return nil, err
	}
	if err := r.repeat(ctx, fit); err != nil {
		return nil, err
	}
	r.report("comparing with a tree")
	r.nested.figures(&r.result.R2)
	r.compare()
	if err := r.trade(ctx); err != nil {
		return nil, err
	}
	if err := r.measureYardstick(ctx, r.nested, r.candidate, totals.of(everyone()).n, &r.result.R2); err != nil {
		return nil, err
	}
	r.noteFigures()
	return r.result, nil
}

// checkLevels sees that the level counts are of this plan.
func (r *runner) checkLevels() error {
	codes := 1
	for f := range r.plan.Features {
		codes += r.plan.Features[f].Codes()
	}
	if len(r.levels.N) != codes {
		return fmt.Errorf("level counts have %d entries, the plan has %d", len(r.levels.N), codes)
	}
	for _, m := range r.metrics {
		if m.Num < 0 || m.Num >= len(r.plan.Measures) || m.Den >= len(r.plan.Measures) {
			return fmt.Errorf("metric %s: its measures are not among the plan's %d", m.Name, len(r.plan.Measures))
		}
	}
	return nil
}

// cross finds the features to cross, for the whole and inside each split.
func (r *runner) cross(ctx context.Context, totals *totals) (*crossing, error) {
	var splits []split
	for bit := range encoder.Folds {
		splits = append(splits, newSplit(totals, r.formed, bit))
	}
	main := newChoice(splits, r.candidate, r.c.MaxCross, r.c.fewest())
	searches := append([]*choice{main}, r.nested.searches[:]...)
	others, beside := r.besides(totals)
	if len(r.c.Cross) > 0 {
		if err := r.ledger.count(ctx, [][]int{r.c.Cross}); err != nil {
			return nil, err
		}
		if r.get(r.c.Cross) == nil {
			return nil, fmt.Errorf("the named features have more than %d cells when crossed: name fewer, or ones with fewer levels", r.c.MaxCells)
		}
		inParallel(len(searches), func(i int) { searches[i].name(&r.ledger, r.c.Cross) })
	} else if err := r.choose(ctx, append(searches, beside...), r.report); err != nil {
		return nil, err
	}
	if err := r.goOn(ctx, others); err != nil {
		return nil, err
	}
	r.result.R2.Cells = r.nested.cells(&r.ledger)
	for _, n := range others {
		r.result.R2.Beside = append(r.result.R2.Beside, n.cells(&r.ledger))
	}
	var err error
	if r.result.R2.Undoubted, err = r.undoubted(ctx, totals, main.chosen); err != nil {
		return nil, err
	}
	r.result.Lambda = main.weigh(r.c.Lambda)
	r.result.Path = main.path
	for _, step := range main.path {
		if step.Idle {
			r.note("%s tells nothing of the metric on customers held out; it was crossed to have cells for %d segments.", r.plan.Features[step.Feature].Name, r.c.fewest())
		}
	}
	if len(main.chosen) > 0 {
		return r.get(main.chosen), nil
	}
	r.result.Predicts, r.result.Lambda = false, 0
	r.noteProfile()
	chosen, err := r.byProfile(ctx, r.candidate, r.levels, r.c.MinCell)
	if err != nil {
		return nil, err
	}
	return r.get(chosen), nil
}

// fitAll makes the segments on the customers that form them, and on each split's training rows.
func (r *runner) fitAll(ctx context.Context, c *crossing) (*fit, error) {
	var whole *fit
	var errs [1 + encoder.Folds]error
	inParallel(len(errs), func(i int) {
		if i == 0 {
			whole, errs[i] = newFit(ctx, c, everyone(), &r.seen, r.metrics, r.plan, r.result.Lambda, r.c)
			return
		}
		s, c := &r.nested.splits[i-1], r.c
		c.Bootstraps = min(c.Bootstraps, nestedBootstraps)
		if chosen := r.nested.searches[i-1].chosen; len(chosen) > 0 && s.trained.n > 0 {
			r.nested.fits[i-1], errs[i] = newFit(ctx, r.get(chosen), s.train, &s.trained, r.metrics, r.plan, r.nested.searches[i-1].weigh(r.c.Lambda), c)
		}
	})
	return whole, errors.Join(errs[:]...)
}

// describe enters what the merging found.
func (r *runner) describe(f *fit) {
	out, g := r.result, f.g
	out.Crossed, out.Names = g.c.features, []string{}
	for _, j := range g.c.features {
		out.Names = append(out.Names, r.plan.Features[j].Name)
	}
	out.Cells, out.Folded, out.FoldedRows = len(g.cells), g.small, g.smallN
	out.Merges, out.K, out.Options = f.merges, f.k, f.clusters.options
	out.Points = make([]Point, len(g.points.Weight))
	for p := range out.Points {
		out.Points[p].Known, out.Points[p].Above = make([]float64, len(r.metrics)), make([]float64, len(r.metrics))
	}
	for i, p := range g.point {
		for m := range r.metrics {
			out.Points[p].Known[m] += g.v.known[m][g.cells[i]]
			out.Points[p].Above[m] += g.v.sum[m][g.cells[i]] - float64((r.all.metrics[m].mean-r.seen.metrics[m].mean)*g.v.known[m][g.cells[i]])
		}
		if cell := g.cells[i]; g.v.n[cell] >= r.c.MinCell || g.small == 0 {
			out.Points[p].N = g.points.Weight[p]
			for _, code := range g.c.at(cell) {
				out.Points[p].Codes = append(out.Points[p].Codes, int(code))
			}
		}
	}
	out.Agreement, out.Adopted, out.Tree = f.agreement, f.adopted, f.tree
	out.Bounded = f.bounded
	if o := f.otherwise; o != nil {
		out.Otherwise = &Otherwise{Rules: o.rules, Most: o.most, Agreement: o.agreement, R2: o.r2}
	}
	out.R2.Merged, out.R2.Segments = g.explains(f.clusters.label, f.k), g.explains(f.segment, f.k)
	out.Segments = make([]Segment, f.k)
	for i := range f.boxes {
		b := &f.boxes[i]
		var n int64
		for cell := range g.c.cells() {
			if b.holds(g.c.at(cell)) {
				n += out.Kept.Counts.N[cell]
			}
		}
		s := &out.Segments[b.segment]
		s.Rules = append(s.Rules, b.rule(g.c.features, n))
	}
	r.noteFit(f)
}

// enterMeans enters sizes and metric means.
func (r *runner) enterMeans(counts *partial.Segments) {
	last := len(r.levels.N) - 1
	for s := range r.result.Segments {
		seg := &r.result.Segments[s]
		seg.N = counts.All.N[s]
		seg.Share = float64(seg.N) / float64(r.all.n)
		seg.Metrics = []Mean{}
		for _, m := range r.metrics {
			v, all := m.At(&counts.All, s), m.At(r.levels, last)
			mean := Mean{Name: m.Name, Known: v.Known}
			if x, ok := m.Mean(v); ok {
				mean.Mean = &x
			}
			if x, ok := m.Lift(v, all); ok {
				mean.Lift = &x
			}
			seg.Metrics = append(seg.Metrics, mean)
		}
	}
}
