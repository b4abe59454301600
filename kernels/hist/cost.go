package hist

// What joint histograms cost on one core of an x86 server of 2.9 GHz, in ns.
// Like bitset.WordCost they are for choosing between ways to count the same
// thing, and constants, so that the choice repeats itself.
const (
	RowCost         = 0.36 // Joint: a row
	WeightedRowCost = 0.5  // JointWeighted: a row
	CellCost        = 2.2  // either: a combination taken out of the tables and added to where it belongs
)
