package source

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"
)

func (l parquetLeaf) decodeInts(v encoding.Values) ([]int64, error) {
	switch {
	case l.physical == format.Int32 && l.form == unsigned:
		return widened[int64](v.Uint32()), nil
	case l.physical == format.Int32:
		return widened[int64](v.Int32()), nil
	}
	values := v.Int64()
	if l.form == unsigned {
		for _, x := range values {
			if x < 0 {
				return nil, fmt.Errorf("value %d is beyond the largest 64-bit integer, %d; convert the column to decimal or text", uint64(x), math.MaxInt64)
			}
		}
	}
	return values, nil
}

// widened converts numbers to a type that holds each of them.
func widened[To int64 | float64, From int32 | uint32 | float32](values []From) []To {
	out := make([]To, len(values))
	for i, x := range values {
		out[i] = To(x)
	}
	return out
}

const (
	microsPerSecond = 1_000_000
	microsPerDay    = 86_400 * microsPerSecond
	julianEpoch     = 2_440_588 // 1970-01-01 as a Julian day
)

func (l parquetLeaf) decodeTimes(v encoding.Values) ([]int64, error) {
	if l.physical == format.Int96 {
		var out []int64
		for _, x := range v.Int96() {
			nanos := int64(uint64(x[1])<<32 | uint64(x[0]))
			out = append(out, (int64(x[2])-julianEpoch)*microsPerDay+floorDiv(nanos, 1000))
		}
		return out, nil
	}
	values := v.Int64()
	switch l.form {
	case millis:
		out := make([]int64, 0, len(values))
		for _, x := range values {
			micros, err := timesChecked(x, 1000)
			if err != nil {
				return nil, err
			}
			out = append(out, micros)
		}
		return out, nil
	case nanos:
		out := make([]int64, 0, len(values))
		for _, x := range values {
			out = append(out, floorDiv(x, 1000))
		}
		return out, nil
	}
	return values, nil
}

// timesChecked returns a time in a coarser unit in microseconds.
func timesChecked(x, perUnit int64) (int64, error) {
	if x > math.MaxInt64/perUnit || x < math.MinInt64/perUnit {
		return 0, fmt.Errorf("time %d is beyond what microseconds in 64 bits can hold", x)
	}
	return x * perUnit, nil
}

// floorDiv divides by a positive number, rounding down: earlier times stay
// earlier on both sides of 1970.
func floorDiv(x, by int64) int64 {
	q := x / by
	if x%by < 0 {
		q--
	}
	return q
}

func (l parquetLeaf) decodeFloats(v encoding.Values) ([]float64, error) {
	switch l.physical {
	case format.Double:
		return v.Double(), nil
	case format.Float:
		return widened[float64](v.Float()), nil
	}
	data, _ := v.FixedLenByteArray()
	var out []float64
	for _, x := range arrow.Float16Traits.CastFromBytes(data) {
		out = append(out, float64(x.Float32()))
	}
	return out, nil
}

func decodeDates(v encoding.Values) ([]int32, error) { return v.Int32(), nil }

func decodeBools(v encoding.Values) ([]bool, error) {
	bits := v.Boolean()
	out := make([]bool, 0, 8*len(bits))
	for _, b := range bits {
		for range 8 {
			out = append(out, b&1 == 1)
			b >>= 1
		}
	}
	return out, nil
}

func (l parquetLeaf) decodeDecimals(v encoding.Values) ([]decimal128.Num, error) {
	switch l.physical {
	case format.Int32:
		return decimals(v.Int32()), nil
	case format.Int64:
		return decimals(v.Int64()), nil
	}
	var out []decimal128.Num
	switch l.physical {
	case format.FixedLenByteArray:
		data, size := v.FixedLenByteArray()
		out = make([]decimal128.Num, 0, len(data)/max(size, 1))
		for ; len(data) >= size && size > 0; data = data[size:] {
			x, err := bigEndian(data[:size])
			if err != nil {
				return nil, err
			}
			out = append(out, x)
		}
	default:
		data, offsets := v.ByteArray()
		out = make([]decimal128.Num, 0, len(offsets))
		for i := 1; i < len(offsets); i++ {
			x, err := bigEndian(data[offsets[i-1]:offsets[i]])
			if err != nil {
				return nil, err
			}
			out = append(out, x)
		}
	}
	return out, nil
}

func decimals[From int32 | int64](values []From) []decimal128.Num {
	out := make([]decimal128.Num, len(values))
	for i, x := range values {
		out[i] = decimal128.FromI64(int64(x))
	}
	return out
}

// bigEndian reads a two's complement number.
func bigEndian(b []byte) (decimal128.Num, error) {
	var full [16]byte
	if len(b) > 0 && b[0]&0x80 != 0 {
		for i := range full {
			full[i] = 0xFF
		}
	}
	for ; len(b) > 16; b = b[1:] {
		if b[0] != full[0] || b[1]&0x80 != full[0]&0x80 {
			return decimal128.Num{}, fmt.Errorf("decimal %X has more than 128 bits", b)
		}
	}
	copy(full[16-len(b):], b)
	return decimal128.New(int64(binary.BigEndian.Uint64(full[:8])), binary.BigEndian.Uint64(full[8:])), nil
}
