// Package agreement measures how far two ways of putting the same customers
// into groups agree.
package agreement

import "math/big"

// AdjustedRand returns the adjusted Rand index (Hubert and Arabie 1985) of two
// partitions: 1 where they are the same, about 0 where they have nothing to do
// with each other. Counts holds the customers by group of the one (rows) and
// the other (columns). It is computed exactly and rounded once. Two partitions
// that both leave everybody together, or everybody alone, are the same.
func AdjustedRand(counts []int64, columns int) float64 {
	if columns < 1 {
		return 1
	}
	both, inRows, inColumns := new(big.Int), new(big.Int), new(big.Int)
	column := make([]int64, columns)
	var all int64
	for at := 0; at < len(counts); at += columns {
		var row int64
		for i, n := range counts[at : at+columns] {
			row += n
			column[i] += n
			both.Add(both, pairs(n))
		}
		inRows.Add(inRows, pairs(row))
		all += row
	}
	for _, n := range column {
		inColumns.Add(inColumns, pairs(n))
	}
	// (both − e) / ((rows + columns)/2 − e) with e = rows·columns/pairs, times 2·pairs.
	total := pairs(all)
	expected := new(big.Int).Mul(inRows, inColumns)
	num := new(big.Int).Mul(both, total)
	num.Sub(num, expected).Lsh(num, 1)
	den := new(big.Int).Add(inRows, inColumns)
	den.Mul(den, total).Sub(den, new(big.Int).Lsh(expected, 1))
	if den.Sign() == 0 {
		return 1
	}
	index, _ := new(big.Rat).SetFrac(num, den).Float64()
	return index
}

// pairs returns n(n − 1)/2.
func pairs(n int64) *big.Int {
	p := new(big.Int).Mul(big.NewInt(n), big.NewInt(n-1))
	return p.Rsh(p, 1)
}
