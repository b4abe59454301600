package source

import (
	"errors"
	"fmt"

	flatbuffers "github.com/google/flatbuffers/go"
)

// Arrow's readers allocate what the metadata of a message asks for, and follow
// nested fields wherever they lead. A corrupt length would end the process, not
// panic, so lengths and depth are checked first. Fields are named by their
// place in the table's vtable, as in Schema.fbs and Message.fbs.

const maxFieldDepth = 32

// arrowShape is what messages are checked against: their schema.
type arrowShape struct {
	room       int // fields that the schema message has room for still
	views      int // columns of views outside dictionaries
	dictionary int // the most columns of views in the values of one dictionary
}

// verifySchema checks the Schema table of a message.
func verifySchema(schema *flatbuffers.Table) (arrowShape, error) {
	const fields, metadata = 6, 8
	shape := arrowShape{room: len(schema.Bytes) / 4} // a field takes more than that
	if err := verifyVector(schema, metadata, 4); err != nil {
		return shape, err
	}
	err := shape.verifyFields(schema, fields, maxFieldDepth)
	return shape, err
}

func (s *arrowShape) verifyFields(parent *flatbuffers.Table, slot flatbuffers.VOffsetT, depth int) error {
	if depth == 0 {
		return fmt.Errorf("fields nested more than %d deep", maxFieldDepth)
	}
	if err := verifyVector(parent, slot, 4); err != nil {
		return err
	}
	o := flatbuffers.UOffsetT(parent.Offset(slot))
	if o == 0 {
		return nil
	}
	start := parent.Vector(o)
	for i := range parent.VectorLen(o) {
		if s.room--; s.room < 0 {
			return errors.New("more fields than the schema has room for")
		}
		field := &flatbuffers.Table{Bytes: parent.Bytes, Pos: parent.Indirect(start + flatbuffers.UOffsetT(4*i))}
		if err := s.verifyField(field, depth); err != nil {
			return err
		}
	}
	return nil
}

// Tags of type tables.
const (
	unionType      = 14
	binaryViewType = 23
	textViewType   = 24
)

func (s *arrowShape) verifyField(field *flatbuffers.Table, depth int) error {
	const typeTag, typeTable, dictionary, children, metadata, typeIDs = 8, 10, 12, 14, 16, 6
	if err := verifyVector(field, metadata, 4); err != nil {
		return err
	}
	before := s.views
	switch field.GetByteSlot(typeTag, 0) {
	case unionType:
		if t := flatbuffers.UOffsetT(field.Offset(typeTable)); t != 0 {
			var union flatbuffers.Table
			field.Union(&union, t)
			if err := verifyVector(&union, typeIDs, 4); err != nil {
				return err
			}
		}
	case binaryViewType, textViewType:
		s.views++
	}
	if err := s.verifyFields(field, children, depth-1); err != nil {
		return err
	}
	if field.Offset(dictionary) != 0 {
		s.dictionary = max(s.dictionary, s.views-before)
		s.views = before
	}
	return nil
}

// verifyBatch checks a RecordBatch table that has at least a number of columns
// of views, each of which has a count of buffers.
func verifyBatch(batch *flatbuffers.Table, views int) error {
	const nodes, buffers, variadic = 6, 8, 12
	if err := errors.Join(verifyVector(batch, nodes, 16), verifyVector(batch, buffers, 16), verifyVector(batch, variadic, 8)); err != nil {
		return err
	}
	o := flatbuffers.UOffsetT(batch.Offset(variadic))
	if o == 0 {
		return nil
	}
	start, counts := batch.Vector(o), batch.VectorLen(o)
	if counts < views {
		return fmt.Errorf("%d counts of buffers for %d columns of views", counts, views)
	}
	for i := range counts {
		if n := batch.GetInt64(start + flatbuffers.UOffsetT(8*i)); n < 0 || n > int64(len(batch.Bytes)) {
			return fmt.Errorf("%d buffers for a column", n)
		}
	}
	return nil
}

// verifyVector checks that a vector of elements of size bytes lies inside the
// message.
func verifyVector(t *flatbuffers.Table, slot flatbuffers.VOffsetT, size int64) error {
	o := flatbuffers.UOffsetT(t.Offset(slot))
	if o == 0 {
		return nil
	}
	start, n := int64(t.Vector(o)), int64(t.VectorLen(o))
	if n < 0 || start+size*n > int64(len(t.Bytes)) {
		return fmt.Errorf("a list of %d elements in a message of %d bytes", n, len(t.Bytes))
	}
	return nil
}
