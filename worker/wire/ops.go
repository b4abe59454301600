// Package wire is the protocol between coordinator and workers: messages,
// subjects, encodings and the NATS connection. It alone imports nats.go.
package wire

import (
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/source"
)

// Job is what every worker must know of a job before it can take part.
type Job struct {
	ID    string       `json:"id"`
	Table source.Table `json:"table"`
	Ship  bool         `json:"ship,omitempty"` // read the table through the coordinator even where the files could be opened
}

// Shard describes one shard to load: consecutive rows of the table.
type Shard struct {
	ID     int            `json:"id"`
	First  int64          `json:"first"` // global ordinal of the first row
	Pieces []source.Split `json:"pieces"`
}

// The kinds of ops. Split ops work on splits of the source, shard ops on
// resident shards. Each has a parameter type below and answers with one
// partial for all the units of an assignment.
const (
	OpProfile  = "profile"  // splits → partial.Profile
	OpRefine   = "refine"   // splits → partial.Refinement
	OpAssign   = "assign"   // splits → partial.Parts
	OpLevels   = "levels"   // shards → partial.Halves over every feature × code, feature-major, then one entry for all rows
	OpCount    = "count"    // shards → partial.Halves over the candidates of one order
	OpMoments  = "moments"  // shards → partial.Moments of given groups
	OpProbe    = "probe"    // shards → partial.Probe of given groups
	OpSpread   = "spread"   // shards → partial.Spread of every measure
	OpPairs    = "pairs"    // shards → partial.Pairs
	OpCells    = "cells"    // shards → []partial.Cells, one per crossing
	OpSegments = "segments" // shards → partial.Segments
	OpOverlap  = "overlap"  // shards → partial.Overlap of given groups with segments
	OpLeaves   = "leaves"   // shards → []partial.Counts, one per tree
	OpContents = "contents" // shards → partial.Contents

	// Of k-means, see kmeans.go.
	OpTabulate    = "tabulate"     // splits → partial.Counts over every feature × code, feature-major, then one entry for all rows
	OpPlaces      = "places"       // splits → partial.Places
	OpPick        = "pick"         // shards → partial.Picked
	OpLloyd       = "lloyd"        // shards → partial.Lloyd
	OpJudge       = "judge"        // shards → partial.Judged
	OpClusters    = "clusters"     // shards → partial.Segments
	OpClusterTree = "cluster-tree" // shards → partial.Mixture
)

// Item is one level of one feature.
type Item struct {
	Feature int   `json:"feature"` // index into Plan.Features
	Code    uint8 `json:"code"`
}

// ProfileParams asks for the profile of some columns, and of the splits' rows.
// Without parameters all columns are profiled.
type ProfileParams struct {
	Columns []string // in the table's order
}

// CountParams asks for the candidates of one order, which the worker
// regenerates from the listed items and the survivors of the orders below.
type CountParams struct {
	Order     int
	Items     []Item     // the items that reached the minimum, ascending by feature, then code
	Survivors [][]uint64 // Survivors[k-2]: bitmap over the candidates of order k, for k = 2..Order-1
	Covered   []int      // the features that have no row whose code is not among the items
	RowsOnly  bool       // count the rows of both parts together and nothing else; the answer has them in Discovery
	Wanted    []uint64   // bitmap over the candidates of Order that are counted; nil = all. The answer has entries for these alone
}

// MomentsParams asks for exact sums of squares of groups.
type MomentsParams struct {
	Groups [][]Item
}

// ProbeParams asks for the figures of given groups on both parts of the
// customers.
type ProbeParams struct {
	Groups  [][]Item
	Columns []ProbeColumn
	Half    bool // discovery alone; the figures on confirmation stay zero
	First   bool // a row counts for the first of the groups that it is in, and for no other
}

// ProbeColumn is a measure, or the sum of two, with values outside of Low and
// High taken for these. It is known where all its measures are.
type ProbeColumn struct {
	Measure   int   // index into Plan.Measures
	Plus      int   // another one, added before clipping; -1 = none
	Low, High int64 // inclusive
}

// PairsParams asks for the rows by the codes of two features, for every pair.
type PairsParams struct {
	Pairs [][2]int // indexes into Plan.Features
	Parts uint8    // count only rows whose part has all these bits, see encoder.Rows
}

// CellsParams asks for the occupied cells of crossings of features.
type CellsParams struct {
	Crossings [][]int // each a list of indexes into Plan.Features
	Folds     bool    // split every cell by the rows' Fold and by Confirmation
	Squares   bool    // Σx² of every cell and measure as well
	Levels    bool    // rows of every cell by feature × code of the whole plan as well
	Parts     uint8   // count only rows whose part has all these bits, see encoder.Rows
	Limit     int     // more occupied cells (whatever their folds) than this in a crossing make it come back as partial.Overflow
}

// ContentsParams asks for rows by all that is looked at in them: a byte of Fold,
// one of each feature's code, and of every measure of the plan a byte that is 1
// where it is known and its value, big-endian.
type ContentsParams struct {
	Features []int
	Parts    uint8 // as in CellsParams
	Without  uint8 // count only rows whose part has none of these bits
	Limit    int   // different rows at most, see partial.Contents
}

// OverlapParams asks how many rows given groups have in every segment of a tree.
type OverlapParams struct {
	Groups   [][]Item
	Tree     encoder.Tree
	Segments int
}

// SegmentsParams asks for counts, sums and squares per segment, over all rows
// and over every feature × code.
type SegmentsParams struct {
	Tree     encoder.Tree
	Segments int
}

// LeavesParams asks for level counts in the leaves of several trees at once,
// each leaf split by one of the rows' Fold bits: what growing the trees takes.
// A tree's partial has entry (leaf·2 + bit)·C + o for the o-th of the C codes
// of the listed features, feature-major.
type LeavesParams struct {
	Features []int
	Trees    []encoder.Tree // a leaf's Segment is its number, from 0; rows in leaves of Segment -1 are not counted
	Leaves   []int          // tree → how many leaves are counted
	Folds    []int          // tree → fold bit
	Parts    uint8          // as in CellsParams
}

// AssignParams asks for the part files of an assignment: for every row its id
// (or file and row), rule and segment, of clusters the distance as well.
type AssignParams struct {
	Plan  encoder.Plan
	Tree  encoder.Tree
	By    *Clusters // instead of the tree: the nearest centre
	Names []string  // of the segments
	ID    string    // id column; "" = file and row number
	First []int64   // unit → row number within its file of the split's first row
	Place PartPlace // where the files are left

	Numbers Numbers // of the segments, counted in passing
}
