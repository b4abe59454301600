package search

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"

	"github.com/headwater-dev/headwater/coordinator/metric"
)

// By is what groups are ranked by. Below, weight is what the mean divides by:
// the known rows, or a ratio's denominator.
type By string

// The measures of a group. WRAcc is the excess a row: it ranks as Excess does.
const (
	Excess    By = "excess"    // sum − weight × overall mean
	Lift      By = "lift"      // mean / overall mean
	WRAcc     By = "wracc"     // excess / known rows of all
	Binomial  By = "binomial"  // excess / √weight: but for the metric's deviation, z
	ChiSquare By = "chi2"      // χ² of a yes/no metric against all other rows
	SliceLine By = "sliceline" // α (lift − 1) − (1 − α) (rows of all / rows − 1), for errors (Sagadeeva and Boehm, SIGMOD 2021)
)

// Measures are all of them, for people.
var Measures = []By{Excess, Lift, WRAcc, Binomial, ChiSquare, SliceLine}

// Direction is which end is wanted. A group that equals the average has none
// and is never listed.
type Direction string

// The directions.
const (
	Both Direction = ""     // the farthest from the average; of lifts and SliceLine's score, which are no distances, Up
	Up   Direction = "up"   // above the average, the highest first
	Down Direction = "down" // below the average, the lowest first
)

// Rank says which groups are wanted.
type Rank struct {
	By        By
	Direction Direction
	K         int     // how many
	Alpha     float64 // of SliceLine: the weight of the error against the size, in (0, 1]
}

// distance says whether the measure is a distance from the average.
func (r *Rank) distance() bool { return r.By != Lift && r.By != SliceLine }

// scorer computes scores, in floats with their error bounds first and as
// fractions where these do not decide.
type scorer struct {
	groups *Groups
	metric metric.Metric
	all    metric.Value
	rank   Rank
	mean   float64 // of all rows, in the unit of sums
	rows   float64 // known of all
	alpha  *big.Rat
}

func newScorer(g *Groups, m metric.Metric, all metric.Value, rank Rank) (*scorer, error) {
	s := &scorer{groups: g, metric: m, all: all, rank: rank, rows: float64(all.Known)}
	switch rank.Direction {
	case Both, Up, Down:
	default:
		return nil, fmt.Errorf("direction %q is not known: use up or down, or none for both", rank.Direction)
	}
	weight := big.NewInt(all.Known)
	if all.Den != nil {
		weight = all.Den
	}
	if weight.Sign() == 0 {
		return nil, fmt.Errorf("metric %q has no mean: it is known on no row, or its denominators add up to zero", m.Name)
	}
	mean := new(big.Rat).SetFrac(all.Num, weight)
	s.mean, _ = mean.Float64()
	if !slices.Contains(Measures, rank.By) {
		return nil, fmt.Errorf("measure %q is not known: use one of %v", rank.By, Measures)
	}
	switch rank.By {
	case Lift, SliceLine:
		if mean.Sign() <= 0 {
			return nil, fmt.Errorf("metric %q has no lift, its overall mean is not positive: rank by excess", m.Name)
		}
	case ChiSquare:
		if !m.Binary || m.Den >= 0 {
			return nil, fmt.Errorf("chi2 compares rates, and %q is no yes/no metric: rank by binomial", m.Name)
		}
	}
	if m.Den >= 0 && (rank.By == Binomial || rank.By == SliceLine) {
		return nil, fmt.Errorf("%s is not defined for %q, a ratio of sums: rank by excess or lift", rank.By, m.Name)
	}
	if rank.By == SliceLine {
		var ok bool
		if s.alpha, ok = new(big.Rat).SetString(strconv.FormatFloat(rank.Alpha, 'g', -1, 64)); !ok || s.alpha.Sign() <= 0 || s.alpha.Cmp(big.NewRat(1, 1)) > 0 {
			return nil, fmt.Errorf("alpha %v: the weight of the error lies above 0 and is at most 1", rank.Alpha)
		}
		if rank.Direction == Down {
			return nil, fmt.Errorf("sliceline finds where %q is high: leave out the direction, or say up", m.Name)
		}
	}
	return s, nil
}

// roundoff bounds the relative error of the few operations of a score.
const roundoff = 1e-14

