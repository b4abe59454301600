package partial

import (
	"encoding/binary"
	"errors"
	"slices"
)

// Columns travel in runs of runLength entries: the width of its entries in
// bytes, the least of them as a varint, and how far each lies above it, little
// endian. Counts of neighbouring groups are of like size, so that most take one
// or two bytes; and whole words are read at a time.
const runLength = 256

// The kinds of columns.
const (
	absent = iota
	zeros
	runs
)

var errDamaged = errors.New("the message is damaged")

// appendColumn encodes a column; one of zeros (most upper halves of sums) takes
// one byte. Cost: 1 ns an entry.
func appendColumn(b []byte, column []int64) []byte {
	switch {
	case column == nil:
		return append(b, absent)
	case isZero(column):
		return append(b, zeros)
	}
	b = append(b, runs)
	for run := range slices.Chunk(column, runLength) {
		b = appendRun(b, run)
	}
	return b
}

func isZero(column []int64) bool {
	for _, x := range column {
		if x != 0 {
			return false
		}
	}
	return true
}

func appendRun(b []byte, run []int64) []byte {
	least, most := run[0], run[0]
	for _, x := range run[1:] {
		least, most = min(least, x), max(most, x)
	}
	width := widthOf(uint64(most) - uint64(least))
	b = binary.AppendVarint(append(b, byte(width)), least)
	from := len(b)
	b = slices.Grow(b, len(run)*width)[:from+len(run)*width]
	to := b[from:]
	switch width {
	case 1:
		for i, x := range run {
			to[i] = byte(x - least)
		}
	case 2:
		for ; len(run) >= 4 && len(to) >= 8; run, to = run[4:], to[8:] {
			binary.LittleEndian.PutUint64(to, uint64(run[0]-least)|uint64(run[1]-least)<<16|uint64(run[2]-least)<<32|uint64(run[3]-least)<<48)
		}
		for i, x := range run {
			binary.LittleEndian.PutUint16(to[2*i:], uint16(x-least))
		}
	case 4:
		for i, x := range run {
			binary.LittleEndian.PutUint32(to[4*i:], uint32(x-least))
		}
	case 8:
		for i, x := range run {
			binary.LittleEndian.PutUint64(to[8*i:], uint64(x-least))
		}
	}
	return b
}

func widthOf(span uint64) int {
	switch {
	case span == 0:
		return 0
	case span < 1<<8:
		return 1
	case span < 1<<16:
		return 2
	case span < 1<<32:
		return 4
	}
	return 8
}

// columnReader takes columns off data until it is bad.
type columnReader struct {
	data []byte
	bad  bool
}

// size reads a number of at most most.
func (r *columnReader) size(most uint64) int {
	n, width := binary.Uvarint(r.data)
	if r.bad = r.bad || width <= 0 || n > most; r.bad {
		return 0
	}
	r.data = r.data[width:]
	return int(n)
}

// column returns a new column of n entries, nil where it is absent.
func (r *columnReader) column(n int) []int64 {
	if r.bad || len(r.data) == 0 {
		r.bad = true
		return nil
	}
	switch r.data[0] {
	case absent:
		r.data = r.data[1:]
		return nil
	case runs: // each takes two bytes at least: no damage asks for memory without end
		if r.bad = (n+runLength-1)/runLength > len(r.data)/2; r.bad {
			return nil
		}
	}
	column := make([]int64, n)
	r.add(column)
	return column
}

// add adds a column to another, which is nil where it has to be absent. Cost:
// 0.5 ns an entry of one or two bytes.
func (r *columnReader) add(column []int64) {
	if r.bad || len(r.data) == 0 {
		r.bad = true
		return
	}
	kind := r.data[0]
	r.data = r.data[1:]
	if r.bad = kind > runs || (kind == absent) != (column == nil); r.bad || kind != runs {
		return
	}
	for run := range slices.Chunk(column, runLength) {
		if r.addRun(run); r.bad {
			return
		}
	}
}

func (r *columnReader) addRun(run []int64) {
	if len(r.data) == 0 {
		r.bad = true
		return
	}
	width := int(r.data[0])
	least, head := binary.Varint(r.data[1:])
	if r.bad = head <= 0 || len(r.data)-1-head < width*len(run); r.bad {
		return
	}
	from := r.data[1+head:][:width*len(run)]
	r.data = r.data[1+head+width*len(run):]
	switch width {
	case 0:
		for i := range run {
			run[i] += least
		}
	case 1:
		for ; len(run) >= 8 && len(from) >= 8; run, from = run[8:], from[8:] {
			w := binary.LittleEndian.Uint64(from)
			run[0] += least + int64(w&0xff)
			run[1] += least + int64(w>>8&0xff)
			run[2] += least + int64(w>>16&0xff)
			run[3] += least + int64(w>>24&0xff)
			run[4] += least + int64(w>>32&0xff)
			run[5] += least + int64(w>>40&0xff)
			run[6] += least + int64(w>>48&0xff)
			run[7] += least + int64(w>>56)
		}
		for i := range run {
			run[i] += least + int64(from[i])
		}
	case 2:
		for ; len(run) >= 4 && len(from) >= 8; run, from = run[4:], from[8:] {
			w := binary.LittleEndian.Uint64(from)
			run[0] += least + int64(w&0xffff)
			run[1] += least + int64(w>>16&0xffff)
			run[2] += least + int64(w>>32&0xffff)
			run[3] += least + int64(w>>48)
		}
		for i := range run {
			run[i] += least + int64(binary.LittleEndian.Uint16(from[2*i:]))
		}
	case 4:
		for i := range run {
			run[i] += least + int64(binary.LittleEndian.Uint32(from[4*i:]))
		}
	case 8:
		for i := range run {
			run[i] += least + int64(binary.LittleEndian.Uint64(from[8*i:]))
		}
	default:
		r.bad = true
	}
}
