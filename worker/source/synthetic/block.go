package synthetic

import (
	"math"
	"strconv"
)

// blockRows is how many rows are made at a time: source.MaxBatchRows, so that
// a block is one record batch.
const blockRows = 65536

// firstID is the customer_id of row 0.
const firstID = 1_000_000_001

func extraName(n int) string { return "trait_" + strconv.Itoa(n) }

// Purposes of draws that do not belong to a trait; traits use their numbers,
// and traitMissing + their numbers.
const (
	forResponse = 1<<20 + iota
	forBuying
	forRevenue
	forPart
	forTypical   // and those that follow, one for each typical trait
	traitMissing = 1 << 21
	traitLeans   = 1 << 22
)

// generator makes the rows of one table. It is not changed after it was made
// and may be used by several goroutines.
type generator struct {
	seed       uint64
	plant      Plant
	named      int      // how many named traits are columns
	columns    []column // traits, then responded, then revenue; of a membership what it says there
	extras     []extra
	firstExtra int     // number of the first extra, from 1 as all traits
	groups     []group // planted ones, those whose columns all exist
	effects    []int32 // of each group on the log-odds, in thousandths
	parts      *pick   // planted segments or clusters
	membership bool    // the table of who is where, see members.go
}

// newGenerator makes the generator of the table that c describes.
func newGenerator(c Config) *generator {
	g := &generator{seed: c.Seed, plant: c.Plant.orDefault()}
	named := g.plant.traits()
	g.firstExtra = len(named) + 1
	g.named = min(c.Features, len(named))
	g.columns = append(g.columns, named[:g.named]...)
	for n := g.firstExtra; n <= c.Features; n++ {
		e, c := newExtra(c.Seed, n, n == g.firstExtra)
		g.extras, g.columns = append(g.extras, e), append(g.columns, c)
	}
	g.columns = append(g.columns,
		column{name: Responded, kind: text, levels: []string{"no", "yes"}},
		column{name: Revenue, kind: money, wide: true})
	if _, weights := g.plant.parts(); weights != nil {
		g.parts = of(weights...)
	}
	for _, p := range planted {
		if g.plant == PlantGroups && p.within(g.named) {
			g.groups = append(g.groups, p)
			g.effects = append(g.effects, int32(math.Round(1000*math.Log(p.odds))))
		}
	}
	return g
}

// block is a run of rows, column by column.
type block struct {
	first  int64     // row number of the first row, from 0
	rows   int       // 1 … blockRows
	values [][]int32 // column → row, as generator.columns
	tally  tally     // of these rows
}

func (g *generator) newBlock() *block {
	b := &block{values: make([][]int32, len(g.columns))}
	for i := range b.values {
		b.values[i] = make([]int32, blockRows)
	}
	return b
}

// fill makes rows first … first+rows−1. About 0.2 µs a row.
func (g *generator) fill(b *block, first int64, rows int) {
	b.first, b.rows = first, rows
	b.tally = tally{rows: int64(rows)}
	if g.membership {
		g.fillMembers(b)
		return
	}
	responded, revenue := b.values[len(g.columns)-2], b.values[len(g.columns)-1]
	var c customer
	for i := range rows {
		k := rowKey(g.seed, first+int64(i))
		in := g.customer(k, &c)
		for j := range g.named {
			b.values[j][i] = c[j]
		}
		responded[i], revenue[i] = g.outcome(k, &c, in, &b.tally)
		g.makeExtras(k, b.values[g.named:], i)
	}
}

func (g *generator) makeExtras(k key, values [][]int32, i int) {
	var before int32
	for j := range g.extras {
		e, n := &g.extras[j], uint64(g.firstExtra+j)
		level := e.pick.at(k.draw(n))
		if e.leans && k.draw(traitLeans+n) < chance(600) {
			level = before % e.levels
		}
		before = level
		if m := g.columns[g.named+j].missing; m > 0 && k.draw(traitMissing+n) < chance(uint64(m)) {
			level = null
		}
		values[j][i] = level
	}
}
