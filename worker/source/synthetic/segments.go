package synthetic

import (
	"math"
	"math/bits"
)

// test holds of the customers whose trait has one of the values.
type test struct {
	trait  int
	values []int32
}

// segment is the customers who pass all tests. Their log-odds of responding are
// those of the rate, and a quarter of the main effects.
type segment struct {
	name   string
	weight int     // of 1000 customers
	rate   float64 // of a customer without any main effect
	tests  []test
	levels [len(typical)]*pick // how frequent the outcomes of typical traits are, within the tests
}

// typical are the traits that the segments test or are told apart by. They are
// text and numbers of few values, so that binning keeps their bounds, and
// describe the customer rather than the contact.
var typical = [...]struct {
	trait    int
	outcomes []int32
}{
	{card, []int32{none, classic, gold, platinum}},
	{housing, []int32{no, yes}},
	{loan, []int32{no, yes}},
	{cityTier, []int32{1, 2, 3, 4}},
	{education, []int32{primary, secondary, vocational, tertiary, null}},
}

// The values that the segments' tests speak of.
var (
	modest    = []int32{none, classic}
	elsewhere = []int32{2, 3, 4}
	schooled  = []int32{primary, secondary, null}
	trained   = []int32{vocational, tertiary}
)

// segments are the leaves of a tree: everybody is in exactly one.
var segments = [7]segment{
	{
		"platinum", 60, 0.86,
		[]test{{card, []int32{platinum}}},
		[...]*pick{of(0, 0, 0, 1), of(30, 70), of(90, 10), of(55, 25, 12, 8), of(2, 10, 13, 75, 0)},
	},
	{
		"gold with a house", 130, 0.24,
		[]test{{card, []int32{gold}}, {housing, []int32{yes}}},
		[...]*pick{of(0, 0, 1, 0), of(0, 1), of(90, 10), of(15, 35, 30, 20), of(10, 35, 30, 20, 5)},
	},
	{
		"gold without a house", 100, 0.68,
		[]test{{card, []int32{gold}}, {housing, []int32{no}}},
		[...]*pick{of(0, 0, 1, 0), of(1, 0), of(92, 8), of(60, 20, 12, 8), of(5, 25, 20, 46, 4)},
	},
	{
		"borrowers", 160, 0.48,
		[]test{{card, modest}, {loan, []int32{yes}}},
		[...]*pick{of(35, 65, 0, 0), of(25, 75), of(0, 1), of(15, 25, 30, 30), of(25, 43, 20, 7, 5)},
	},
	{
		"big cities", 150, 0.12,
		[]test{{card, modest}, {loan, []int32{no}}, {cityTier, []int32{1}}},
		[...]*pick{of(40, 60, 0, 0), of(70, 30), of(1, 0), of(1, 0, 0, 0), of(10, 40, 15, 32, 3)},
	},
	{
		"schooled", 250, 0.04,
		[]test{{card, modest}, {loan, []int32{no}}, {cityTier, elsewhere}, {education, schooled}},
		[...]*pick{of(45, 55, 0, 0), of(40, 60), of(1, 0), of(0, 20, 35, 45), of(35, 58, 0, 0, 7)},
	},
	{
		"trained", 150, 0.33,
		[]test{{card, modest}, {loan, []int32{no}}, {cityTier, elsewhere}, {education, trained}},
		[...]*pick{of(15, 85, 0, 0), of(55, 45), of(1, 0), of(0, 40, 35, 25), of(0, 0, 60, 40, 0)},
	},
}

// segmentTraits is how many traits, from the first, the segments need.
const segmentTraits = card + 1

// makeMember draws a bank customer and gives him what is typical of a segment.
func (c *customer) makeMember(k key, of int) {
	c.make(k)
	for i, t := range typical {
		c[t.trait] = t.outcomes[segments[of].levels[i].at(k.draw(forTypical+uint64(i)))]
	}
}

// mainEffectShare divides the main effects within segments.
const mainEffectShare = 4

// Log-odds of the rates of segments and clusters, in thousandths.
var segmentLogOdds, clusterLogOdds = func() (s [len(segments)]int32, c [len(clusters)]int32) {
	thousandths := func(rate float64) int32 { return int32(math.Round(1000 * math.Log(rate/(1-rate)))) }
	for i := range segments {
		s[i] = thousandths(segments[i].rate)
	}
	for i := range clusters {
		c[i] = thousandths(clusters[i].rate)
	}
	return s, c
}()

// inSegment returns the log-odds of a customer of the segment whose bit is set.
func (c *customer) inSegment(in uint64) int32 {
	return segmentLogOdds[bits.TrailingZeros64(in)] + (c.logOdds()-baseLogOdds)/mainEffectShare
}
