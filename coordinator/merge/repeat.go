package merge

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/agreement"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// repeatedRows bounds the different rows that are drawn again: the choice of
// features crosses them some 70 times a bootstrap, in all about half a second of a
// core.
const repeatedRows = 1 << 13

// Repeated is how stable the clusters are when bootstraps begin with the
// customers instead of the cells, so that the choice of features is repeated.
type Repeated struct {
	Customers int64            `json:"customers"` // drawn from; of many different ones a part, by their hash
	Changed   float64          `json:"changed"`   // share of the bootstraps that chose other features
	Options   []RepeatedOption `json:"options"`
}

// RepeatedOption is one number of clusters: medians of the adjusted Rand index
// with those of the bootstraps.
type RepeatedOption struct {
	K      int     `json:"k"`
	Stable float64 `json:"stable"` // with the features chosen anew
	Fixed  float64 `json:"fixed"`  // of the same draws, with the features of the result
}

// repeat measures the stability of clusters whose features were chosen by the job.
func (r *runner) repeat(ctx context.Context, f *fit) error {
	if len(r.c.Cross) > 0 || !r.result.Predicts || len(f.g.c.features) == 0 {
		return nil
	}
	contents, err := r.contents(ctx)
	if err != nil {
		return fmt.Errorf("draw customers: %w", err)
	}
	t, err := newDrawTable(contents, r.candidate, r.plan, r.metrics)
	if err != nil {
		return fmt.Errorf("draw customers: %w", err)
	}
	lo, hi := r.c.numbers(len(f.g.points.Weight))
	wanted := t.reference(f, lo, hi)
	rounds := r.c.Bootstraps
	anew, fixed := make([][]float64, rounds), make([][]float64, rounds)
	changed, errs := make([]bool, rounds), make([]error, rounds)
	inParallel(rounds, func(round int) {
		d := t.draw(r.plan.Seed, round)
		chosen, lambda := d.choose(r.candidate, &r.c)
		changed[round] = name(chosen) != name(f.g.c.features)
		var err1, err2 error
		anew[round], err1 = d.again(ctx, chosen, lambda, r.c.MinCell, wanted, lo)
		fixed[round] = anew[round]
		if changed[round] || lambda != r.result.Lambda {
			fixed[round], err2 = d.again(ctx, f.g.c.features, r.result.Lambda, r.c.MinCell, wanted, lo)
		}
		errs[round] = errors.Join(err1, err2)
	})
	if err := errors.Join(errs...); err != nil {
		return err
	}
	out := &Repeated{Customers: t.customers()}
	others := 0
	for _, c := range changed {
		if c {
			others++
		}
	}
	out.Changed = float64(others) / float64(rounds)
	column := func(all [][]float64, k int) float64 {
		var list []float64
		for _, x := range all {
			list = append(list, x[k])
		}
		return median(list)
	}
	for k := lo; k <= hi; k++ {
		out.Options = append(out.Options, RepeatedOption{k, column(anew, k-lo), column(fixed, k-lo)})
	}
	r.result.Repeated = out
	return nil
}

// contents asks for the rows that segments are formed on.
func (r *runner) contents(ctx context.Context) (*partial.Contents, error) {
	p := wire.ContentsParams{Features: r.candidate, Parts: r.ledger.parts, Limit: repeatedRows}
	if r.formed == discovery() {
		p.Without = encoder.Confirmation
	}
	all := &partial.Contents{Limit: p.Limit}
	err := r.shards.OverShards(ctx, wire.OpContents, p, func(answer []byte) error {
		var part partial.Contents
		if err := wire.Decode(answer, &part); err != nil {
			return err
		}
		return all.Merge(&part)
	})
	return all, err
}

// drawn are the rows of a table in one bootstrap.
type drawn struct {
	t *drawTable
	w []float64 // row → how often it was drawn
	l ledger
}

// draw draws the customers of every row anew.
func (t *drawTable) draw(seed uint64, round int) *drawn {
	d := &drawn{t: t, w: make([]float64, len(t.n)), l: ledger{plan: t.plan, metrics: t.metrics, known: map[string]*crossing{}}}
	random := drawsFrom(seed, uint64(round), 0x726570)
	for i, n := range t.n {
		d.w[i] = float64(random.poisson(n))
	}
	return d
}

// choose repeats the choice of features, and of λ.
func (d *drawn) choose(candidates []int, c *Config) ([]int, float64) {
	var splits []split
	for bit := range encoder.Folds {
		s := split{train: everyone().within(bit, false), test: everyone().within(bit, true)}
		s.trained, s.reserved = d.t.moments(s.train, d.w), d.t.moments(s.test, d.w)
		splits = append(splits, s)
	}
	search := newChoice(splits, candidates, c.MaxCross, c.fewest())
	for needed := search.next(); len(needed) > 0; needed = search.next() {
		for _, features := range needed {
			if s := d.t.shape(features); len(s.start)-1 <= c.MaxCells {
				d.l.known[name(features)] = d.t.crossing(s, d.w)
			}
		}
		search.step(&d.l)
	}
	return search.chosen, search.weigh(c.Lambda)
}

// again merges the cells of some features, and compares the clusters with
// the wanted ones, k by k from lo.
func (d *drawn) again(ctx context.Context, features []int, lambda float64, minCell int64, wanted [][]int, lo int) ([]float64, error) {
	out := make([]float64, len(wanted))
	if len(features) == 0 {
		return out, nil // one cluster of all
	}
	shape := d.t.shape(features)
	m := d.t.moments(everyone(), d.w)
	g := newGrid(d.t.crossing(shape, d.w), everyone(), &m, d.t.metrics, lambda, minCell)
	merges, err := Ward(ctx, g.points)
	if err != nil {
		return nil, err
	}
	at := make([]int, len(shape.start)-1) // cell → position in g.cells; −1 = drawn by nobody
	for cell := range at {
		at[cell], _ = slices.BinarySearch(g.cells, cell)
		if at[cell] == len(g.cells) || g.cells[at[cell]] != cell {
			at[cell] = -1
		}
	}
	for i, want := range wanted {
		k := lo + i
		label := g.spread(Cut(merges, len(g.points.Weight), min(k, len(g.points.Weight))))
		both := make([]int64, k*k)
		for row, n := range d.t.n {
			if p := at[shape.cell[row]]; p >= 0 && want[row] >= 0 {
				both[want[row]*k+label[p]] += n
			}
		}
		out[i] = agreement.AdjustedRand(both, k)
	}
	return out, nil
}
