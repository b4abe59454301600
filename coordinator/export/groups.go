package export

import (
	"fmt"
	"io"
	"math"
	"runtime"

	"github.com/parquet-go/parquet-go"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/encoder"
)

// groupsPerRowGroup bounds the rows of a row group, of which each core holds
// one in memory: about 10 MB. Smaller ones would compress worse.
const groupsPerRowGroup = 1 << 16

// groupsPerWrite is how many groups are handed to the Parquet writer at once.
// It may end a page after each.
const groupsPerWrite = 1024

// WriteGroups writes groups as Parquet, in their order: order, group, items, n
// and share, and per metric n_, sum_ (and den_ for a ratio), mean_, lift_ and
// excess_ with its name. The same groups give the same bytes.
func WriteGroups(w io.Writer, o *Overall, g *search.Groups) error {
	all, err := o.values(g)
	if err != nil {
		return err
	}
	t := &groupTable{overall: o, groups: g}
	t.addGroup()
	for i, m := range o.Metrics {
		t.addMetric(m, all[i])
	}
	return t.write(w)
}

// groupTable is the table being built: fields of the schema, and for each a
// function that gives the values of one group. Leaf columns are numbered in
// the order in which they are added.
type groupTable struct {
	overall *Overall
	groups  *search.Groups
	schema  orderedGroup
	fillers []filler
	leaves  int
}

// filler appends the values of group i to columns[first], columns[first+1] ….
type filler struct {
	first, leaves int
	fill          func(columns [][]parquet.Value, i int)
}

func (t *groupTable) add(name string, node parquet.Node, leaves int, fill func(columns [][]parquet.Value, i int)) {
	t.schema.add(name, node)
	t.fillers = append(t.fillers, filler{t.leaves, leaves, fill})
	t.leaves += leaves
}

func (t *groupTable) addGroup() {
	g, features := t.groups, t.overall.Features
	t.add("order", parquet.Encoded(parquet.Int(32), &parquet.RLEDictionary), 1, func(c [][]parquet.Value, i int) {
		c[0] = append(c[0], parquet.Int32Value(int32(len(g.At(i)))))
	})
	t.add("group", parquet.String(), 1, func(c [][]parquet.Value, i int) {
		c[0] = append(c[0], parquet.ByteArrayValue([]byte(search.Name(features, g.At(i)))))
	})
	// The struct's leaves stand in alphabetical order, see orderedGroup.
	text := parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	item := parquet.Group{"feature": text, "level": parquet.Optional(text), "missing": parquet.Leaf(parquet.BooleanType)}
	names := itemNames(features)
	t.add("items", parquet.List(item), 3, func(c [][]parquet.Value, i int) {
		for k, item := range g.At(i) {
			again := min(k, 1) // repetition level: 0 begins a list
			missing := item.Code == encoder.Missing
			c[0] = append(c[0], names[item.Feature][0].Level(again, 1, 0))
			if missing {
				c[1] = append(c[1], parquet.NullValue().Level(again, 1, 0))
			} else {
				c[1] = append(c[1], names[item.Feature][item.Code].Level(again, 2, 0))
			}
			c[2] = append(c[2], parquet.BooleanValue(missing).Level(again, 1, 0))
		}
	})
	t.add("n", parquet.Int(64), 1, func(c [][]parquet.Value, i int) {
		c[0] = append(c[0], parquet.Int64Value(g.Counts.N[i]))
	})
	t.add("share", double, 1, func(c [][]parquet.Value, i int) {
		c[0] = append(c[0], parquet.DoubleValue(t.overall.share(g.Counts.N[i])))
	})
}

// itemNames are the features' names, in the place of missing, and their levels'.
func itemNames(features []encoder.Feature) [][]parquet.Value {
	names := make([][]parquet.Value, len(features))
	for f := range features {
		names[f] = append(names[f], parquet.ByteArrayValue([]byte(features[f].Name)))
		for _, l := range features[f].Levels {
			names[f] = append(names[f], parquet.ByteArrayValue([]byte(l.Name)))
		}
	}
	return names
}

