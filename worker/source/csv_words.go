package source

import (
	"encoding/binary"
	"math/bits"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// maxWords is the number of different values up to which a column of CSV text
// is delivered as a dictionary. Its tables then fit into a core's L2 cache.
const maxWords = 4096

// wordTable numbers the different values of a column of a CSV split in the
// order in which they are met. Looking one up costs about 3 ns; the values
// that mean missing are in it from the beginning, so that nothing else tells
// them from others.
type wordTable struct {
	slots []wordSlot       // a power of two, at most half of them taken
	shift int              // of a hash, to a slot
	taken int              // slots
	long  map[string]int32 // values beyond wordBytes
	n     int32            // values numbered
	text  []byte           // the values, one after the other
	ends  []int32          // of each value in text, after a 0
	array *array.String    // of the values; nil when there are new ones since
}

// wordSlot is a value of at most wordBytes bytes.
type wordSlot struct {
	low, high uint64 // see wordKey
	code      int32  // 0 = free, missingWord, or the value's number + 1
	length    int32
}

const (
	wordBytes   = 16
	missingWord = -1
)

func newWordTable(nulls []string) *wordTable {
	t := &wordTable{long: map[string]int32{}, ends: []int32{0}}
	t.resize(64)
	for _, s := range nulls {
		t.put([]byte(s), missingWord)
	}
	return t
}

// wordKey packs a text of at most wordBytes bytes: with its length, the key
// says which text it was.
func wordKey(b []byte) (low, high uint64) {
	n := uint(len(b))
	switch {
	case n > 8:
		return binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[n-8:])
	case cap(b) >= 8: // what follows in the window is masked
		return binary.LittleEndian.Uint64(b[:8]) & (1<<(8*n) - 1), 0
	}
	for i, c := range b {
		low |= uint64(c) << (8 * i)
	}
	return low, 0
}

// find returns the slot of a key, or the free one where it belongs.
func (t *wordTable) find(low, high uint64, length int) *wordSlot {
	hash := (low ^ bits.RotateLeft64(high*0x9e3779b97f4a7c15, 32) ^ uint64(length)) * 0xbf58476d1ce4e5b9
	for i := hash >> t.shift; ; i++ {
		s := &t.slots[i&uint64(len(t.slots)-1)]
		if s.code == 0 || s.low == low && s.high == high && int(s.length) == length {
			return s
		}
	}
}

// number returns the number of a value, or missingWord. A new value gets the
// next number. It must not be called when the table is full.
func (t *wordTable) number(value []byte) int32 {
	var code int32
	if len(value) <= wordBytes {
		low, high := wordKey(value)
		code = t.find(low, high, len(value)).code
	} else {
		code = t.long[string(value)]
	}
	if code > 0 {
		return code - 1
	}
	if code == 0 {
		return t.add(value)
	}
	return missingWord
}

func (t *wordTable) full() bool { return t.n > maxWords }

func (t *wordTable) add(value []byte) int32 {
	t.n++
	t.text = append(t.text, value...)
	t.ends = append(t.ends, int32(len(t.text)))
	t.array = nil
	t.put(value, t.n)
	return t.n - 1
}

func (t *wordTable) put(value []byte, code int32) {
	if len(value) > wordBytes {
		t.long[string(value)] = code
		return
	}
	low, high := wordKey(value)
	if s := t.find(low, high, len(value)); s.code == 0 {
		*s = wordSlot{low: low, high: high, code: code, length: int32(len(value))}
		if t.taken++; 2*t.taken > len(t.slots) {
			t.resize(2 * len(t.slots))
		}
	}
}

func (t *wordTable) resize(size int) {
	old := t.slots
	t.slots, t.shift = make([]wordSlot, size), 64-bits.Len(uint(size-1))
	for _, s := range old {
		if s.code != 0 {
			*t.find(s.low, s.high, int(s.length)) = s
		}
	}
}

// value returns the value of a number.
func (t *wordTable) value(number int32) []byte { return t.text[t.ends[number]:t.ends[number+1]] }

// values returns all values as an array, the same one until there are new
// ones. Values that are added later lie behind what it holds.
func (t *wordTable) values() *array.String {
	if t.array == nil {
		t.array = fromBuffers(arrow.BinaryTypes.String, int(t.n), 0, []*memory.Buffer{
			nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(t.ends)), memory.NewBufferBytes(t.text),
		}).(*array.String)
	}
	return t.array
}
