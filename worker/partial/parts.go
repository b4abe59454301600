package partial

// Parts are finished part files, one per split.
type Parts struct {
	Files   []Part
	Numbers *Numbers // of all their rows; nil where none were asked for
}

// Part is one part file. Its content stands where workers leave parts, see
// Left, or comes along where its writer could not reach that place.
type Part struct {
	Unit     int // index of the split in the table
	Rows     int64
	Left     *Left     // nil = Bytes holds the content
	Bytes    []byte    // a Parquet file
	Segments []int64   // rows per segment
	Levels   [][]int64 // feature that decides, ascending → code → rows
}

// Left is a whole and durable file that nobody sees yet: it counts once the
// coordinator has taken it, and can be thrown away until then.
type Left struct {
	Name   string // a name that no other assignment uses
	Bytes  int64
	SHA256 string // hexadecimal

	// Of a bucket: the upload that waits to be completed, and its pieces in order.
	Upload string
	ETags  []string
}
