package partial

// Cells are the occupied cells of one crossing of features, ascending by Key.
type Cells struct {
	// Key is the mixed-radix number of the codes: ((c0·r1 + c1)·r2 + c2)…,
	// ri = codes of the i-th crossed feature, missing included; with folds,
	// times 2^Folds plus the row's Fold.
	Key    []uint64
	Counts Counts // in the order of Key
}

// Segments are counts per segment.
type Segments struct {
	All     Counts    // one entry per segment
	Levels  []Counts  // segment → every feature × code, feature-major, as in OpLevels
	Squares []Squares // measure → one entry per segment
}

// Squares are exact 128-bit sums of squared measure values.
type Squares struct {
	Hi, Lo []uint64
}

// Moments are exact sums of squares of given groups.
type Moments struct {
	Measures []Squares // measure → group
}

// Parts are finished part files, one per split.
type Parts struct {
	Files []Part
}

// Part is the content of one part file.
type Part struct {
	Unit     int // index of the split in the table
	Rows     int64
	Bytes    []byte  // a Parquet file
	Segments []int64 // rows per segment
}
