package hist

// Joint histograms count the combinations of several features in one pass over
// the rows of a block. Codes stand as lanes: four rows a word, row i in the 16
// bits from 16·(i%4) of word i/4. Combinations are numbered by Nest, so that
// one multiplication and one addition serve four rows.

// Counts is a joint histogram in four tables, of which row i adds to table
// i%4: rows in a row that are alike would otherwise wait for each other's
// addition. The count of cell c is the sum of the four.
type Counts [1 << 16][4]uint32

// Totals is Counts with a sum in place of a count.
type Totals [1 << 16][4]uint64

// Nest numbers combinations by one more feature:
//
//	dst[i] = outer[i]*size + inner[i]
//
// in every lane, where size exceeds every lane of inner. No lane of the result
// may exceed 65,535. All are equally long; dst may be outer.
func Nest(dst, outer []uint64, size uint64, inner []uint64) {
	outer, inner = outer[:len(dst)], inner[:len(dst)]
	for i := range dst {
		dst[i] = outer[i]*size + inner[i]
	}
}

// Joint counts the combinations Nest(outer, size, inner) of so many rows:
//
//	for i := range rows { tables[combination of row i][i%4]++ }
//
// Cost: 0.33–0.39 ns a row, whatever the number of combinations up to 1,728;
// 0.47 ns where 19 in 20 rows are of one level.
func Joint(tables *Counts, rows int, outer []uint64, size uint64, inner []uint64) {
	words := rows / 4
	inner = inner[:len(outer)]
	for i, o := range outer[:words] {
		x := o*size + inner[i]
		tables[uint16(x)][0]++
		tables[uint16(x>>16)][1]++
		tables[uint16(x>>32)][2]++
		tables[uint16(x>>48)][3]++
	}
	for k := range rows % 4 {
		tables[uint16((outer[words]*size+inner[words])>>(16*k))][k]++
	}
}

// JointWeighted is Joint adding weights[i] in place of 1 for every row i there
// is a weight for. Cost: 0.47–0.54 ns a row.
func JointWeighted(tables *Totals, weights, outer []uint64, size uint64, inner []uint64) {
	words := len(weights) / 4
	inner = inner[:len(outer)]
	for i, o := range outer[:words] {
		x, w := o*size+inner[i], (*[4]uint64)(weights[4*i:])
		tables[uint16(x)][0] += w[0]
		tables[uint16(x>>16)][1] += w[1]
		tables[uint16(x>>32)][2] += w[2]
		tables[uint16(x>>48)][3] += w[3]
	}
	for k, w := range weights[4*words:] {
		tables[uint16((outer[words]*size+inner[words])>>(16*k))][k] += w
	}
}

// Take moves the counts of the first len(dst) combinations to dst and clears
// them. Cost: 1 ns a combination.
func (t *Counts) Take(dst []uint64) {
	for i := range dst {
		c := &t[i]
		dst[i] = uint64(c[0]) + uint64(c[1]) + uint64(c[2]) + uint64(c[3])
		*c = [4]uint32{}
	}
}

// Take moves the sums of the first len(dst) combinations to dst and clears
// them. They wrap. Cost: 1 ns a combination.
func (t *Totals) Take(dst []uint64) {
	for i := range dst {
		c := &t[i]
		dst[i] = c[0] + c[1] + c[2] + c[3]
		*c = [4]uint64{}
	}
}
