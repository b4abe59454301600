package synthetic

import (
	"math"
	"math/bits"
)

// Main effects on the log-odds of responding, in thousandths, by level. They
// act on the values as they stand in the table; a missing one has none,
// unless it says so.
var (
	byJob       = [11]int32{20, -280, -60, -80, 120, 350, 40, -150, 550, 0, 100}
	byMarital   = [4]int32{160, -80, 0, 40}
	byEducation = [4]int32{-180, 0, 20, 190}
	byRegion    = [8]int32{120, 0, -40, 0, 20, 60, 0, -100}
	byHousing   = [2]int32{180, -260}
	byLoan      = [2]int32{50, -300}
	byDefault   = [2]int32{0, -600}
	byCard      = [4]int32{-150, 0, 120, 300}
	byChannel   = [5]int32{-100, -50, 40, 130, 0}
	byContact   = [3]int32{150, 0, 50}
	byMonth     = [12]int32{-50, 80, 650, 250, -350, 0, -120, 0, 500, 550, -80, 450}
	byOutcome   = [4]int32{-120, 50, 150, 1600}
)

const (
	baseLogOdds   = -2810 // makes the base rate about 8 % with all groups planted
	contactHidden = -450  // for rows whose contact is missing
)

func effect(levels []int32, level int32) int32 {
	if level == null {
		return 0
	}
	return levels[level]
}

// logOdds is what the main effects of the traits add up to, in thousandths.
func (c *customer) logOdds() int32 {
	sum := baseLogOdds + effect(byJob[:], c[job]) + byMarital[c[marital]] + effect(byEducation[:], c[education]) +
		byRegion[c[region]] + byHousing[c[housing]] + byLoan[c[loan]] + byDefault[c[inDefault]] + byCard[c[card]] +
		byChannel[c[channel]] + effect(byContact[:], c[contact]) + byMonth[c[month]] + byOutcome[c[previousOutcome]]
	if c[contact] == null {
		sum += contactHidden
	}
	if c[age] < 25 || c[age] > 62 {
		sum += 280
	}
	if c[balance] != null {
		switch {
		case c[balance] < 0:
			sum -= 350
		case c[balance] > 4000:
			sum += 200
		}
	}
	return sum - 90*min(c[campaign]-1, 8)
}

// probabilities holds the logistic function at log-odds from −8 to 8 in steps
// of a thousandth, as multiples of 2⁻³².
var probabilities = func() (p [16001]uint32) {
	for i := range p {
		x := float64(i-8000) / 1000
		p[i] = uint32(math.Round((1 << 32) / (1 + math.Exp(-x))))
	}
	return p
}()

func probability(logOdds int32) uint32 { return probabilities[min(max(logOdds, -8000), 8000)+8000] }

var (
	purchases    = logNormal(1.1)
	sidePurchase = logNormal(1.2)
	spending     = [4]int64{60, 90, 125, 210} // percent by income band
)

// maxRevenue bounds revenue, in hundredths; it is beyond what the tail reaches.
const maxRevenue = 2_000_000_000

// outcome draws whether the customer, who is in what the bits say, responded
// and what he brought, in hundredths, and counts both.
func (g *generator) outcome(k key, c *customer, in uint64, t *tally) (responded, revenue int32) {
	var without, with int32
	percent := int64(100)
	switch g.plant {
	case PlantSegments:
		with, percent = c.inSegment(in), c.spending()
	case PlantClusters:
		with = clusterLogOdds[bits.TrailingZeros64(in)]
	default:
		without, percent = c.logOdds(), c.spending()
		with = without
		for i, effect := range g.effects {
			with += effect * int32(in>>i&1)
		}
	}
	if uint32(k.draw(forResponse)) < probability(with) {
		responded = yes
	}
	revenue = k.revenue(responded, percent)
	t.count(in, responded, revenue, without)
	return responded, revenue
}

// spending returns what a customer of his income brings, in percent.
func (c *customer) spending() int64 {
	if c[income] == null {
		return 100
	}
	return spending[incomeBand(c[income])]
}

// revenue: most who responded buy, few others do, and for less.
func (k key) revenue(responded int32, percent int64) int32 {
	rate, median, sizes := chance(90), int64(40_00), sidePurchase
	if responded == yes {
		rate, median, sizes = chance(850), 380_00, purchases
	}
	if k.draw(forBuying) >= rate {
		return 0
	}
	return int32(min(sizes.times(median*percent/100, k.draw(forRevenue))+100, maxRevenue))
}
