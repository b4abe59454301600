package encoder

import (
	"errors"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/headwater-dev/headwater/worker/source"
)

// Encoder encodes record batches by a plan. It keeps what it learns of
// dictionaries and texts between batches, so it is for one goroutine.
//
// A value that the plan does not know gets Feature.Unseen.
type Encoder struct {
	plan     *Plan
	columns  []string
	coders   []*coder
	measures []gauges
	rulers   []*ruler
	key      int // index into columns; −1 = none
	sides    *sides
	side     []uint8 // of the batch's rows; empty where the plan has no sides
	scratch  []int64
	known    []bool
}

// gauges are the columns of one measure.
type gauges struct {
	value  *gauge
	weight *gauge // nil = none
	with   int    // index into columns that must be known; −1 = none
}

// New prepares the encoding of batches that hold columns of the given types.
// A column that the plan needs and columns lacks is an error.
func New(plan *Plan, columns []source.Column) (*Encoder, error) {
	e := &Encoder{plan: plan, key: -1}
	var errs []error
	use := func(name string) (source.Column, int) {
		i := slices.IndexFunc(columns, func(c source.Column) bool { return c.Name == name })
		if i < 0 {
			errs = append(errs, fmt.Errorf("column %q, which the plan needs, is not in the table", name))
			return source.Column{}, -1
		}
		j := slices.Index(e.columns, name)
		if j < 0 {
			j = len(e.columns)
			e.columns = append(e.columns, name)
		}
		return columns[i], j
	}
	for i := range plan.Features {
		f := &plan.Features[i]
		c, at := use(f.Column)
		if at < 0 {
			continue
		}
		k, err := newCoder(f, c, plan.Nulls)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		k.column = at
		e.coders = append(e.coders, k)
	}
	for i := range plan.Measures {
		m := &plan.Measures[i]
		g := gauges{with: -1}
		if m.Column == "" && plan.Sides != nil {
			e.measures = append(e.measures, g) // the side itself
			continue
		}
		c, at := use(m.Column)
		if at < 0 {
			continue
		}
		var err error
		if g.value, err = newGauge(c, at, m.Equals, m.Digits, plan.Nulls); err != nil {
			errs = append(errs, err)
		}
		if m.Weight != "" {
			if c, at := use(m.Weight); at >= 0 {
				if g.weight, err = newGauge(c, at, nil, m.WeightDigits, plan.Nulls); err != nil {
					errs = append(errs, err)
				}
			}
		}
		if m.With != "" {
			_, g.with = use(m.With)
		}
		e.measures = append(e.measures, g)
	}
	for i := range plan.Coordinates {
		c, at := use(plan.Coordinates[i].Column)
		if at < 0 {
			continue
		}
		r, err := newRuler(&plan.Coordinates[i], c, at, plan.Nulls)
		if err != nil {
			errs = append(errs, err)
		}
		e.rulers = append(e.rulers, r)
	}
	if plan.Key != "" {
		_, e.key = use(plan.Key)
	}
	if plan.Sides != nil {
		var err error
		if e.sides, err = newSides(plan, use); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return e, nil
}

// Columns returns the columns that a batch must hold, in this order, each once.
func (e *Encoder) Columns() []string { return slices.Clone(e.columns) }

// Encode encodes a batch that holds Columns, replacing what dst holds and
// using its memory. first is the global ordinal of the batch's first row.
func (e *Encoder) Encode(rec arrow.Record, first int64, dst *Rows) error {
	if int(rec.NumCols()) != len(e.columns) {
		return fmt.Errorf("a batch holds %d columns, the encoder reads %d", rec.NumCols(), len(e.columns))
	}
	n := int(rec.NumRows())
	e.shape(dst, n)
	for i, k := range e.coders {
		if err := k.encode(dst.Codes[i], rec.Column(k.column)); err != nil {
			return err
		}
	}
	if e.sides != nil {
		e.side = resize(e.side, n)
		if err := e.sides.read(e.side, rec, first); err != nil {
			return err
		}
	}
	for i := range e.measures {
		if err := e.measure(i, dst.Values[i], dst.Known[i], rec); err != nil {
			var cell *cellError
			if errors.As(err, &cell) {
				return fmt.Errorf("row %d: %w", first+int64(cell.row)+1, err)
			}
			return err
		}
	}
	for i, r := range e.rulers {
		if err := r.read(dst.Places[i], rec.Column(r.column)); err != nil {
			return err
		}
	}
	dst.First = first
	var key arrow.Array
	if e.key >= 0 {
		key = rec.Column(e.key)
	}
	split(dst, key, e.plan, first)
	return nil
}

func (e *Encoder) measure(m int, values []int64, known []bool, rec arrow.Record) error {
	g := &e.measures[m]
	if g.value == nil {
		e.onSide(&e.plan.Measures[m], values, known)
		return nil
	}
	if err := g.value.read(values, known, rec.Column(g.value.column)); err != nil {
		return err
	}
	if g.weight != nil {
		e.scratch, e.known = resize(e.scratch, len(values)), resize(e.known, len(values))
		if err := g.weight.read(e.scratch, e.known, rec.Column(g.weight.column)); err != nil {
			return err
		}
		for i, w := range e.scratch {
			x, ok := product(values[i], w)
			if !ok {
				return &cellError{i, fmt.Errorf("column %q times weight %q is too large to be summed exactly; use coarser units", g.value.name, g.weight.name)}
			}
			values[i], known[i] = x, known[i] && e.known[i]
		}
	}
	if g.with >= 0 {
		a := rec.Column(g.with)
		for i := range known {
			known[i] = known[i] && e.holds(a, i)
		}
	}
	if g.weight != nil || g.with >= 0 {
		for i, k := range known {
			if !k {
				values[i] = 0
			}
		}
	}
	if e.plan.Measures[m].Side != 0 {
		e.onSide(&e.plan.Measures[m], values, known)
	}
	return nil
}

// product returns a·b where it is within MaxFixed.
func product(a, b int64) (int64, bool) {
	x := a * b // both within 2⁴⁸: a product that wraps is seen by dividing back
	if a != 0 && (x/a != b || x > MaxFixed || x < -MaxFixed) {
		return 0, false
	}
	return x, true
}

func (e *Encoder) shape(dst *Rows, n int) {
	dst.N = n
	dst.Codes = columnsOf(dst.Codes, len(e.coders), n)
	dst.Values = columnsOf(dst.Values, len(e.measures), n)
	dst.Known = columnsOf(dst.Known, len(e.measures), n)
	dst.Fold, dst.Part = resize(dst.Fold, n), resize(dst.Part, n)
	dst.Places, dst.Hash = columnsOf(dst.Places, len(e.rulers), n), dst.Hash[:0]
	if e.plan.Clustered {
		dst.Hash = resize(dst.Hash, n)
	}
}

func columnsOf[T any](cols [][]T, k, n int) [][]T {
	cols = resize(cols, k)
	for i := range cols {
		cols[i] = resize(cols[i], n)
	}
	return cols
}

func resize[T any](s []T, n int) []T {
	return slices.Grow(s[:0], n)[:n]
}

// holds reports whether row i of a holds a value.
func (e *Encoder) holds(a arrow.Array, i int) bool {
	if a.IsNull(i) {
		return false
	}
	switch a := a.(type) {
	case *array.String:
		return !slices.Contains(e.plan.Nulls, a.Value(i))
	case *array.Dictionary:
		values, ok := a.Dictionary().(*array.String)
		j := a.GetValueIndex(i)
		return !ok || values.IsValid(j) && !slices.Contains(e.plan.Nulls, values.Value(j))
	}
	return true
}
