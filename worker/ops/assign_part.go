package ops

import (
	"fmt"
	"io"
	"slices"
	"unsafe"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/parquet-go/parquet-go"

	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// partRowGroup bounds the rows of a part's row groups.
const partRowGroup = 1 << 20

// partRun is how many rows are handed to the Parquet writer at once: their
// values stay in the core's caches.
const partRun = 2048

// partWriter writes a part file: id (or file and row), rule, segment,
// segment_name, and of clusters distance. Its bytes depend on the rows alone.
type partWriter struct {
	out     *parquet.GenericWriter[any]
	columns [][]parquet.Value
	nulls   []string // spellings of a missing id
	file    parquet.Value
	rule    []parquet.Value // by rule: its number within the segment, from 1
	segment []parquet.Value // by rule: its segment's number, from 1
	name    []parquet.Value // by rule: its segment's name
	away    bool            // rows have a distance
	rows    int             // in the row group
}

// partColumns are a part's columns in their order; a parquet.Group alone would
// sort them by name.
type partColumns struct{ parquet.Group }

// Fields sorts but for the distance, which comes last.
func (p partColumns) Fields() []parquet.Field {
	fields := p.Group.Fields() // file, id < row < rule < segment < segment_name
	if i := slices.IndexFunc(fields, func(f parquet.Field) bool { return f.Name() == "distance" }); i >= 0 {
		fields = append(slices.Delete(slices.Clone(fields), i, i+1), fields[i])
	}
	return fields
}

func partSchema(id bool, idType source.Type, distance bool) *parquet.Schema {
	text, number := parquet.Encoded(parquet.String(), &parquet.RLEDictionary), parquet.Encoded(parquet.Int(32), &parquet.RLEDictionary)
	group := parquet.Group{"rule": number, "segment": number, "segment_name": text}
	switch {
	case !id:
		group["file"], group["row"] = text, parquet.Encoded(parquet.Int(64), &parquet.DeltaBinaryPacked)
	case idType == source.Int:
		group["id"] = parquet.Optional(parquet.Encoded(parquet.Int(64), &parquet.DeltaBinaryPacked))
	default:
		group["id"] = parquet.Optional(parquet.String())
	}
	if distance {
		group["distance"] = parquet.Leaf(parquet.DoubleType)
	}
	return parquet.NewSchema("assignments", partColumns{group})
}

func newPartWriter(w io.Writer, idType source.Type, file string, p *wire.AssignParams, rules []rule) *partWriter {
	schema := partSchema(p.ID != "", idType, p.By != nil)
	out := &partWriter{
		out: parquet.NewGenericWriter[any](w, schema,
			parquet.CreatedBy("headwater", "1", "0"),
			parquet.Compression(&parquet.Zstd),
			parquet.DataPageStatistics(false)), // the page index has them
		columns: make([][]parquet.Value, len(schema.Columns())),
		nulls:   p.Plan.Nulls,
		file:    parquet.ByteArrayValue([]byte(file)),
		away:    p.By != nil,
	}
	for _, r := range rules {
		out.rule = append(out.rule, parquet.Int32Value(int32(r.number+1)))
		out.segment = append(out.segment, parquet.Int32Value(int32(r.segment+1)))
		out.name = append(out.name, parquet.ByteArrayValue([]byte(p.Names[r.segment])))
	}
	return out
}

// places writes rows without an id, the first of which follows first others in
// the file.
func (w *partWriter) places(first int64, rules []int32, away []float64) error {
	return w.write(rules, away, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			w.columns[0] = append(w.columns[0], w.file)
			w.columns[1] = append(w.columns[1], parquet.Int64Value(first+int64(i)+1))
		}
	})
}

// ids writes rows with an id, null where it is missing.
func (w *partWriter) ids(ids arrow.Array, rules []int32, away []float64) error {
	value, err := w.idReader(ids)
	if err != nil {
		return err
	}
	return w.write(rules, away, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			id := parquet.NullValue()
			if ids.IsValid(i) {
				id = value(i)
			}
			w.columns[0] = append(w.columns[0], id)
		}
	})
}

// idReader returns how a row's id is read where the array has one.
func (w *partWriter) idReader(ids arrow.Array) (func(i int) parquet.Value, error) {
	text := func(s string) parquet.Value {
		if slices.Contains(w.nulls, s) {
			return parquet.NullValue()
		}
		// The writer copies the bytes before the batch is released.
		return parquet.ByteArrayValue(unsafe.Slice(unsafe.StringData(s), len(s))).Level(0, 1, 0)
	}
	switch a := ids.(type) {
	case *array.Int64:
		return func(i int) parquet.Value { return parquet.Int64Value(a.Value(i)).Level(0, 1, 0) }, nil
	case *array.String:
		return func(i int) parquet.Value { return text(a.Value(i)) }, nil
	case *array.Dictionary:
		if numbers, ok := a.Dictionary().(*array.Int64); ok {
			return func(i int) parquet.Value {
				if k := a.GetValueIndex(i); numbers.IsValid(k) {
					return parquet.Int64Value(numbers.Value(k)).Level(0, 1, 0)
				}
				return parquet.NullValue()
			}, nil
		}
		words, ok := a.Dictionary().(*array.String)
		if !ok {
			return nil, fmt.Errorf("the id column is a dictionary of %s, neither whole numbers nor text", a.Dictionary().DataType())
		}
		return func(i int) parquet.Value {
			if k := a.GetValueIndex(i); words.IsValid(k) {
				return text(words.Value(k))
			}
			return parquet.NullValue()
		}, nil
	}
	return nil, fmt.Errorf("the id column came as %s", ids.DataType())
}

// write hands rows to the Parquet writer, some at a time: fill appends the
// first columns of rows [lo, hi). The writer may end a page after each run.
func (w *partWriter) write(rules []int32, away []float64, fill func(lo, hi int)) error {
	k := len(w.columns)
	if w.away {
		k--
	}
	for lo := 0; lo < len(rules); {
		hi := min(len(rules), lo+partRun, lo+partRowGroup-w.rows)
		for c := range w.columns {
			w.columns[c] = w.columns[c][:0]
		}
		fill(lo, hi)
		for _, r := range rules[lo:hi] {
			w.columns[k-3] = append(w.columns[k-3], w.rule[r])
			w.columns[k-2] = append(w.columns[k-2], w.segment[r])
			w.columns[k-1] = append(w.columns[k-1], w.name[r])
		}
		if w.away {
			for _, d := range away[lo:hi] {
				w.columns[k] = append(w.columns[k], parquet.DoubleValue(d))
			}
		}
		for c, out := range w.out.ColumnWriters() {
			if _, err := out.WriteRowValues(w.columns[c]); err != nil {
				return fmt.Errorf("part file: %w", err)
			}
		}
		if w.rows += hi - lo; w.rows == partRowGroup {
			if err := w.out.Flush(); err != nil {
				return fmt.Errorf("part file: %w", err)
			}
			w.rows = 0
		}
		lo = hi
	}
	return nil
}

func (w *partWriter) close() error {
	if err := w.out.Close(); err != nil {
		return fmt.Errorf("part file: %w", err)
	}
	return nil
}
