package synthetic

import (
	"encoding/json"
	"io"
	"path/filepath"
	"strconv"
)

// Truth is what is known about a table because it was made so. It is written
// beside the table as JSON.
type Truth struct {
	Rows     int64     `json:"rows"`
	Features int       `json:"features"`
	Seed     uint64    `json:"seed"`
	Metric   string    `json:"metric"`    // the metric the groups were planted in, "responded=yes"
	BaseRate float64   `json:"base_rate"` // share of rows that responded, the planted groups included
	Revenue  string    `json:"revenue"`   // sum over all rows, two decimals
	Planted  []Planted `json:"planted"`   // groups whose columns are all in the table
	Missing  []Missing `json:"missing"`   // traits with missing values

	Segments []Part `json:"segments,omitempty"` // planted ones, in one of which everybody is
	Clusters []Part `json:"clusters,omitempty"` // likewise
	Members  string `json:"members,omitempty"`  // name of the file that says who is in which
}

// Item is one level of one column, as it stands in the table.
type Item struct {
	Column string `json:"column"`
	Level  string `json:"level"`
}

// Planted is a niche group. Its odds of responding are OddsFactor times what
// its items cause on their own.
type Planted struct {
	Items         []Item  `json:"items"`
	Direction     string  `json:"direction"`      // "up" or "down"
	OddsFactor    float64 `json:"odds_factor"`    // > 1 up, < 1 down
	ExpectedShare float64 `json:"expected_share"` // of all rows
	N             int64   `json:"n"`              // rows of the table in the group
	Share         float64 `json:"share"`          // N / rows
	Responded     int64   `json:"responded"`      // of N
	Rate          float64 `json:"rate"`           // Responded / N; 0 where N is 0
	RateUnplanted float64 `json:"rate_unplanted"` // expected of these rows had no group been planted
	Revenue       string  `json:"revenue"`        // sum over the group, two decimals
}

// Missing is the rate at which a column's values were left out, at random.
type Missing struct {
	Column string  `json:"column"`
	Rate   float64 `json:"rate"`
}

// tally counts what was planted. Tallies of parts of a table add up.
type tally struct {
	rows, responded, revenue int64
	groups                   [maxPlanted]groupTally // as generator.groups, or by segment or cluster
}

// maxPlanted is the most groups, segments or clusters that a table has.
const maxPlanted = max(len(planted), len(segments), len(clusters))

type groupTally struct {
	n         int64
	responded int64
	revenue   int64  // hundredths
	unplanted uint64 // Σ of the probability without planted groups, in 2⁻³²
}

// count adds a row that lies in the groups whose bits are set.
func (t *tally) count(in uint64, responded, revenue, logOdds int32) {
	t.responded += int64(responded)
	t.revenue += int64(revenue)
	for i := range t.groups {
		if in>>i&1 == 1 {
			p := &t.groups[i]
			p.n++
			p.responded += int64(responded)
			p.revenue += int64(revenue)
			p.unplanted += uint64(probability(logOdds))
		}
	}
}

func (t *tally) add(o *tally) {
	t.rows += o.rows
	t.responded += o.responded
	t.revenue += o.revenue
	for i := range t.groups {
		p, q := &t.groups[i], &o.groups[i]
		p.n += q.n
		p.responded += q.responded
		p.revenue += q.revenue
		p.unplanted += q.unplanted
	}
}

func (g *generator) truth(c Config, t tally) *Truth {
	truth := &Truth{
		Rows: c.Rows, Features: c.Features, Seed: c.Seed,
		Metric:   Responded + "=yes",
		BaseRate: ratio(t.responded, t.rows),
		Revenue:  decimal(t.revenue),
		Planted:  []Planted{},
		Missing:  []Missing{},
	}
	g.addParts(truth, &t)
	if c.Out != "" && g.plant != PlantGroups {
		truth.Members = filepath.Base(MembersPath(c.Out))
	}
	for i, p := range g.groups {
		n := t.groups[i]
		found := Planted{
			Direction: "up", OddsFactor: p.odds, ExpectedShare: p.share,
			N: n.n, Share: ratio(n.n, t.rows), Responded: n.responded, Rate: ratio(n.responded, n.n), Revenue: decimal(n.revenue),
		}
		if p.odds < 1 {
			found.Direction = "down"
		}
		if n.n > 0 {
			found.RateUnplanted = float64(n.unplanted) / (1 << 32) / float64(n.n)
		}
		for _, it := range p.items {
			found.Items = append(found.Items, Item{g.columns[it.column].name, g.columns[it.column].format(it.value)})
		}
		truth.Planted = append(truth.Planted, found)
	}
	for _, col := range g.columns {
		if col.missing > 0 {
			truth.Missing = append(truth.Missing, Missing{col.name, float64(col.missing) / 1000})
		}
	}
	return truth
}

func (t *Truth) write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(t)
}

func ratio(part, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(part) / float64(of)
}

func decimal(hundredths int64) string { return string(appendMoney(nil, hundredths)) }

// appendMoney appends an amount that is not negative, with two decimals.
func appendMoney(dst []byte, hundredths int64) []byte {
	dst = strconv.AppendInt(dst, hundredths/100, 10)
	return append(dst, '.', byte('0'+hundredths/10%10), byte('0'+hundredths%10))
}

func (c *column) format(v int32) string { return string(c.append(nil, v)) }
