package source

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"

	"github.com/headwater-dev/headwater/kernels/encode"
)

// csvBlock is a stretch of whole records without quotes: its separators are
// found 64 bytes at a time, and its cells are taken column by column, so that a
// column's tables stay in the core's nearest cache.
type csvBlock struct {
	text  []byte
	rows  int
	stops []int32  // −1, then row × columns of the file → where the cell ends in text
	bits  []uint64 // which bytes are delimiters; then which are line ends

	quoteAt  int64 // offset in the file up to which no quote follows what was read
	slowUpTo int64 // offset up to which records are read one at a time
}

// blockBytes is the length of a block: with what is made of it it stays in a
// core's second cache.
const blockBytes = 32 << 10

// takeBlock appends up to limit records of the split to their columns, and
// returns how many, with their bytes. It returns 0 where the next record must be
// read by itself: because of quotes, faults, blank lines, rows to pass over, the
// end of the window or of the split.
func (r *csvReader) takeBlock(limit int) (rows, size int) {
	s, b := r.scan, &r.block
	from := s.pos + s.length
	at := s.base + int64(from)
	if at < b.slowUpTo || at >= r.split.End || r.row < r.split.Skip {
		return 0, 0
	}
	want := len(r.table.Columns)
	if !b.find(s, from, want) {
		return 0, 0
	}
	if r.split.Rows >= 0 {
		limit = int(min(int64(limit), r.split.Skip+r.split.Rows-r.row))
	}
	rows = min(b.rows, limit)
	begin := func(row int) int { return int(b.stops[row*want]) + 1 }
	for rows > 0 && at+int64(begin(rows-1)) >= r.split.End {
		rows--
	}
	if rows == 0 {
		return 0, 0
	}
	size = begin(rows)
	if mark := (markRows - r.row%markRows) % markRows; mark < int64(rows) && r.row+mark > 0 {
		r.marks = append(r.marks, Mark{Row: r.row + mark, Offset: at + int64(begin(int(mark)))})
	}
	for i, c := range r.columns {
		if c < want-1 {
			r.build[i].addBlock(b.text, b.stops[c:], want, rows)
		}
	}
	b.trim(want) // where lines begin is no longer needed
	for i, c := range r.columns {
		if c == want-1 {
			r.build[i].addBlock(b.text, b.stops[c:], want, rows)
		}
	}
	s.pos, s.length = from, size
	r.row += int64(rows)
	return rows, size
}

// find makes a block of what the window holds from a place on. It reports false
// where that is not to be had, and sets slowUpTo.
func (b *csvBlock) find(s *scanner, from, columns int) bool {
	text, at := s.window[from:], s.base+int64(from)
	b.slowUpTo = at + 1
	if s.quoting {
		if b.quoteAt <= at {
			b.quoteAt = at + int64(len(text))
			if i := bytes.IndexByte(text, s.quote); i >= 0 {
				b.quoteAt = at + int64(i)
			}
		}
		if bare := b.quoteAt - at; bare < int64(len(text)) {
			text, b.slowUpTo = text[:bare], b.quoteAt+1
		}
	}
	text = text[:min(len(text), blockBytes)]
	b.text = text[:bytes.LastIndexByte(text, '\n')+1]
	if len(b.text) == 0 {
		return false
	}
	b.slowUpTo = at + int64(len(b.text))
	if !utf8.Valid(b.text) || !b.cut(s.delim, columns) {
		return false
	}
	b.slowUpTo = 0
	return true
}

// cut finds the cells. It reports false unless every line has so many, and
// something in it.
func (b *csvBlock) cut(delim byte, columns int) bool {
	words := (len(b.text) + 63) / 64
	grown(&b.bits, 2*words)
	encode.Bitmaps(b.bits, words, b.text, []uint8{delim, '\n'})
	stops := grown(&b.stops, len(b.text)+1)
	stops[0] = -1
	n, lines := 1, 0
	for w, ends := range b.bits[words : 2*words] {
		lines += bits.OnesCount64(ends)
		for both := b.bits[w] | ends; both != 0; both &= both - 1 {
			stops[n] = int32(w*64 + bits.TrailingZeros64(both))
			n++
		}
	}
	if n != lines*columns+1 {
		return false
	}
	b.stops, b.rows = stops[:n], lines
	for row := range lines {
		if b.text[stops[(row+1)*columns]] != '\n' {
			return false
		}
		if columns == 1 && stops[row+1] == stops[row]+1 {
			return false
		}
	}
	return columns > 1 || bytes.IndexByte(b.text, '\r') < 0
}

// trim leaves the CR of line ends out of the last cells.
func (b *csvBlock) trim(columns int) {
	if bytes.IndexByte(b.text, '\r') < 0 {
		return
	}
	for last := columns; last < len(b.stops); last += columns {
		if end := b.stops[last]; end > 0 && b.text[end-1] == '\r' {
			b.stops[last]--
		}
	}
}

// quickWord is a text of at most seven bytes and its number, or missingWord.
type quickWord struct {
	key  uint64 // the bytes, and above them the length plus one; 0 = free
	code int32
}

// quickWords is the number of places for texts that were met before, each of
// which has one place.
const (
	quickWords  = 1 << quickBits
	quickBits   = 11
	quickFactor = 0x9e3779b97f4a7c15
)

// addBlock appends a column of a block's first rows: cell i·columns lies between
// the stops of that number and the next.
func (c *csvColumn) addBlock(text []byte, stops []int32, columns, rows int) {
	if c.quick == nil {
		c.quick = new([quickWords]quickWord)
	}
	for row := 0; row < rows; row++ {
		if c.words != nil {
			at := len(c.codes)
			c.codes = slices.Grow(c.codes, rows-row)
			n := takeQuick(c.codes[at:at+rows-row], text, stops[row*columns:], columns, c.quick)
			c.codes = c.codes[:at+n]
			if row += n; row == rows {
				return
			}
		}
		from, to := int(stops[row*columns])+1, int(stops[row*columns+1])
		if c.words == nil || to-from > 7 || from+8 > len(text) {
			c.add(text[from:to])
			continue
		}
		key := quickKey(text[from:], uint(to-from))
		c.addQuick(text[from:to], key, &c.quick[key*quickFactor>>(64-quickBits)])
	}
}

// addQuick appends a cell with the given key, whose place is q.
func (c *csvColumn) addQuick(cell []byte, key uint64, q *quickWord) {
	row := len(c.codes)
	if q.key == key && q.code == missingWord {
		c.valid.null(row)
		c.codes = append(c.codes, 0)
		return
	}
	c.add(cell)
	if c.words == nil {
		return
	}
	*q = quickWord{key, c.codes[row]}
	if c.valid.isNull(row) {
		q.code = missingWord
	}
}

// quickKey returns the key of a text of n bytes, at most seven; eight can be read.
func quickKey(text []byte, n uint) uint64 {
	return binary.LittleEndian.Uint64(text)&(1<<(8*n&63)-1) | uint64(n+1)<<56
}

// takeQuick writes the numbers of cells to dst for as long as they are to be had
// quickly, and returns of how many.
func takeQuick(dst []int32, text []byte, stops []int32, columns int, quick *[quickWords]quickWord) int {
	at := 0
	for i := range dst {
		from, to := int(stops[at])+1, int(stops[at+1])
		n := uint(to - from)
		if n > 7 || from+8 > len(text) {
			return i
		}
		key := quickKey(text[from:], n)
		q := &quick[key*quickFactor>>(64-quickBits)]
		if q.key != key || q.code < 0 {
			return i
		}
		dst[i] = q.code
		at += columns
	}
	return len(dst)
}
