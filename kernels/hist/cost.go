package hist

import "math"

// What joint histograms cost on one core of an x86 server of 2.9 GHz with an L1
// cache of 48 KiB, in ns. Like bitset.WordCost these are for choosing between
// ways to count the same thing, and constants, so that the choice repeats itself.
const (
	countCost  = 0.34 // a row added to a table of counts that stays in the L1 cache
	weightCost = 0.58 // … of sums
	turnCost   = 0.04 // more with four tables
	doubleCost = 0.2  // more for every time that the table doubles beyond l1Bytes
	l1Bytes    = 42_000

	takeCost     = 1.0 // an entry read and cleared
	marginalCost = 3.0 // … added up to marginals, of which a histogram has several
)

// codeCosts are what numbering takes for a row and feature on each path.
var codeCosts = [...]float64{0.25, 0.03, 0.02}

// RowCost returns what Joint, or JointWeighted, takes for a row of so many
// features and combinations. inTurn says that there are four tables.
func RowCost(features int, cells float64, inTurn, weighted bool) float64 {
	cost, bytes := countCost, 4*cells
	if weighted {
		cost, bytes = weightCost, 8*cells
	}
	if inTurn {
		cost, bytes = cost+turnCost, 4*bytes
	}
	return cost + doubleCost*max(0, math.Log2(bytes/l1Bytes)) + float64(features)*codeCosts[path]
}

// CellCost returns what it takes to empty a table for each combination, once
// all rows are in it.
func CellCost(inTurn bool) float64 {
	if inTurn {
		return 4*takeCost + marginalCost
	}
	return takeCost + marginalCost
}
