package roles

import (
	"github.com/headwater-dev/headwater/coordinator/feature"
)

// Result is what context and levers go with. It is nil where no column has
// either role.
type Result struct {
	Context []Aside // strongest for the first metric first
	Levers  []Aside

	ContextAdds *Adds // to the segments; nil without segments or without context
	LeversAdd   *Adds

	Findings []AtFinding // the levers on the customers of every finding
}

// Aside is a feature that is no trait of the customer, and the metrics on its
// levels over all customers.
type Aside struct {
	Feature int      `json:"feature"` // index into the plan's features
	Name    string   `json:"name"`
	Metrics []Levels `json:"metrics"`
	LeftOut string   `json:"left_out,omitempty"` // it gives a metric away: why
}

// Levels are the levels of a feature, the highest mean of a metric first.
type Levels struct {
	feature.Association
	Levels []Level `json:"levels"` // of at least Fewest customers
}

// Fewest is how many customers whose metric is known a level must have to be
// shown: a mean of fewer says little.
const Fewest = 30

// Level is a metric on the customers of one level. What does not exist is nil.
type Level struct {
	Code  int      `json:"code"` // 0 = missing
	Level string   `json:"level"`
	N     int64    `json:"n"`     // customers
	Known int64    `json:"known"` // of whom the metric is known
	Mean  *float64 `json:"mean"`
	Low   *float64 `json:"low"` // 95 % interval of Mean
	High  *float64 `json:"high"`
	Lift  *float64 `json:"lift"`
}

// Adds is what features that make no segments add to them.
type Adds struct {
	// Share of the metrics' variance that cells explain on customers held out,
	// each with its standard error over five splits: of traits alone; of traits
	// and these features; and the difference.
	Traits      float64 `json:"traits_r2"`
	TraitsError float64 `json:"traits_error"`
	Both        float64 `json:"both_r2"`
	BothError   float64 `json:"both_error"`
	Gain        float64 `json:"gain"`
	GainError   float64 `json:"gain_error"`

	Within []Within `json:"within"`
}

// Within is a metric on the levels of a feature inside each segment.
type Within struct {
	Feature  int       `json:"feature"`
	Name     string    `json:"name"`
	Metric   string    `json:"metric"`
	Segments [][]Level `json:"segments"` // in their order; levels as in Levels
}

// AtFinding is the metric of a finding on the levels of a lever.
type AtFinding struct {
	Metric  string  `json:"metric"`
	Rank    int     `json:"rank"` // of the finding within its metric
	Group   string  `json:"group"`
	Feature int     `json:"feature"`
	Name    string  `json:"name"`
	Levels  []Level `json:"levels"`
}

// Artefact is a level that looks like an artefact of recording and that
// segments or findings rest on.
type Artefact struct {
	Feature  int      `json:"feature"`
	Code     int      `json:"code"`
	Level    string   `json:"level"` // "contact=unknown"
	Why      string   `json:"why"`
	Segments []int    `json:"segments,omitempty"` // whose rules name it, from 1
	Findings []string `json:"findings,omitempty"` // their groups
}
