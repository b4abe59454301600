package encoder

import (
	"math"
	"strconv"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// foldShare is the share of rows whose bit is set, in 4096ths: 0.3.
const foldShare = 1229

// FoldBits returns the five held-out bits of a hash: independent, each set
// with probability 1229/4096 = 0.300.
func FoldBits(hash uint64) uint8 {
	// Fields of 12 bits, every other one, each below a bit that a subtraction
	// takes away where the field is below foldShare.
	const fields, above = 0xFFF000FFF000FFF, 1<<12 | 1<<36 | 1<<60
	const shares = foldShare | foldShare<<24 | foldShare<<48
	even := ^((hash&fields | above) - shares)              // fields 0, 2, 4
	odd := ^((hash>>12&fields&(1<<36-1) | above) - shares) // fields 1, 3
	return uint8(even>>12&1 | odd>>11&2 | even>>34&4 | odd>>33&8 | even>>56&16)
}

// ConfirmShare is the share of rows in the part Confirmation, in 4096ths: 0.4.
const ConfirmShare = 1638

// PartBits returns the part of a row from its hash, independent of FoldBits.
func PartBits(hash uint64, sampled bool) uint8 {
	hash = mix(hash)
	part := uint8((hash&4095-ConfirmShare)>>63) * Confirmation
	if sampled && hash>>12&7 == 0 {
		part |= Sample
	}
	return part
}

// HashOrdinal returns hash(seed, key) of a row without an id: of its global
// ordinal. All random choices about a row come from this or HashKey.
func HashOrdinal(seed uint64, ordinal int64) uint64 {
	return mix(Start(seed) + uint64(ordinal))
}

// Rehash returns another hash of a row, independent of its bits elsewhere, for
// a random choice that is told from others by its salt.
func Rehash(hash, salt uint64) uint64 { return mix(mix(salt^0x6b6d65616e73) ^ hash) }

// Start is what the ordinal is added to.
func Start(seed uint64) uint64 { return mix(seed + 1) }

// mix is the finalizer of splitmix64 after its increment.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// HashKey returns hash(seed, key) of a row with an id, given as text: that of a
// row whose ordinal is the FNV-1a hash of the text, so that SQL can say which
// part a customer is in (see coordinator/proof). About 1 ns a byte.
func HashKey[T string | []byte](seed uint64, id T) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return HashOrdinal(seed, int64(h))
}

// split writes the fold bits and the part of the rows of a batch; key is nil
// where there is no id column. A row without an id goes by its ordinal.
func split(dst *Rows, key arrow.Array, plan *Plan, first int64) {
	hash := hasher(key, plan.Seed)
	for i := range dst.Fold {
		h := HashOrdinal(plan.Seed, first+int64(i))
		if key != nil && !key.IsNull(i) {
			h = hash(i)
		}
		dst.Fold[i], dst.Part[i] = FoldBits(h), PartBits(h, plan.Sampled)
		if plan.Clustered {
			dst.Hash[i] = h
		}
	}
}

// hasher returns the function that hashes the i-th id.
func hasher(key arrow.Array, seed uint64) func(i int) uint64 {
	if a, ok := key.(*array.Dictionary); ok {
		entry := hasher(a.Dictionary(), seed)
		return func(i int) uint64 { return entry(a.GetValueIndex(i)) }
	}
	if a, ok := key.(*array.String); ok {
		return func(i int) uint64 { return HashKey(seed, a.Value(i)) }
	}
	var buf []byte
	return func(i int) uint64 {
		buf = appendKey(buf[:0], key, i)
		return HashKey(seed, buf)
	}
}

// appendKey writes the i-th id, which is no text, as text: whole numbers as
// decimals, whatever their type; other numbers with 17 digits; timestamps as
// microseconds since 1970; dates and truth values as they are printed.
func appendKey(dst []byte, key arrow.Array, i int) []byte {
	switch a := key.(type) {
	case *array.Int64:
		return strconv.AppendInt(dst, a.Value(i), 10)
	case *array.Timestamp:
		return strconv.AppendInt(dst, int64(a.Value(i)), 10)
	case *array.Float64:
		v := a.Value(i)
		if v == math.Trunc(v) && math.Abs(v) < 1<<63 {
			return strconv.AppendInt(dst, int64(v), 10)
		}
		return strconv.AppendFloat(dst, v, 'e', 16, 64)
	case *array.Decimal128:
		return append(dst, a.Value(i).ToString(a.DataType().(*arrow.Decimal128Type).Scale)...)
	}
	return append(dst, key.ValueStr(i)...)
}
