package distance

import "math/bits"

// Sums are what the rows of each cluster add up to, in integers. Sums of blocks
// add up, entry by entry.
type Sums struct {
	Counts []int64   // k: rows
	Dense  []int64   // k × dense: sums of values; below 2⁶³ for up to 2³⁸ rows
	Levels [][]int64 // a category: k × levels: rows
}

// NewSums returns sums of no rows for k clusters.
func (s *Space) NewSums(k int) Sums {
	sums := Sums{Counts: make([]int64, k), Dense: make([]int64, k*len(s.Weights)), Levels: make([][]int64, len(s.Categories))}
	for g, c := range s.Categories {
		sums.Levels[g] = make([]int64, k*c.Levels)
	}
	return sums
}

// Add adds other sums of the same space and number of clusters.
func (s *Sums) Add(other Sums) {
	add(s.Counts, other.Counts)
	add(s.Dense, other.Dense)
	for g := range s.Levels {
		add(s.Levels[g], other.Levels[g])
	}
}

func add(to, from []int64) {
	for i, v := range from {
		to[i] += v
	}
}

// change is a row that goes from one cluster, which may be None, to another.
// Assembly reads it.
type change struct {
	row      int32
	from, to uint16
}

// apply takes rows from cluster to cluster.
func (s *Sums) apply(space *Space, r *Rows, changes []change) {
	for _, c := range changes {
		s.Counts[c.to]++
		if c.from != None {
			s.Counts[c.from]--
		}
	}
	if d := len(space.Weights); d > 0 && len(changes) > 0 {
		move(s.Dense, r.X, changes, d)
	}
	for g, category := range space.Categories {
		levels, codes, n := s.Levels[g], r.Codes[g], category.Levels
		for _, c := range changes {
			code := int(codes[c.row])
			levels[int(c.to)*n+code]++
			if c.from != None {
				levels[int(c.from)*n+code]--
			}
		}
	}
}

// moveGeneric adds the d values of rows that change to the sums of the clusters
// they go to, and takes them from those they come from.
func moveGeneric(sums []int64, x []float32, changes []change, d int) {
	for _, c := range changes {
		values, in := x[int(c.row)*d:][:d], sums[int(c.to)*d:][:d]
		for f, v := range values {
			in[f] += int64(v)
		}
		if c.from == None {
			continue
		}
		out := sums[int(c.from)*d:][:d]
		for f, v := range values {
			out[f] -= int64(v)
		}
	}
}

// Square is a sum of squares of dense values: hi·2⁶⁴ + lo.
type Square struct{ Hi, Lo uint64 }

// Add adds another sum.
func (s *Square) Add(other Square) {
	lo, carry := bits.Add64(s.Lo, other.Lo, 0)
	s.Lo, s.Hi = lo, s.Hi+other.Hi+carry
}

// Squares returns Σx² of every dense feature over all rows, exactly. With the
// sums of the clusters it gives the inertia: a feature adds w·(Σx² − Σ over
// clusters (Σx)²/n).
func (r *Rows) Squares() []Square {
	sums := make([]Square, r.dense)
	if r.dense == 0 {
		return sums
	}
	// Of so few values the squares, 2⁴⁸ at most, add up in 64 bits.
	const block = 1 << 15
	parts := make([]uint64, r.dense)
	for first := 0; first < r.N; first += block {
		clear(parts)
		for i := first; i < min(first+block, r.N); i++ {
			for f, v := range r.Row(i) {
				q := int64(v)
				parts[f] += uint64(q * q)
			}
		}
		for f, part := range parts {
			sums[f].Add(Square{Lo: part})
		}
	}
	return sums
}
