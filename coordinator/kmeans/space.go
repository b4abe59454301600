package kmeans

import (
	"fmt"
	"maps"
	"slices"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Space is what rows are points of: the plan's coordinates, and features
// one-hot.
type Space struct {
	Plan   *encoder.Plan
	OneHot []wire.OneHot
	codes  int // of all one-hot features

	lacking []bool // feature of the plan → some customer has no value
}

// NewSpace makes the space of a plan's coordinates and of features one-hot.
// Levels are the counts of wire.OpLevels.
//
// A one-hot feature with level shares P weighs 1/max(Σ P(1 − P), ½). So one of
// levels that are spread out has the variance 1, as a standardised coordinate;
// one that is dominated by a level has less, so that rare levels do not become
// clusters for their rarity.
func NewSpace(plan *encoder.Plan, features []int, levels *partial.Counts, weights map[string]float64) (*Space, []string) {
	s := &Space{Plan: plan}
	var notes []string
	offsets := encoder.Offsets(plan.Features)
	rows := float64(levels.N[len(levels.N)-1])
	for f := range plan.Features {
		s.lacking = append(s.lacking, levels.N[offsets[f]+encoder.Missing] > 0)
	}
	for _, f := range features {
		spread := 0.0
		for _, n := range levels.N[offsets[f]:offsets[f+1]] {
			p := float64(n) / rows
			spread += float64(p * (1 - p))
		}
		if spread == 0 {
			notes = append(notes, fmt.Sprintf("%s is left out: every customer has the same level", plan.Features[f].Name))
			continue
		}
		weight := 1 / max(spread, 0.5)
		if w, ok := weights[plan.Features[f].Column]; ok {
			weight *= w
		}
		s.OneHot = append(s.OneHot, wire.OneHot{Feature: f, Weight: weight})
		s.codes += plan.Features[f].Codes()
	}
	return s, notes
}

func (s *Space) dims() int { return len(s.Plan.Coordinates) }

// point is a place in the space that a row could have.
type point struct {
	places []float64
	codes  []uint8
	weight float64 // rows
}

// distance returns the squared distance of two points.
func (s *Space) distance(a, b *point) float64 {
	sum := 0.0
	for j := range a.places {
		d := a.places[j] - b.places[j]
		sum += float64(s.Plan.Coordinates[j].Weight * float64(d*d))
	}
	for g, o := range s.OneHot {
		if a.codes[g] != b.codes[g] {
			sum += 2 * o.Weight
		}
	}
	return sum
}

// centres makes centres of points.
func (s *Space) centres(points []*point) wire.Centres {
	c := wire.Centres{K: len(points), Shares: make([]float64, len(points)*s.codes)}
	for k, p := range points {
		c.Places = append(c.Places, p.places...)
		at := k * s.codes
		for g, o := range s.OneHot {
			c.Shares[at+int(p.codes[g])] = 1
			at += s.Plan.Features[o.Feature].Codes()
		}
	}
	return c
}

// means returns the means of clusters, none of which is empty.
func (s *Space) means(run *partial.LloydRun) wire.Centres {
	c := wire.Centres{K: len(run.N), Places: make([]float64, len(run.Sum)), Shares: make([]float64, len(run.Levels))}
	for i, x := range run.Sum {
		c.Places[i] = float64(x) / float64(run.N[i/s.dims()])
	}
	for i, n := range run.Levels {
		c.Shares[i] = float64(n) / float64(run.N[i/s.codes])
	}
	return c
}

// total is the sum of squared distances of rows from the mean of all.
type total struct {
	n       int64
	squares []float64 // coordinate: Σx²
	within  float64   // of all rows as one cluster
}

// inertia returns the sum of squared distances of the rows from the means of
// their clusters.
func (s *Space) inertia(t *total, run *partial.LloydRun) float64 {
	sum := 0.0
	for j := range s.dims() {
		rest := t.squares[j]
		for k, n := range run.N {
			if n > 0 {
				x := float64(run.Sum[k*s.dims()+j])
				rest -= float64(x*x) / float64(n)
			}
		}
		sum += float64(s.Plan.Coordinates[j].Weight * max(rest, 0))
	}
	at := 0
	for _, o := range s.OneHot {
		codes := s.Plan.Features[o.Feature].Codes()
		rest := float64(t.n)
		for k, n := range run.N {
			if n == 0 {
				continue
			}
			squares := 0.0
			for _, m := range run.Levels[k*s.codes+at:][:codes] {
				squares += float64(float64(m) * float64(m))
			}
			rest -= squares / float64(n)
		}
		sum += float64(o.Weight * max(rest, 0))
		at += codes
	}
	return sum
}

// totalOf makes a total of the sums over some rows and their level counts,
// which are those of a run of one cluster.
func (s *Space) totalOf(places *partial.Places, run *partial.LloydRun) total {
	t := total{n: places.N}
	for j := range s.dims() {
		x, _ := places.Squares.Big(j).Float64()
		t.squares = append(t.squares, x)
	}
	t.within = s.inertia(&t, run)
	return t
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
