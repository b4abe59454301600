// Package encoder turns record batches into codes and metric values. Its Plan
// is decided once, by coordinator/feature, and is all that is needed to encode
// rows anywhere, now or later: it is part of model.json.
package encoder

// Missing is the code of a missing value in every feature.
const Missing = 0

// MaxLevels bounds the levels of a feature beside missing; *other* is one of them.
const MaxLevels = 255

// Plan says how rows become codes and metric values.
type Plan struct {
	Features []Feature `json:"features"`
	Measures []Measure `json:"measures"`
	Key      string    `json:"key,omitempty"` // id column whose value seeds hashes; "" = the row's global ordinal
	Seed     uint64    `json:"seed"`
	Nulls    []string  `json:"nulls,omitempty"`   // CSV spellings of missing, beside Arrow nulls
	Sampled  bool      `json:"sampled,omitempty"` // one row in eight is in the part Sample
	Sides    *Feature  `json:"sides,omitempty"`   // of a comparison: its levels are SideA and SideB; nil = none

	// For clustering: shards keep the rows' places on the coordinates, their
	// hashes and their ordinals, 4 bytes a coordinate and 12 a row.
	Clustered   bool         `json:"clustered,omitempty"`
	Coordinates []Coordinate `json:"coordinates,omitempty"`
}

// How a feature's levels are made from its column.
const (
	Category = "category" // one level per value, text compared exactly
	Discrete = "discrete" // one level per number
	Range    = "range"    // intervals, and single values as spikes
)

// Parts of a date from which a feature can be made.
const (
	AgeDays = "age"     // days before Plan's as-of date
	Month   = "month"   // jan … dec
	Weekday = "weekday" // mon … sun
)

// Feature is a column after binning. Level i of Levels has code i+1.
type Feature struct {
	Name   string  `json:"name"`            // as shown, unique in the plan
	Column string  `json:"column"`          // of the source
	Part   string  `json:"part,omitempty"`  // of a date column
	AsOf   string  `json:"as_of,omitempty"` // for AgeDays: 2006-01-02
	Kind   string  `json:"kind"`            // Category, Discrete or Range
	Levels []Level `json:"levels"`
	Other  uint8   `json:"other,omitempty"` // code of *other*, always the last level; 0 = none
}

// Codes returns how many codes the feature has, missing included.
func (f *Feature) Codes() int { return len(f.Levels) + 1 }

// LevelName returns what a code is called in a sentence; group names, which are
// read back, quote what could be mistaken (see coordinator/search).
func (f *Feature) LevelName(code int) string {
	if code == Missing {
		return "missing"
	}
	return f.Levels[code-1].Name
}

// Level is one level of a feature. Of a Range feature's levels, single values
// come before ranges: 0 belongs to the level "0", not to "<3".
type Level struct {
	Name  string   `json:"name"`
	Value string   `json:"value,omitempty"` // Category: the text; Discrete: the number
	Low   *float64 `json:"low,omitempty"`   // Range: inclusive; nil = unbounded
	High  *float64 `json:"high,omitempty"`  // Range: exclusive; nil = unbounded; Low == High is a single value
}

// Measure is one column of exact integers that groups are summed over. A
// metric has one (its value), or two for a ratio (numerator, denominator),
// which are then known on the same rows.
type Measure struct {
	Name         string  `json:"name"`             // unique in the plan
	Column       string  `json:"column"`           // of the source; "" = the side that a row is on: 1 on SideB, 0 on SideA
	Side         uint8   `json:"side,omitempty"`   // known only on the rows of this side; 0 = on all
	Equals       *string `json:"equals,omitempty"` // 1 where the column has this value, else 0
	Digits       int     `json:"digits,omitempty"` // fixed point: the value × 10^Digits, rounded half away from zero
	Weight       string  `json:"weight,omitempty"` // column multiplied in; "" = none
	WeightDigits int     `json:"weight_digits,omitempty"`
	With         string  `json:"with,omitempty"`     // column that must be known as well (a ratio's other side)
	Complete     bool    `json:"complete,omitempty"` // known on every row of the table it was planned for
}

// Rows is a run of encoded rows.
type Rows struct {
	N      int
	Codes  [][]uint8 // feature → row
	Values [][]int64 // measure → row; 0 where not known
	Known  [][]bool  // measure → row
	Fold   []uint8   // five independent hash bits a row, each set with probability 0.3: the held-out parts
	Part   []uint8   // row → its part, the bits Confirmation and Sample; nil = all rows are in part 0

	// Only of a plan that is Clustered:
	First  int64       // global ordinal of the first row
	Places [][]float32 // coordinate → row: whole numbers
	Hash   []uint64    // hash(seed, key) of the row
}

// The bits of a row's part, each decided by a hash of its own. Rows of a part
// lie in blocks of their own in a shard, so that a pass can look at some parts
// or count them apart at no cost.
const (
	Confirmation uint8 = 1 << iota // set for 40 %: findings are sought on the others and checked on these
	Sample                         // set for one row in eight of a plan that is Sampled
	Parts        = 4
)

// Folds is the number of hash splits a row's Fold has bits for, and SplitBits
// that of the bits that cells are split by: Fold, and above it Confirmation.
const (
	Folds     = 5
	SplitBits = Folds + 1
)
