package hist

// Marginal adds up src over its middle index, of so many values:
//
//	dst[o*inner+i] = Σ src[(o*size+k)*inner+i]    for k in 0..size-1
//
// len(src) is outer·size·inner and len(dst) outer·inner. Sums wrap. dst and
// src must not overlap. Cost: 0.5 ns an entry of src.
func Marginal(dst, src []uint64, size, inner int) {
	if inner == 1 {
		for o := range dst {
			sum := uint64(0)
			for _, x := range src[:size] {
				sum += x
			}
			dst[o], src = sum, src[size:]
		}
		return
	}
	for ; len(dst) > 0; dst = dst[inner:] {
		to := dst[:inner]
		copy(to, src)
		for range size - 1 {
			src = src[inner:]
			for i, x := range src[:inner] {
				to[i] += x
			}
		}
		src = src[inner:]
	}
}
