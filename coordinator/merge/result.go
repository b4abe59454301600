package merge

import (
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

// Result is a finished segmentation. Segments stand in order of the first
// metric's mean, highest first.
type Result struct {
	Crossed  []int    `json:"crossed"`        // indexes into Plan.Features
	Names    []string `json:"names"`          // of the crossed features
	Path     []Step   `json:"path,omitempty"` // of an automatic choice that predicts the metric
	Predicts bool     `json:"predicts"`       // false: no feature predicts the metric, the segments are by profile
	Lambda   float64  `json:"lambda"`         // weight of the metric against the profile

	Cells      int      `json:"cells"`       // occupied cells
	Folded     int      `json:"folded"`      // cells too small to stand alone, folded into others for merging
	FoldedRows int64    `json:"folded_rows"` // customers in them
	Points     []Point  `json:"points"`      // what was merged
	Merges     []Merge  `json:"merges"`      // of points, cheapest first: the dendrogram
	K          int      `json:"k"`
	Options    []Option `json:"options"` // numbers of segments considered

	Repeated *Repeated `json:"repeated,omitempty"` // how stable clusters are with the features chosen anew; nil: they were named, or none predicts

	Agreement float64      `json:"agreement"` // share of customers that the rules send where merging put them
	Adopted   bool         `json:"adopted"`   // the rules decide although they differ from the merging
	Bounded   bool         `json:"bounded"`   // no segment has more than three rules
	Otherwise *Otherwise   `json:"otherwise"` // the rules that were not taken; nil = none explain more, or come near
	Tree      encoder.Tree `json:"tree"`
	Segments  []Segment    `json:"segments"`
	R2        R2           `json:"r2"`
	Notes     []string     `json:"notes,omitempty"`

	Counts *partial.Segments `json:"-"` // of the segments, over all rows
	Held   *partial.Segments `json:"-"` // the same on the unseen customers, without levels; nil = none were held back
	Kept   *partial.Cells    `json:"-"` // of the crossing, over all rows: what another number of segments is made from
	Unseen *partial.Cells    `json:"-"` // the same over the customers that did not form the segments, without levels; some of Kept's keys
}

// Otherwise is what the rules would be with the other choice about their number:
// where no segment has more than three, the best without that bound, if they
// explain more; else those of at most three a segment that agree most with the
// merging.
type Otherwise struct {
	Rules     int     `json:"rules"`
	Most      int     `json:"most"` // rules of the segment that has the most
	Agreement float64 `json:"agreement"`
	R2        float64 `json:"r2"` // in sample
}

// Point is a cell that was merged, with what was folded into it.
type Point struct {
	Codes []int `json:"codes"` // of the crossed features
	N     int64 `json:"n"`     // customers that formed the segments, folded ones included

	Known []float64 `json:"-"` // metric → customers on which it is known, folded ones included
	Above []float64 `json:"-"` // metric → Σ (value − mean of all customers) over these
}

// Segment is one of the final segments.
type Segment struct {
	N       int64   `json:"n"`
	Share   float64 `json:"share"`
	Rules   []Rule  `json:"rules"`
	Metrics []Mean  `json:"metrics"`
}

// Mean is a metric over one segment.
type Mean struct {
	Name  string   `json:"name"`
	Known int64    `json:"known"`          // customers on which it is known
	Mean  *float64 `json:"mean,omitempty"` // nil: known on none
	Lift  *float64 `json:"lift,omitempty"` // nil: the overall mean is not positive
}

// R2 is how much of the metrics' variance the segments explain, meaned over
// the metrics.
type R2 struct {
	Merged   float64   `json:"merged"`   // of the merged cells, on the customers that formed them
	Segments float64   `json:"segments"` // of the segments as their rules say, on these
	HeldOut  float64   `json:"held_out"` // of segments made on 70 % of the customers, on the others: mean over Splits; meaningless without any
	Error    float64   `json:"error"`    // standard error of HeldOut over the splits
	Splits   []SplitR2 `json:"splits"`
	Tree     TreeR2    `json:"tree"`
	Compared *Compared `json:"compared,omitempty"` // absent where no feature predicts the metric
	Lambdas  []Trade   `json:"lambdas,omitempty"`  // what other weights of the metric would explain; ascending by λ

	Confirmed *float64 `json:"confirmed"` // of these segments, formed on discovery, on the customers of confirmation; nil = none were held back

	Cells     *Explained   `json:"cells"`               // of the cells, before they are merged
	Beside    []*Explained `json:"beside,omitempty"`    // the same of the sets of features in Config.Beside
	Undoubted *Explained   `json:"undoubted,omitempty"` // the same without Config.Doubted; absent where none is crossed
}

// SplitR2 is one 70/30 split by hash: everything was chosen on the 70 %.
type SplitR2 struct {
	R2      float64 `json:"r2"`
	Crossed []int   `json:"crossed"`
	K       int     `json:"k"`
	Rules   int     `json:"rules"`
}

// TreeR2 is the yardstick: a regression tree on all features, each test one
// level against the rest, grown best first on the same splits.
type TreeR2 struct {
	SameSegments float64 `json:"same_segments"` // held-out R² with as many leaves as there are segments
	SameRules    float64 `json:"same_rules"`    // held-out R² with as many leaves as there are rules, 40 at most
	Splits       int     `json:"splits"`        // how many of the splits it was grown on
	Better       bool    `json:"better"`        // with as many leaves as rules it beats the segments on these splits
}
