package encoder

// Offsets says where each feature's codes begin in a list of every feature ×
// code, feature-major: code c of feature f is entry Offsets[f]+c. One more
// entry, the last, is the length of the list, and the index of the entry for
// all rows that wire.OpLevels puts after it.
func Offsets(features []Feature) []int {
	offsets := make([]int, len(features)+1)
	for f := range features {
		offsets[f+1] = offsets[f] + features[f].Codes()
	}
	return offsets
}
