package synthetic

import "math"

// kind is how a column's int32 values are to be read.
type kind uint8

const (
	text  kind = iota // index into levels
	whole             // the number
	date              // days since 1970-01-01
	money             // hundredths
)

// null stands for a missing value in every kind of column.
const null = math.MinInt32

// column describes one column of a table but for the id.
type column struct {
	name    string
	kind    kind
	levels  []string // text: all values, none of which needs quoting in CSV
	missing int      // rows in 1000 without a value, at random
	wide    bool     // too many distinct values for a dictionary to pay
}

// extra is a categorical trait beyond the named ones.
type extra struct {
	levels int32
	pick   *pick
	leans  bool // takes its level from the trait before it in 6 of 10 rows
}

// newExtra makes trait number n (25, 26, …) of a table, which has one before it
// unless it is the first: 3 to 12 levels, each level 0.55 to 0.8 times as
// frequent as the one before.
func newExtra(seed uint64, n int, first bool) (extra, column) {
	u := key(mix(seed)).draw(uint64(n))
	e := extra{levels: 3 + below(u, 10), leans: !first && n%3 == 0}
	ratio := 55 + int(below(u<<8, 26))
	weights, names := make([]int, e.levels), make([]string, e.levels)
	for i, w := 0, 1_000_000; i < len(weights); i++ {
		weights[i], names[i] = w, string(rune('a'+i))
		w = w * ratio / 100
	}
	e.pick = of(weights...)
	c := column{name: extraName(n), kind: text, levels: names}
	if n%4 == 0 {
		c.missing = 50
	}
	return e, c
}
