package encode

import "encoding/binary"

// UnpackBytes writes the values that are packed in src, width bits each, 1 to 8,
// from the lowest bit on:
//
//	for i := range dst { dst[i] = bits i·width … (i+1)·width − 1 of src }
//
// src holds at least ⌈len(dst)·width/8⌉ bytes. Eight values at a time are spread
// over the bytes of a word by three shifts. About 0.2 ns a value.
func UnpackBytes(dst []uint8, src []byte, width int) {
	if width == 8 {
		copy(dst, src)
		return
	}
	s := newSpread(width)
	w := width & 7
	for len(dst) >= 8 && len(src) >= 8 {
		binary.LittleEndian.PutUint64(dst, s.of(binary.LittleEndian.Uint64(src)))
		dst, src = dst[8:], src[w:]
	}
	for len(dst) > 0 {
		var in, out [8]byte
		copy(in[:], src)
		binary.LittleEndian.PutUint64(out[:], s.of(binary.LittleEndian.Uint64(in[:])))
		n := copy(dst, out[:])
		dst, src = dst[n:], src[min(w, len(src)):]
	}
}

// spread brings eight values of a width below 8 into the bytes of a word.
type spread struct {
	half, quarter, one uint64 // masks of the low 4, 2, 1 values in each 8, 4, 2 bytes
	width              uint
}

func newSpread(width int) spread {
	m := uint64(1)<<width - 1
	return spread{
		half:    1<<(4*width) - 1,
		quarter: (m<<width | m) * 0x0000000100000001,
		one:     m * 0x0001000100010001,
		width:   uint(width),
	}
}

func (s spread) of(x uint64) uint64 {
	x = x&s.half | x>>(4*s.width&63)&s.half<<32
	x = x&s.quarter | x>>(2*s.width&63)&s.quarter<<16
	return x&s.one | x>>(s.width&63)&s.one<<8
}

// UnpackInts is UnpackBytes for widths of 1 to 32. About 0.8 ns a value.
func UnpackInts(dst []int32, src []byte, width int) {
	mask, bit := uint64(1)<<width-1, 0
	for i := range dst {
		at := bit >> 3
		if len(src)-at < 8 {
			unpackLast(dst[i:], src, bit, width)
			return
		}
		dst[i] = int32(binary.LittleEndian.Uint64(src[at:]) >> (bit & 7) & mask)
		bit += width
	}
}

// unpackLast is UnpackInts where fewer than eight bytes are left.
func unpackLast(dst []int32, src []byte, bit, width int) {
	for i := range dst {
		var in [8]byte
		copy(in[:], src[bit>>3:])
		dst[i] = int32(binary.LittleEndian.Uint64(in[:]) >> (bit & 7) & (1<<width - 1))
		bit += width
	}
}

// AllBelow reports whether every byte is below limit, 1 to 256. Eight bytes at a
// time: the top bit of each byte is set by an addition where it is not.
func AllBelow(values []uint8, limit int) bool {
	const top, ones = 0x8080808080808080, 0x0101010101010101
	if limit > 255 {
		return true
	}
	var over uint64
	i := 0
	if limit <= 128 {
		for ; i+8 <= len(values); i += 8 {
			x := binary.LittleEndian.Uint64(values[i:])
			over |= (x&^top + uint64(128-limit)*ones) | x
		}
	} else {
		for ; i+8 <= len(values); i += 8 {
			x := binary.LittleEndian.Uint64(values[i:])
			over |= (x&^top + uint64(256-limit)*ones) & x
		}
	}
	if over&top != 0 {
		return false
	}
	for _, v := range values[i:] {
		if int(v) >= limit {
			return false
		}
	}
	return true
}
