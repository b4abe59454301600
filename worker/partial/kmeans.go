package partial

import (
	"cmp"
	"fmt"
	"slices"
)

// Places are the sums of places on coordinates: what mean and spread follow
// from.
type Places struct {
	N       int64
	Sum     []int64
	Squares Squares
}

// MakePlaces returns zero sums over so many coordinates.
func MakePlaces(coordinates int) Places {
	return Places{Sum: make([]int64, coordinates), Squares: MakeSquares(coordinates)}
}

// Add adds one row's place on the j-th coordinate.
func (p *Places) Add(j int, place float32) {
	p.Sum[j] += int64(place)
	p.Squares.Add(j, int64(place))
}

// Merge adds the sums of other rows.
func (p *Places) Merge(other *Places) error {
	if len(p.Sum) != len(other.Sum) {
		return fmt.Errorf("sums over %d and %d coordinates cannot be added", len(other.Sum), len(p.Sum))
	}
	if err := p.Squares.Merge(&other.Squares); err != nil {
		return err
	}
	p.N += other.N
	addTo(p.Sum, other.Sum)
	return nil
}

// Picked are some rows: the Limit first by priority, then ordinal.
type Picked struct {
	Limit int
	Rows  []PickedRow
}

// PickedRow is a row of the table.
type PickedRow struct {
	Priority uint64 // higher goes first
	Ordinal  int64
	Places   []float32
	Codes    []uint8 // of the one-hot features
}

// Merge takes in the rows picked from others.
func (p *Picked) Merge(other *Picked) error {
	if p.Limit != other.Limit {
		return fmt.Errorf("the first %d and the first %d rows cannot be merged", other.Limit, p.Limit)
	}
	p.Rows = append(p.Rows, other.Rows...)
	p.Settle()
	return nil
}

// Settle sorts the rows and drops those beyond the limit.
func (p *Picked) Settle() {
	slices.SortFunc(p.Rows, func(a, b PickedRow) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.Ordinal, b.Ordinal))
	})
	p.Rows = p.Rows[:min(p.Limit, len(p.Rows))]
}

// Lloyd is one pass of several runs over the rows.
type Lloyd struct {
	Runs   []LloydRun
	Totals []Places
}

// LloydRun are the sums of one run's clusters.
type LloydRun struct {
	N      []int64 // cluster
	Sum    []int64 // cluster, coordinate: of places
	Levels []int64 // cluster, code of the one-hot features
}

// Merge adds the sums of other rows in the same runs.
func (l *Lloyd) Merge(other *Lloyd) error {
	if len(l.Runs) != len(other.Runs) || len(l.Totals) != len(other.Totals) {
		return fmt.Errorf("sums of %d and %d runs cannot be added", len(other.Runs), len(l.Runs))
	}
	for i := range l.Totals {
		if err := l.Totals[i].Merge(&other.Totals[i]); err != nil {
			return err
		}
	}
	for i := range l.Runs {
		a, b := &l.Runs[i], &other.Runs[i]
		if len(a.N) != len(b.N) || len(a.Sum) != len(b.Sum) || len(a.Levels) != len(b.Levels) {
			return fmt.Errorf("run %d: sums of unlike shape cannot be added", i)
		}
		addTo(a.N, b.N)
		addTo(a.Sum, b.Sum)
		addTo(a.Levels, b.Levels)
	}
	return nil
}

// SilhouetteUnit is one in the sums of silhouettes.
const SilhouetteUnit = 1 << 30

// Judged is how the rows sit in several sets of clusters.
type Judged struct {
	Sets []JudgedSet
}

// JudgedSet belongs to one set of clusters.
type JudgedSet struct {
	N          int64     // rows with a silhouette
	Silhouette int64     // Σ (b − a)/max(a, b), in 1/SilhouetteUnit, each row's rounded
	Against    [][]int64 // other set → rows by cluster, then cluster of the other set
}

// Merge adds what was found on other rows.
func (j *Judged) Merge(other *Judged) error {
	if len(j.Sets) != len(other.Sets) {
		return fmt.Errorf("figures of %d and %d sets of clusters cannot be added", len(other.Sets), len(j.Sets))
	}
	for i := range j.Sets {
		a, b := &j.Sets[i], &other.Sets[i]
		if len(a.Against) != len(b.Against) {
			return fmt.Errorf("set %d: %d and %d cross tables cannot be added", i, len(b.Against), len(a.Against))
		}
		for t := range a.Against {
			if len(a.Against[t]) != len(b.Against[t]) {
				return fmt.Errorf("set %d: cross tables of unlike shape cannot be added", i)
			}
			addTo(a.Against[t], b.Against[t])
		}
		a.N += b.N
		a.Silhouette += b.Silhouette
	}
	return nil
}

// Mixture counts rows by leaf of a tree, code of some features
// (feature-major) and cluster: entry (leaf·codes + code)·clusters + cluster.
type Mixture struct {
	N []int64
}

// Merge adds the counts of other rows.
func (m *Mixture) Merge(other *Mixture) error {
	if len(m.N) != len(other.N) {
		return fmt.Errorf("%d and %d counts cannot be added", len(other.N), len(m.N))
	}
	addTo(m.N, other.N)
	return nil
}
