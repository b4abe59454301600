package wire

import "github.com/headwater-dev/headwater/worker/encoder"

// OneHot is a feature that points have beside the plan's coordinates.
type OneHot struct {
	Feature int
	Weight  float64 // two rows of different codes are 2·Weight apart, squared
}

// Centres are the centres of one set of clusters.
type Centres struct {
	K      int
	Places []float64 // cluster, coordinate
	Shares []float64 // cluster, then code of the one-hot features, feature-major
}

// Clusters assign rows: each to the cluster of its nearest centre.
type Clusters struct {
	OneHot  []OneHot
	Centres Centres
}

// Rows says which rows an op looks at: those whose part has Bits where Mask
// has bits. The zero value means all.
type Rows struct{ Mask, Bits uint8 }

// Run is the centres of one of the runs that share a pass over the rows.
type Run struct {
	Centres
	ID   int // the same in all passes, so that workers can go on from the last
	Rows Rows
}

// TabulateParams asks for the levels of features over splits, by a plan that is
// not yet the job's.
type TabulateParams struct {
	Plan encoder.Plan
}

// PlacesParams asks for the sums of places over splits, by a plan that is not
// yet the job's.
type PlacesParams struct {
	Plan encoder.Plan
}

// How PickParams chooses rows.
const (
	PickGiven    = "given"    // those with the ordinals
	PickAny      = "any"      // at random
	PickSpread   = "spread"   // at random, with a probability that grows with the squared distance from the nearest centre
	PickFarthest = "farthest" // those with the largest squared distance from it
)

// PickParams asks for some rows. Random ones are those of the largest d²/u,
// with u the row's hash, salted, as a number in (0, 1]: priority sampling. Of
// equal ones the earlier in the table is taken; a row at a centre never is.
type PickParams struct {
	How      string
	Count    int     // rows, at most
	Ordinals []int64 // ascending, of PickGiven
	OneHot   []OneHot
	Centres  Centres
	Salt     uint64
	Rows     Rows
}

// LloydParams asks for the rows, sums of places and level counts of every
// cluster of every run.
type LloydParams struct {
	OneHot []OneHot
	Runs   []Run
	Totals []Rows // rows whose places are summed as well, over all clusters
}

// JudgeParams asks how well the rows sit in the clusters of several sets, and
// which rows the sets put together.
type JudgeParams struct {
	OneHot []OneHot
	Sets   []JudgedSet
	Rows   Rows
	Thin   int // silhouettes of one row in 2^Thin, by hash
}

// JudgedSet is a set of clusters and others to compare it with.
type JudgedSet struct {
	Centres
	Against []Centres
}

// ClustersParams asks for counts, sums and squares per cluster, over all rows
// and over every feature × code.
type ClustersParams struct {
	OneHot  []OneHot
	Centres Centres
}

// ClusterTreeParams asks which clusters the rows in the leaves of a growing
// tree belong to, by level of the listed features.
type ClusterTreeParams struct {
	OneHot   []OneHot
	Centres  Centres
	Tree     encoder.Tree // a leaf's Segment is its number, from 0; rows in leaves of Segment -1 are not counted
	Leaves   int
	Features []int
	Rows     Rows
}
