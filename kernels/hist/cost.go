package hist

import "math"

// What joint histograms cost on one core of an x86 server of 2.9 GHz, in ns.
// Like bitset.WordCost these are for choosing between ways to count the same
// thing, and constants, so that the choice repeats itself.
const (
	takeCost     = 1.0 // an entry read and cleared
	marginalCost = 3.0 // … added up to marginals, of which a histogram has several
)

// codeCosts are what numbering takes for a row and feature on each path.
var codeCosts = [...]float64{0.15, 0.03, 0.02}

// RowCost returns what Joint, or JointWeighted, takes for a row of so many
// features and combinations: the more, the larger the table, once it exceeds
// the L1 cache. inTurn says that there are four tables.
func RowCost(features int, cells float64, inTurn, weighted bool) float64 {
	cost, bytes := 0.4, 4*cells
	if weighted {
		cost, bytes = 0.6, 8*cells
	}
	if inTurn {
		cost, bytes = cost+0.1, 4*bytes
	}
	if bytes > 1<<15 {
		cost += 0.07 * math.Log2(bytes/(1<<15))
	}
	if bytes > 1<<17 {
		cost += 0.25 * math.Log2(bytes/(1<<17))
	}
	return cost + float64(features)*codeCosts[path]
}

// CellCost returns what it takes to empty a table for each combination, once
// all rows are in it.
func CellCost(inTurn bool) float64 {
	if inTurn {
		return 4*takeCost + marginalCost
	}
	return takeCost + marginalCost
}