// score scores group i; ok is false where it does not lie in the wanted
// direction or its measure is not defined.
func (s *scorer) score(i int) (x score, ok bool) {
	num, numSlack := s.sum(s.metric.Num, i)
	weight, weightSlack := float64(s.known(i)), 0.0
	if s.metric.Den >= 0 {
		weight, weightSlack = s.sum(s.metric.Den, i)
	}
	expected := weight * s.mean
	excess := num - expected
	slack := 4*(numSlack+weightSlack*math.Abs(s.mean)) + 4*roundoff*(math.Abs(num)+math.Abs(expected))
	x.group = i
	switch s.rank.By {
	case Lift, SliceLine:
		if math.Abs(weight) <= weightSlack {
			return x, false
		}
		lift := num / expected
		relative := weightSlack/(math.Abs(weight)-weightSlack) + 4*roundoff
		x.approx = lift - 1
		x.slack = 2*relative*(math.Abs(lift)+1) + 2*numSlack/math.Abs(expected)
		if s.rank.By == SliceLine {
			a, size := s.rank.Alpha, s.rows/weight-1
			x.approx = a*x.approx - (1-a)*size
			x.slack += 8 * roundoff * (lift + size + 2)
		}
	case Binomial, ChiSquare:
		if weight == 0 {
			return x, false
		}
		x.approx, x.slack = excess/math.Sqrt(weight), slack/math.Sqrt(weight)
		if s.rank.By == ChiSquare {
			if weight == s.rows {
				return x, false
			}
			of := s.mean * (1 - s.mean) * (1 - weight/s.rows)
			x.slack = (2*math.Abs(x.approx)*x.slack + x.slack*x.slack + 8*roundoff*x.approx*x.approx) / of
			x.approx = x.approx * math.Abs(x.approx) / of
		}
	default:
		x.approx, x.slack = excess, slack
	}
	switch {
	case s.rank.Direction == Down:
		x.approx = -x.approx
	case s.rank.Direction == Both && s.rank.distance():
		x.approx = math.Abs(x.approx)
	}
	if x.approx > x.slack {
		return x, true
	}
	if x.approx < -x.slack {
		return x, false
	}
	exact, ok := s.exact(i)
	return x, ok && exact.Sign() > 0
}

// exact is the score of group i as a fraction, or a fraction that ascends with
// the score: of Binomial its square with its sign, of χ² a multiple.
func (s *scorer) exact(i int) (x *big.Rat, ok bool) {
	v := s.metric.At(&s.groups.Counts, i)
	weight, allWeight := v.Den, s.all.Den
	if weight == nil {
		weight, allWeight = big.NewInt(v.Known), big.NewInt(s.all.Known)
	}
	switch s.rank.By {
	case Lift, SliceLine:
		if weight.Sign() == 0 {
			return nil, false
		}
		x = new(big.Rat).SetFrac(new(big.Int).Mul(v.Num, allWeight), new(big.Int).Mul(weight, s.all.Num))
		x.Sub(x, big.NewRat(1, 1))
		if s.rank.By == SliceLine {
			size := new(big.Rat).SetFrac(new(big.Int).Sub(allWeight, weight), weight)
			x.Sub(x.Mul(x, s.alpha), size.Mul(size, new(big.Rat).Sub(big.NewRat(1, 1), s.alpha)))
		}
	default:
		if x, ok = s.metric.ExactExcess(v, s.all); !ok {
			return nil, false
		}
		if s.rank.By != Binomial && s.rank.By != ChiSquare {
			break
		}
		if s.rank.By == ChiSquare {
			weight = new(big.Int).Mul(weight, new(big.Int).Sub(allWeight, weight))
		}
		if weight.Sign() == 0 {
			return nil, false
		}
		x.Mul(x, new(big.Rat).Abs(x)).Quo(x, new(big.Rat).SetInt(weight))
	}
	switch {
	case s.rank.Direction == Down:
		x.Neg(x)
	case s.rank.Direction == Both && s.rank.distance():
		x.Abs(x)
	}
	return x, true
}

// value is what is shown of group i.
func (s *scorer) value(i int) float64 {
	v := s.metric.At(&s.groups.Counts, i)
	lift, _ := s.metric.Lift(v, s.all)
	excess, _ := s.metric.Excess(v, s.all)
	weight := s.metric.Weight(v)
	switch s.rank.By {
	case Lift:
		return lift
	case SliceLine:
		return float64(s.rank.Alpha*(lift-1)) - float64((1-s.rank.Alpha)*(s.rows/weight-1))
	case WRAcc:
		return excess / s.rows
	case Binomial:
		return excess / math.Sqrt(weight)
	case ChiSquare:
		return excess * excess / (weight * s.mean * (1 - s.mean) * (1 - weight/s.rows))
	}
	return excess
}

func (s *scorer) sum(measure, i int) (sum, slack float64) {
	c := &s.groups.Counts.Measures[measure].Sum
	hi, lo := math.Ldexp(float64(c.Hi[i]), 32), float64(c.Lo[i])
	return hi + lo, roundoff * (math.Abs(hi) + math.Abs(lo))
}

func (s *scorer) known(i int) int64 {
	if known := s.groups.Counts.Measures[s.metric.Num].Known; known != nil {
		return known[i]
	}
	return s.groups.Counts.N[i]
}
