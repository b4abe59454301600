package encoder

import (
	"fmt"
	"strconv"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/zeebo/xxh3"
)

// foldShare is the share of rows whose bit is set, in 4096ths: 0.3.
const foldShare = 1229

// FoldBits returns the five held-out bits of a hash: independent, each set
// with probability 1229/4096 = 0.300.
func FoldBits(hash uint64) uint8 {
	var bits uint64
	for i := range Folds {
		bits |= (hash>>(12*i)&4095 - foldShare) >> 63 << i // the sign: no branch to mispredict
	}
	return uint8(bits)
}

// HashOrdinal returns hash(seed, key) of a row without an id: of its global
// ordinal. All random choices about a row come from this or HashKey.
func HashOrdinal(seed uint64, ordinal int64) uint64 {
	return mix(mix(seed+1) + uint64(ordinal))
}

// mix is the finalizer of splitmix64 after its increment.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// HashKey returns hash(seed, key) of a row with an id, given as text.
func HashKey(seed uint64, id string) uint64 { return xxh3.HashStringSeed(id, seed) }

// folds writes the bits of the rows of a batch; key is nil where there is no
// id column. A row without an id goes by its ordinal.
func folds(dst []uint8, key arrow.Array, seed uint64, first int64) error {
	var buf []byte
	for i := range dst {
		ordinal := first + int64(i)
		if key == nil || key.IsNull(i) {
			dst[i] = FoldBits(HashOrdinal(seed, ordinal))
			continue
		}
		var h uint64
		switch a := key.(type) {
		case *array.String:
			h = HashKey(seed, a.Value(i))
		case *array.Dictionary:
			values, ok := a.Dictionary().(*array.String)
			if !ok {
				return fmt.Errorf("a dictionary of %s cannot be an id", a.Dictionary().DataType())
			}
			h = HashKey(seed, values.Value(a.GetValueIndex(i)))
		case *array.Int64:
			buf = strconv.AppendInt(buf[:0], a.Value(i), 10)
			h = xxh3.HashSeed(buf, seed)
		default:
			h = HashKey(seed, key.ValueStr(i))
		}
		dst[i] = FoldBits(h)
	}
	return nil
}
