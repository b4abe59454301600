// Package feature decides from a table's profile what each column is and how
// it becomes a feature: roles, cuts, levels; and it ranks the features against
// the metrics once they are counted. Everything is a function of merged counts
// alone, hence the same for any number of workers and shards.
package feature

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// Role is what a column is used for.
type Role string

// The roles.
const (
	ID      Role = "id"
	Feature Role = "feature" // a trait of the customer
	Context Role = "context" // describes the contact and not the customer
	Lever   Role = "lever"   // what the business can change
	Metric  Role = "metric"
	Ignore  Role = "ignore"
)

// Carried reports whether columns of this role become features of the plan.
// Those of context and levers are counted and ranked, but make neither groups
// nor segments.
func (r Role) Carried() bool { return r == Feature || r == Context || r == Lever }

// DefaultLevels is the number of levels numeric columns are cut into at most.
// More would leave groups of order 3 too small to be told from chance, fewer
// would hide where a metric turns.
const DefaultLevels = 12

// Options steer Decide. The zero value decides everything from the data.
type Options struct {
	MinCount int64              // rows that a level must have to keep its name; at least 1
	AsOf     string             // date from which ages count, 2006-01-02; "" = the latest date of each column
	Roles    map[string]Role    // by column, instead of the inferred role
	Only     []string           // columns to make features of; nil = all that qualify
	Exclude  []string           // columns never to make features of
	Metrics  []string           // columns that metrics and weight read
	Bins     map[string]Binning // by column
}

// Binning is how the user wants a numeric column cut. One of its fields is set.
type Binning struct {
	Width  float64   // bins of this width, from multiples of it
	Cuts   []float64 // ascending: a bin begins at each
	Levels int       // at most this many levels, cuts chosen
}

// ParseBinning reads "width=10", "cuts=18,30,65" or "levels=8".
func ParseBinning(s string) (Binning, error) {
	key, value, _ := strings.Cut(s, "=")
	var b Binning
	switch strings.TrimSpace(key) {
	case "width":
		w, ok := encoder.ParseNumber(value)
		if !ok || !(w > 0) || math.IsInf(w, 0) {
			return b, fmt.Errorf("%q: the width must be a number above 0", s)
		}
		b.Width = w
	case "cuts":
		for _, part := range strings.Split(value, ",") {
			c, ok := encoder.ParseNumber(part)
			if !ok || math.IsNaN(c) || math.IsInf(c, 0) {
				return b, fmt.Errorf("%q: %q is not a number", s, part)
			}
			b.Cuts = append(b.Cuts, c)
		}
		slices.Sort(b.Cuts)
		b.Cuts = slices.Compact(b.Cuts)
		if len(b.Cuts) >= encoder.MaxLevels {
			return b, fmt.Errorf("%q: %d cuts are too many, at most %d", s, len(b.Cuts), encoder.MaxLevels-1)
		}
	case "levels":
		n, ok := encoder.ParseNumber(value)
		if !ok || n != math.Trunc(n) || n < 2 || n > encoder.MaxLevels-1 {
			return b, fmt.Errorf("%q: the number of levels must be a whole number from 2 to %d", s, encoder.MaxLevels-1)
		}
		b.Levels = int(n)
	default:
		return b, fmt.Errorf("%q: write width=10, cuts=18,30,65 or levels=8", s)
	}
	return b, nil
}
