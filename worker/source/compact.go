package source

// Compact asks a reader, before its first Next, to deliver columns as the file
// holds them where that takes less memory and time: columns of every type as
// dictionaries of that type, for as long as the file has a dictionary, and the
// indexes of a dictionary of at most 256 entries as Uint8 in place of Int32.
// Batches of a column may be of either kind. Readers of files that hold nothing
// like it deliver what they always do.
func Compact(r Reader) {
	if c, ok := r.(interface{ compact() }); ok {
		c.compact()
	}
}
