package source

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	flatbuffers "github.com/google/flatbuffers/go"
)

// An Arrow IPC file is a stream of messages between two magics, with a footer.
// Both are read as streams: an index of the messages says where record batches
// begin and how many rows they hold, which arrow's own readers tell only by
// loading whole batches, and any run of batches, behind the schema and the
// dictionaries before it, is a stream of its own.

// message is one message of a stream.
type message struct {
	at, length int64 // in the file, framing included
	kind       byte
	rows       int64 // of a record batch
}

// Kinds of messages, as in Arrow's Message.fbs.
const (
	schemaMessage     = 1
	dictionaryMessage = 2
	batchMessage      = 3
)

const (
	continuation = 0xFFFFFFFF
	arrowAlign   = 8
)

// indexArrow lists the messages of an IPC file or stream.
func indexArrow(file *File, r io.ReaderAt) (messages []message, err error) {
	defer recoverAs(&err, "%s: corrupt Arrow metadata", file.Name)
	at, end, batches := int64(0), file.Size, -1
	var head [8]byte
	if n, _ := r.ReadAt(head[:], 0); n == 8 && bytes.HasPrefix(head[:], magicArrow) {
		at = arrowAlign
		if end, batches, err = arrowFooter(file.Size, r); err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name, err)
		}
	}
	counted := 0
	var shape arrowShape
	for at < end {
		m, err := readMessage(r, at, end, &shape)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: message %d at byte %d: %w", file.Name, len(messages), at, err)
		}
		if (m.kind == schemaMessage) != (len(messages) == 0) {
			return nil, fmt.Errorf("%s: not an Arrow IPC file: message %d is of kind %d", file.Name, len(messages), m.kind)
		}
		if m.kind == batchMessage {
			counted++
		}
		messages = append(messages, m)
		at += m.length
	}
	if len(messages) == 0 {
		return nil, fmt.Errorf("%s: an Arrow IPC file without a schema", file.Name)
	}
	if batches >= 0 && counted != batches {
		return nil, fmt.Errorf("%s: %d record batches, but the footer lists %d; write the file again", file.Name, counted, batches)
	}
	return messages, nil
}

var errArrowTruncated = errors.New("the file is cut short; write it again")

// arrowFooter returns where the messages of an IPC file end and how many record
// batches its footer lists.
func arrowFooter(size int64, r io.ReaderAt) (end int64, batches int, err error) {
	tailLength := int64(4 + len(magicArrow))
	if size < arrowAlign+tailLength {
		return 0, 0, errArrowTruncated
	}
	tail := make([]byte, tailLength)
	if _, err := r.ReadAt(tail, size-tailLength); err != nil {
		return 0, 0, err
	}
	length := int64(binary.LittleEndian.Uint32(tail))
	if !bytes.Equal(tail[4:], magicArrow) || length < 4 || length > size-arrowAlign-tailLength {
		return 0, 0, errArrowTruncated
	}
	end = size - tailLength - length
	footer := make([]byte, length)
	if _, err := r.ReadAt(footer, end); err != nil {
		return 0, 0, err
	}
	const recordBatches = 10 // the fourth field of Footer
	t := rootTable(footer)
	if o := t.Offset(recordBatches); o != 0 {
		batches = t.VectorLen(flatbuffers.UOffsetT(o))
	}
	return end, batches, nil
}

// readMessage reads the metadata of the message at a place. A schema fills in
// shape, against which the others are checked. It returns io.EOF at the end of
// the stream.
func readMessage(r io.ReaderAt, at, end int64, shape *arrowShape) (m message, err error) {
	var prefix [8]byte
	if end-at < 4 {
		return m, errArrowTruncated
	}
	n, err := r.ReadAt(prefix[:min(8, end-at)], at)
	if int64(n) < min(8, end-at) {
		return m, noEOF(err)
	}
	framing, length := int64(8), int64(int32(binary.LittleEndian.Uint32(prefix[4:])))
	if first := binary.LittleEndian.Uint32(prefix[:]); first != continuation {
		framing, length = 4, int64(int32(first)) // before Arrow 0.15
	}
	switch {
	case length == 0:
		return m, io.EOF
	case length < 0:
		return m, errors.New("not an Arrow IPC message")
	case length > end-at-framing:
		return m, errArrowTruncated
	}
	meta := make([]byte, length)
	if n, err := r.ReadAt(meta, at+framing); n < len(meta) {
		return m, noEOF(err)
	}
	const kind, header, bodyLength, batchLength = 6, 8, 10, 4 // fields of Message, and the first of RecordBatch
	t := rootTable(meta)
	m.at, m.kind = at, t.GetByteSlot(kind, 0)
	body := t.GetInt64Slot(bodyLength, 0)
	if body < 0 || body > end-at-framing-length {
		return m, errArrowTruncated
	}
	m.length = framing + length + body
	o := flatbuffers.UOffsetT(t.Offset(header))
	if o == 0 {
		return m, errors.New("a message without a header")
	}
	var table flatbuffers.Table
	t.Union(&table, o)
	switch m.kind {
	case schemaMessage:
		*shape, err = verifySchema(&table)
		return m, err
	case dictionaryMessage:
		const data = 6
		if o := flatbuffers.UOffsetT(table.Offset(data)); o != 0 {
			return m, verifyBatch(&flatbuffers.Table{Bytes: table.Bytes, Pos: table.Indirect(o + table.Pos)}, shape.dictionary)
		}
		return m, errors.New("a dictionary without values")
	case batchMessage:
		if m.rows = table.GetInt64Slot(batchLength, 0); m.rows < 0 || m.rows > 1<<31-1 {
			return m, fmt.Errorf("a record batch of %d rows", m.rows)
		}
		return m, verifyBatch(&table, shape.views)
	}
	return m, fmt.Errorf("a message of unknown kind %d", m.kind)
}

func rootTable(b []byte) *flatbuffers.Table {
	return &flatbuffers.Table{Bytes: b, Pos: flatbuffers.GetUOffsetT(b)}
}

// stream returns a stream of the schema, the dictionaries before record batch
// number first, and everything from there to the end.
func arrowStreamFrom(src io.ReaderAt, messages []message, first int) io.Reader {
	var parts []io.Reader
	batch := 0
	for _, m := range messages {
		if m.kind != batchMessage || batch >= first {
			parts = append(parts, io.NewSectionReader(src, m.at, m.length))
		}
		if m.kind == batchMessage {
			batch++
		}
	}
	return io.MultiReader(parts...)
}
