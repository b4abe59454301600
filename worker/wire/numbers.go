package wire

// Numbers asks for the distribution of numeric columns within segments.
type Numbers struct {
	Columns []Number
	Bits    int // of the bins, see partial.BinOf
}

// Number is a numeric column, as whole numbers of its last digit.
type Number struct {
	Column    string
	Digits    int   // after the point that values are rounded to
	Low, High int64 // the smallest and the largest value
}
