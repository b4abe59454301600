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

// verifySchema checks the Schema table of a message.
func verifySchema(schema *flatbuffers.Table) error {
	const fields, metadata = 6, 8
	left := len(schema.Bytes) / 4 // a field takes more than that
	if err := verifyVector(schema, metadata); err != nil {
		return err
	}
	return verifyFields(schema, fields, maxFieldDepth, &left)
}

func verifyFields(parent *flatbuffers.Table, slot flatbuffers.VOffsetT, depth int, left *int) error {
	const typeTable, children, metadata, typeIDs = 10, 14, 16, 6
	if depth == 0 {
		return fmt.Errorf("fields nested more than %d deep", maxFieldDepth)
	}
	if err := verifyVector(parent, slot); err != nil {
		return err
	}
	o := flatbuffers.UOffsetT(parent.Offset(slot))
	if o == 0 {
		return nil
	}
	start := parent.Vector(o)
	for i := range parent.VectorLen(o) {
		if *left--; *left < 0 {
			return errors.New("more fields than the schema has room for")
		}
		field := &flatbuffers.Table{Bytes: parent.Bytes, Pos: parent.Indirect(start + flatbuffers.UOffsetT(4*i))}
		if err := verifyVector(field, metadata); err != nil {
			return err
		}
		if t := flatbuffers.UOffsetT(field.Offset(typeTable)); t != 0 {
			var details flatbuffers.Table
			field.Union(&details, t)
			if field.GetByteSlot(typeTable-2, 0) == unionType {
				if err := verifyVector(&details, typeIDs); err != nil {
					return err
				}
			}
		}
		if err := verifyFields(field, children, depth-1, left); err != nil {
			return err
		}
	}
	return nil
}

// unionType is the tag of the Union type table.
const unionType = 14

// verifyBatch checks a RecordBatch table, of a record batch or a dictionary.
func verifyBatch(batch *flatbuffers.Table) error {
	const nodes, buffers, variadic = 6, 8, 12
	for _, slot := range []flatbuffers.VOffsetT{nodes, buffers, variadic} {
		if err := verifyVector(batch, slot); err != nil {
			return err
		}
	}
	o := flatbuffers.UOffsetT(batch.Offset(variadic))
	if o == 0 {
		return nil
	}
	start := batch.Vector(o)
	for i := range batch.VectorLen(o) {
		if n := batch.GetInt64(start + flatbuffers.UOffsetT(8*i)); n < 0 || n > int64(len(batch.Bytes)) {
			return fmt.Errorf("%d buffers for a column", n)
		}
	}
	return nil
}

// verifyVector checks that a vector lies inside the message.
func verifyVector(t *flatbuffers.Table, slot flatbuffers.VOffsetT) error {
	o := flatbuffers.UOffsetT(t.Offset(slot))
	if o == 0 {
		return nil
	}
	start, n := int64(t.Vector(o)), int64(t.VectorLen(o))
	if n < 0 || start+4*n > int64(len(t.Bytes)) {
		return fmt.Errorf("a list of %d elements in a message of %d bytes", n, len(t.Bytes))
	}
	return nil
}
