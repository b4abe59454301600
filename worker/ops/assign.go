package ops

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// assign writes one part file per split: for every row its id, or file and row
// number, the rule it falls under, its segment, and of clusters its distance
// from the centre. Only the columns that decide, those whose numbers are asked for and the id are read; about
// 150 ns a row, most of it for writing. A part depends on its split alone: not
// on the worker, nor on the other splits of the assignment.
func assign(ctx context.Context, env *Env, p wire.AssignParams) (partial.Parts, error) {
	a, err := newAssigner(env, &p)
	if err != nil {
		return partial.Parts{}, err
	}
	parts := partial.Parts{Files: make([]partial.Part, len(env.Splits))}
	for i, split := range env.Splits {
		unit := env.Units[i]
		if unit < 0 || unit >= len(p.First) {
			return partial.Parts{}, fmt.Errorf("assign: no first row is given for split %d", unit)
		}
		parts.Files[i].Unit = unit
		if err := a.split(ctx, split, p.First[unit], &parts.Files[i]); err != nil {
			return partial.Parts{}, err
		}
	}
	if a.numbers != nil {
		parts.Numbers = a.numbers.counts
	}
	return parts, nil
}

// assigner holds what the splits of an assignment share.
type assigner struct {
	env    *Env
	params *wire.AssignParams
	labels interface {
		label(rows *encoder.Rows, rule []int32) error
	}
	nearest *nearestOf // labels, where these are clusters; else nil
	tested  []int      // features of the plan that decide, in the order of their codes in rows
	encoder *encoder.Encoder
	columns []string // those that the encoder reads, then others
	encoded int      // how many the encoder reads
	id      int      // position of the id in columns; -1 = none
	idType  source.Type
	rows    encoder.Rows
	rules   []rule // what the router sends rows to
	rule    []int32
	away    []float64    // of clusters: row → distance from its centre
	numbers *numberTally // nil where no numbers are asked for
}

// rule is one of the rules of a segment, both from 0.
type rule struct{ segment, number int }

// byRule returns the tree with rules in the place of segments, and the rules.
func byRule(tree *encoder.Tree) (*encoder.Tree, []rule) {
	out := &encoder.Tree{Nodes: slices.Clone(tree.Nodes)}
	var rules []rule
	for i := range out.Nodes {
		n := &out.Nodes[i]
		if len(n.Codes) > 0 {
			continue
		}
		r := rule{n.Segment, n.Rule}
		if n.Segment = slices.Index(rules, r); n.Segment < 0 {
			n.Segment = len(rules)
			rules = append(rules, r)
		}
	}
	return out, rules
}

func newAssigner(env *Env, p *wire.AssignParams) (*assigner, error) {
	a := &assigner{env: env, params: p, id: -1}
	read, err := a.decideBy(p)
	if err != nil {
		return nil, err
	}
	if a.numbers, err = newNumberTally(&p.Numbers, len(p.Names)); err != nil {
		return nil, err
	}
	if a.numbers != nil {
		a.numbers.read(read)
	}
	if a.encoder, err = encoder.New(read, env.Table.Columns); err != nil {
		return nil, err
	}
	a.columns = a.encoder.Columns()
	a.encoded = len(a.columns)
	if p.ID != "" {
		if err := a.addID(p.ID); err != nil {
			return nil, err
		}
	}
	if len(a.columns) == 0 {
		// Nothing is needed but the number of rows, which any column has.
		a.columns = []string{env.Table.Columns[0].Name}
	}
	return a, nil
}

