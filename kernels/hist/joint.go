package hist

// Joint histograms count the combinations of several features in one pass over
// rows. A combination is numbered with the features as digits, the first one
// the highest:
//
//	number of row i = (codes[0][i]*sizes[1] + codes[1][i])*sizes[2] + codes[2][i] …
//
// Every code is below its feature's size, and the sizes' product is at most
// 65,536; there are 1 to JointFeatures features, with as many codes each.
//
// One table is quickest where no combination has many of the rows. Rows in a
// row that are alike wait for each other's addition, so where one has, four
// tables are taken in turn: row i adds to table i%4, and combination c has the
// sum of the four.

// JointFeatures is how many features a joint histogram has at most.
const JointFeatures = 8

// Tables of counts, and of sums of weights.
type (
	Counts     [1 << 16]uint32
	TurnCounts [1 << 16][4]uint32
	Totals     [1 << 16]uint64
	TurnTotals [1 << 16][4]uint64
)

// numbers are the numbers of some rows as lanes: four a word, row i in the 16
// bits from 16·(i%4) of word i/4. They stay in the L1 cache beside a table.
type numbers [numbered / 4]uint64

const numbered = 1024

// Joint adds 1 to the table for every row. Cost: RowCost and, for each
// feature, CodeCost a row.
func Joint(table *Counts, codes [][]uint8, sizes []int) {
	var room numbers
	for from := 0; from < len(codes[0]); from += numbered {
		rows := room.set(codes, sizes, from)
		for _, x := range room[:rows/4] {
			table[uint16(x)]++
			table[uint16(x>>16)]++
			table[uint16(x>>32)]++
			table[uint16(x>>48)]++
		}
		for i := rows &^ 3; i < rows; i++ {
			table[room.at(i)]++
		}
	}
}

// JointInTurn is Joint with four tables.
func JointInTurn(table *TurnCounts, codes [][]uint8, sizes []int) {
	var room numbers
	for from := 0; from < len(codes[0]); from += numbered {
		rows := room.set(codes, sizes, from)
		for _, x := range room[:rows/4] {
			table[uint16(x)][0]++
			table[uint16(x>>16)][1]++
			table[uint16(x>>32)][2]++
			table[uint16(x>>48)][3]++
		}
		for i := rows &^ 3; i < rows; i++ {
			table[room.at(i)][i%4]++
		}
	}
}

// JointWeighted is Joint adding weights[i] in place of 1. Sums wrap. Cost:
// WeightedRowCost in place of RowCost.
func JointWeighted(table *Totals, codes [][]uint8, sizes []int, weights []uint64) {
	var room numbers
	for from := 0; from < len(codes[0]); from += numbered {
		rows := room.set(codes, sizes, from)
		for k, x := range room[:rows/4] {
			w := (*[4]uint64)(weights[from+4*k:])
			table[uint16(x)] += w[0]
			table[uint16(x>>16)] += w[1]
			table[uint16(x>>32)] += w[2]
			table[uint16(x>>48)] += w[3]
		}
		for i := rows &^ 3; i < rows; i++ {
			table[room.at(i)] += weights[from+i]
		}
	}
}

// JointWeightedInTurn is JointWeighted with four tables.
func JointWeightedInTurn(table *TurnTotals, codes [][]uint8, sizes []int, weights []uint64) {
	var room numbers
	for from := 0; from < len(codes[0]); from += numbered {
		rows := room.set(codes, sizes, from)
		for k, x := range room[:rows/4] {
			w := (*[4]uint64)(weights[from+4*k:])
			table[uint16(x)][0] += w[0]
			table[uint16(x>>16)][1] += w[1]
			table[uint16(x>>32)][2] += w[2]
			table[uint16(x>>48)][3] += w[3]
		}
		for i := rows &^ 3; i < rows; i++ {
			table[room.at(i)][i%4] += weights[from+i]
		}
	}
}

// set numbers the rows from a row on, as many as there is room for, and returns
// how many.
func (n *numbers) set(codes [][]uint8, sizes []int, from int) int {
	rows := min(numbered, len(codes[0])-from)
	number(n, codes, sizes, from, rows)
	return rows
}

func (n *numbers) at(i int) uint16 { return uint16(n[i/4] >> (16 * (i % 4))) }
