// Package partial holds the mergeable aggregates that workers answer with.
// Everything in them is an integer, and merging is associative and
// commutative, so that results do not depend on how the rows were cut.
package partial

// Sums are exact sums of int64 values that may exceed 64 bits: the i-th sum is
// Hi[i]·2³² + Lo[i], with 0 ≤ Lo[i] < 2⁶³ over up to 2³¹ added int64 values.
type Sums struct {
	Hi, Lo []int64
}

// Counts are the counts and sums of a list of groups, in an order that the op
// defines.
type Counts struct {
	N        []int64
	Measures []MeasureCounts // one per Plan.Measures
}

// MeasureCounts are one measure's part of Counts.
type MeasureCounts struct {
	Known []int64 // rows on which the measure is known; nil = equal to N
	Sum   Sums
}