// decideBy prepares the tree or the clusters, and returns the plan of what they
// look at: nothing else need be read.
func (a *assigner) decideBy(p *wire.AssignParams) (*encoder.Plan, error) {
	read := &encoder.Plan{Nulls: p.Plan.Nulls}
	if p.By != nil {
		if len(p.Names) != p.By.Centres.K {
			return nil, fmt.Errorf("%d names for %d clusters", len(p.Names), p.By.Centres.K)
		}
		for k := range p.Names {
			a.rules = append(a.rules, rule{segment: k})
		}
		read.Coordinates, read.Clustered = p.Plan.Coordinates, true
		oneHot := slices.Clone(p.By.OneHot)
		for i, o := range p.By.OneHot {
			if o.Feature < 0 || o.Feature >= len(p.Plan.Features) {
				return nil, fmt.Errorf("feature %d is not among the plan's %d", o.Feature, len(p.Plan.Features))
			}
			oneHot[i].Feature = i
			a.tested = append(a.tested, o.Feature)
			read.Features = append(read.Features, p.Plan.Features[o.Feature])
		}
		var err error
		a.nearest, err = newNearestOf(read, oneHot, &p.By.Centres)
		a.labels = a.nearest
		return read, err
	}
	tree, rules := byRule(&p.Tree)
	for _, r := range rules {
		if r.segment < 0 || r.segment >= len(p.Names) {
			return nil, fmt.Errorf("the tree assigns to segment %d, which is not among %d", r.segment, len(p.Names))
		}
	}
	a.rules = rules
	route, err := newRouter(tree, &p.Plan, 0, len(rules))
	if err != nil {
		return nil, err
	}
	a.labels, a.tested = route, route.features
	for _, f := range a.tested {
		read.Features = append(read.Features, p.Plan.Features[f])
	}
	return read, nil
}

func (a *assigner) addID(name string) error {
	c, ok := a.env.Table.Column(name)
	if !ok {
		return fmt.Errorf("the id column %q is not in the table", name)
	}
	if c.Type != source.Int && c.Type != source.Text {
		return fmt.Errorf("the id column %q holds %s: an id must be whole numbers or text", name, c.Type)
	}
	a.idType = c.Type
	for i, column := range a.columns {
		if column == name {
			a.id = i
			return nil
		}
	}
	a.id = len(a.columns)
	a.columns = append(a.columns, name)
	return nil
}

// split assigns the rows of one split, of which first is the number of rows
// that precede it in its file.
func (a *assigner) split(ctx context.Context, split source.Split, first int64, part *partial.Part) (err error) {
	reader, err := a.env.Opener.Open(ctx, a.env.Table, split, a.columns)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	source.Compact(reader)
	file, err := a.create(ctx, part.Unit)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Abort())
		}
	}()
	out := newPartWriter(file, a.idType, a.env.Table.Files[split.File].Name, a.params, a.rules)
	part.Segments = make([]int64, len(a.params.Names))
	for _, f := range a.tested {
		part.Levels = append(part.Levels, make([]int64, a.params.Plan.Features[f].Codes()))
	}
	for {
		rec, err := reader.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		err = a.batch(rec, first+part.Rows, out, part)
		part.Rows += rec.NumRows()
		rec.Release()
		if err != nil {
			return fmt.Errorf("%s: %w", a.env.Table.Files[split.File].Name, err)
		}
		if a.env.Progress != nil {
			a.env.Progress(rec.NumRows())
		}
	}
	if err := out.close(); err != nil {
		return err
	}
	return file.close(part)
}

// batch assigns the rows of one batch; first of the file precede it.
func (a *assigner) batch(rec arrow.Record, first int64, out *partWriter, part *partial.Part) error {
	n := int(rec.NumRows())
	if cap(a.rule) < n {
		a.rule = make([]int32, n)
	}
	a.rule = a.rule[:n]
	features := rec
	if a.encoded < int(rec.NumCols()) {
		schema := arrow.NewSchema(rec.Schema().Fields()[:a.encoded], nil)
		features = array.NewRecord(schema, rec.Columns()[:a.encoded], rec.NumRows())
		defer features.Release()
	}
	if err := a.encoder.Encode(features, first, &a.rows); err != nil {
		return err
	}
	if err := a.labels.label(&a.rows, a.rule); err != nil {
		return err
	}
	for _, r := range a.rule {
		part.Segments[a.rules[r].segment]++
	}
	for f, counts := range part.Levels {
		for _, code := range a.rows.Codes[f] {
			counts[code]++
		}
	}
	if a.numbers != nil {
		if err := a.numbers.add(&a.rows, a.rule, a.rules); err != nil {
			return err
		}
	}
	if a.nearest != nil {
		a.away = a.nearest.distances(a.away[:0], a.rule)
	}
	if a.id < 0 {
		return out.places(first, a.rule, a.away)
	}
	return out.ids(rec.Column(a.id), a.rule, a.away)
}
