package ops

import (
	"context"

	"github.com/headwater-dev/headwater/kernels/encode"
	"github.com/headwater-dev/headwater/kernels/hist"
	"github.com/headwater-dev/headwater/worker/shard"
)

const (
	// batchRows are laid out at once: the codes of 20 features take 1.3 MB, so
	// that they stay in the L2 cache for all histograms, and a table that does
	// not is fetched once for that many rows.
	batchRows = 4 * shard.BlockRows

	// passCells bounds the tables that are filled in one pass over the rows:
	// 16 MB of counts, or 32 MB of each measure's sums.
	passCells = 1 << 22
)

// joints fills joint histograms and adds their marginals to the store.
type joints struct {
	*cubes
	list  []*joint
	used  []int // slots that the histograms need
	rows  int   // of the batch
	codes [][]uint8
	words [][]uint64 // channel → weights

	counts     []uint32 // tables, with room behind them for the kernels' view
	turnCounts [][4]uint32
	totals     [][]uint64 // channel → tables
	turnTotals [][][4]uint64

	taken []uint64
	whole blockSums
	parts []blockSums // marginal → its sums
	view  [][]uint8
}

// countJoints adds the rows of all stretches to the store.
func (c *cubes) countJoints(ctx context.Context, env *Env, stretches []*stretch) error {
	js := &joints{cubes: c, codes: make([][]uint8, len(c.block.byFeat))}
	for from := 0; from < len(c.joints); {
		to, plain, turn := from, 0, 0
		for ; to < len(c.joints); to++ {
			j := c.joints[to]
			if to > from && plain+4*turn+j.cells > passCells {
				break
			}
			if j.inTurn {
				j.at, turn = turn, turn+j.cells
			} else {
				j.at, plain = plain, plain+j.cells
			}
		}
		js.begin(c.joints[from:to], plain, turn)
		for _, r := range stretches {
			if err := js.countStretch(ctx, env, r, to == len(c.joints)); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}

// begin makes empty tables for a list of histograms, of so many cells with one
// table and with four.
func (js *joints) begin(list []*joint, plain, turn int) {
	js.list, js.used = list, js.used[:0]
	need := make([]bool, len(js.codes))
	for _, j := range list {
		for _, s := range j.slots {
			if !need[s] {
				need[s], js.used = true, append(js.used, s)
			}
		}
	}
	js.counts = make([]uint32, plain+len(hist.Counts{}))
	js.turnCounts = nil
	if turn > 0 {
		js.turnCounts = make([][4]uint32, turn+len(hist.TurnCounts{}))
	}
	js.totals, js.turnTotals = nil, nil
}

// countStretch adds the rows of a stretch to the store. Progress is told of them in the
// last pass only.
func (js *joints) countStretch(ctx context.Context, env *Env, r *stretch, last bool) error {
	b := js.block
	for k := range r.channels {
		js.makeTotals(k, &r.channels[k])
	}
	for i := range r.pieces {
		if err := ctx.Err(); err != nil {
			return err
		}
		b.loadPiece(&r.pieces[i])
		js.layOut(r)
		if i == len(r.pieces)-1 || js.rows+shard.BlockRows > batchRows {
			js.addBatch(r)
		}
		if last && env.Progress != nil {
			env.Progress(int64(b.rows))
		}
	}
	for _, j := range js.list {
		js.settle(j, r)
	}
	return nil
}

// makeTotals makes the tables of a channel where it is the first to need them.
func (js *joints) makeTotals(k int, c *channel) {
	for len(js.totals) <= k {
		js.totals, js.turnTotals = append(js.totals, nil), append(js.turnTotals, nil)
		js.words = append(js.words, make([]uint64, batchRows))
	}
	if !c.plain() && js.totals[k] == nil {
		js.totals[k] = make([]uint64, len(js.counts))
		js.turnTotals[k] = make([][4]uint64, len(js.turnCounts))
	}
}

// layOut adds the block that has been loaded to the batch.
func (js *joints) layOut(r *stretch) {
	b := js.block
	for _, s := range js.used {
		if js.codes[s] == nil {
			js.codes[s] = make([]uint8, batchRows)
		}
		r := &b.byFeat[s]
		encode.Ranks(js.codes[s][js.rows:], b.codes[r.feature], r.ranks, b.levels[r.feature])
	}
	for k := range r.channels {
		c, above := &r.channels[k], uint64(0)
		if c.plain() {
			continue
		}
		if c.sum != noTarget {
			above = uint64(b.measures[c.sum].Min) - uint64(r.measures[c.sum].Min)
		}
		b.fill(js.words[k][js.rows:][:b.rows], c, above)
	}
	js.rows += b.rows
}

// addBatch adds the batch to the tables and empties it.
func (js *joints) addBatch(r *stretch) {
	for _, j := range js.list {
		js.view = js.view[:0]
		for _, s := range j.slots {
			js.view = append(js.view, js.codes[s][:js.rows])
		}
		for k := range r.channels {
			words := js.words[k][:js.rows]
			switch plain := r.channels[k].plain(); {
			case plain && j.inTurn:
				hist.JointInTurn((*hist.TurnCounts)(js.turnCounts[j.at:]), js.view, j.sizes)
			case plain:
				hist.Joint((*hist.Counts)(js.counts[j.at:]), js.view, j.sizes)
			case j.inTurn:
				hist.JointWeightedInTurn((*hist.TurnTotals)(js.turnTotals[k][j.at:]), js.view, j.sizes, words)
			default:
				hist.JointWeighted((*hist.Totals)(js.totals[k][j.at:]), js.view, j.sizes, words)
			}
		}
	}
	js.rows = 0
}

// settle adds a histogram's marginals to the store and empties its tables.
func (js *joints) settle(j *joint, r *stretch) {
	js.whole.reset(j.cells, r.measures)
	js.taken = resize(js.taken, j.cells)
	for k := range r.channels {
		c := &r.channels[k]
		js.take(j, k, c.plain())
		counts, residuals := c.targets(&js.whole)
		for i, v := range js.taken {
			if counts != nil {
				counts[i] = v >> c.shift
			}
			if residuals != nil {
				residuals[i] = v & (1<<c.shift - 1)
			}
		}
	}
	for len(js.parts) < len(j.marginals) {
		js.parts = append(js.parts, blockSums{})
	}
	for i := range j.marginals {
		m, from := &j.marginals[i], &js.whole
		if m.from >= 0 {
			from = &js.parts[m.from]
		}
		js.parts[i].reset(m.cells, r.measures)
		js.parts[i].marginal(from, m)
		if m.cube != nil {
			js.parts[i].flush(r.measures, 0, m.cells, &js.store, m.cube.at)
		}
	}
}

// take moves a histogram's table of a channel to taken.
func (js *joints) take(j *joint, k int, plain bool) {
	switch {
	case plain && j.inTurn:
		for i := range js.taken {
			t := &js.turnCounts[j.at+i]
			js.taken[i] = uint64(t[0]) + uint64(t[1]) + uint64(t[2]) + uint64(t[3])
			*t = [4]uint32{}
		}
	case plain:
		table := js.counts[j.at:][:j.cells]
		for i, n := range table {
			js.taken[i] = uint64(n)
		}
		clear(table)
	case j.inTurn:
		for i := range js.taken {
			t := &js.turnTotals[k][j.at+i]
			js.taken[i] = t[0] + t[1] + t[2] + t[3]
			*t = [4]uint64{}
		}
	default:
		table := js.totals[k][j.at:][:j.cells]
		copy(js.taken, table)
		clear(table)
	}
}

// marginal sets the sums, which have been reset, to what m adds up of from.
func (s *blockSums) marginal(from *blockSums, m *marginal) {
	hist.Marginal(s.n, from.n, m.size, m.inner)
	for i := range s.measures {
		to, src := &s.measures[i], &from.measures[i]
		for _, x := range [][2][]uint64{{to.known, src.known}, {to.lo, src.lo}, {to.hi, src.hi}} {
			hist.Marginal(x[0], x[1], m.size, m.inner)
		}
	}
}
