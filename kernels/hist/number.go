package hist

import "encoding/binary"

// numberGeneric sets the first lanes of n to the numbers of so many rows; what
// is left of the last eight is undefined.
func numberGeneric(n []uint64, codes [][]uint8, sizes []int, from, rows int) {
	for f := range codes {
		row, size := codes[f][from:][:rows], uint64(sizes[f])
		if f == 0 {
			size = 0 // nothing is there yet
		}
		words := rows / 8
		dst := n[:2*words]
		for i := 0; i+1 < len(dst); i += 2 {
			x := binary.LittleEndian.Uint64(row[4*i:])
			dst[i] = dst[i]*size + lanes(uint32(x))
			dst[i+1] = dst[i+1]*size + lanes(uint32(x>>32))
		}
		if left := row[8*words:]; len(left) > 0 {
			var last [8]uint8
			copy(last[:], left)
			dst := n[2*words:][:2]
			dst[0] = dst[0]*size + lanes(binary.LittleEndian.Uint32(last[:]))
			dst[1] = dst[1]*size + lanes(binary.LittleEndian.Uint32(last[4:]))
		}
	}
}

// lanes spreads four bytes to 16 bits each.
func lanes(x uint32) uint64 {
	y := (uint64(x) | uint64(x)<<16) & 0x0000ffff0000ffff
	return (y | y<<8) & 0x00ff00ff00ff00ff
}
