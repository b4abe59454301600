package partial

// Cells are the occupied cells of one crossing of features, ascending by Key.
type Cells struct {
	// Key is the mixed-radix number of the codes: ((c0·r1 + c1)·r2 + c2)…,
	// ri = codes of the i-th crossed feature, missing included; with folds,
	// times 2^Folds plus the row's Fold.
	Key    []uint64
	Counts Counts // in the order of Key
}