func (t *groupTable) addMetric(m metric.Metric, all metric.Value) {
	counts := &t.groups.Counts
	type column struct {
		name string
		node parquet.Node
		of   func(figures) parquet.Value
	}
	columns := []column{{"n_", parquet.Int(64), func(f figures) parquet.Value { return parquet.Int64Value(f.known) }}}
	// Sums are exact integers where they are such, else in the metric's unit, rounded once.
	if wholeNumbers(m.Digits, counts.Measures[m.Num].Sum) {
		columns = append(columns, column{"sum_", parquet.Int(64), func(f figures) parquet.Value { return parquet.Int64Value(f.value.Num.Int64()) }})
	} else {
		columns = append(columns, column{"sum_", double, func(f figures) parquet.Value { return parquet.DoubleValue(m.Sum(f.value)) }})
	}
	switch {
	case m.Den < 0:
	case wholeNumbers(m.DenDigits, counts.Measures[m.Den].Sum):
		columns = append(columns, column{"den_", parquet.Int(64), func(f figures) parquet.Value { return parquet.Int64Value(f.value.Den.Int64()) }})
	default:
		columns = append(columns, column{"den_", double, func(f figures) parquet.Value { return parquet.DoubleValue(m.Weight(f.value)) }})
	}
	columns = append(columns,
		column{"mean_", parquet.Optional(double), func(f figures) parquet.Value { return optional(f.mean) }},
		column{"lift_", parquet.Optional(double), func(f figures) parquet.Value { return optional(f.lift) }},
		column{"excess_", parquet.Optional(double), func(f figures) parquet.Value { return optional(f.excess) }})
	for _, c := range columns {
		t.schema.add(c.name+m.Name, c.node)
	}
	t.fillers = append(t.fillers, filler{t.leaves, len(columns), func(c [][]parquet.Value, i int) {
		f := measure(m, m.At(counts, i), all)
		for k := range columns {
			c[k] = append(c[k], columns[k].of(f))
		}
	}})
	t.leaves += len(columns)
}

var double = parquet.Leaf(parquet.DoubleType)

// optional is null for NaN.
func optional(x float64) parquet.Value {
	if math.IsNaN(x) {
		return parquet.NullValue().Level(0, 0, 0)
	}
	return parquet.DoubleValue(x).Level(0, 1, 0)
}

// write streams the table: as many row groups at a time as there are cores are
// built, and committed in order, so that the bytes do not depend on the cores.
func (t *groupTable) write(w io.Writer) error {
	out := newParquetWriter(w, parquet.NewSchema("groups", t.schema))
	var ahead []chan built
	commit := func() error {
		b := <-ahead[0]
		ahead = ahead[1:]
		if b.err == nil {
			_, b.err = b.group.Commit()
		}
		return b.err
	}
	defer func() {
		for _, c := range ahead {
			<-c
		}
	}()
	for from := 0; from < t.groups.Len(); from += groupsPerRowGroup {
		if len(ahead) == runtime.GOMAXPROCS(0) {
			if err := commit(); err != nil {
				return fmt.Errorf("groups: %w", err)
			}
		}
		group, done := out.BeginRowGroup(), make(chan built, 1)
		ahead = append(ahead, done)
		go func() {
			done <- built{group, t.build(group, from, min(from+groupsPerRowGroup, t.groups.Len()))}
		}()
	}
	for len(ahead) > 0 {
		if err := commit(); err != nil {
			return fmt.Errorf("groups: %w", err)
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("groups: %w", err)
	}
	return nil
}

// built is a row group that waits to be committed.
type built struct {
	group *parquet.ConcurrentRowGroupWriter
	err   error
}

// build encodes groups [from, to).
func (t *groupTable) build(group *parquet.ConcurrentRowGroupWriter, from, to int) error {
	writers, columns := group.ColumnWriters(), make([][]parquet.Value, t.leaves)
	for at := from; at < to; at += groupsPerWrite {
		t.fill(columns, at, min(at+groupsPerWrite, to))
		for k, values := range columns {
			if _, err := writers[k].WriteRowValues(values); err != nil {
				return err
			}
		}
	}
	return group.Flush()
}

// fill replaces the columns' values by those of groups [from, to).
func (t *groupTable) fill(columns [][]parquet.Value, from, to int) {
	for k := range columns {
		columns[k] = columns[k][:0]
	}
	for _, f := range t.fillers {
		c := columns[f.first : f.first+f.leaves]
		for i := from; i < to; i++ {
			f.fill(c, i)
		}
	}
}
