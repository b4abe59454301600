package synthetic

// Part is a planted segment or cluster.
type Part struct {
	Name      string       `json:"name"`
	Rule      []Condition  `json:"rule,omitempty"`    // of a segment: who meets all conditions, and nobody else
	Numbers   []Number     `json:"numbers,omitempty"` // of a cluster
	Levels    []LevelShare `json:"levels,omitempty"`  // of a cluster, by its columns
	N         int64        `json:"n"`
	Share     float64      `json:"share"` // N / rows
	Responded int64        `json:"responded"`
	Rate      float64      `json:"rate"`    // Responded / N
	Revenue   string       `json:"revenue"` // two decimals
}

// Condition holds of the rows whose column has one of the levels, as they
// stand in the table; "" is a missing value.
type Condition struct {
	Column string   `json:"column"`
	Levels []string `json:"levels"`
}

// Number is how a number is distributed in a cluster: normally, cut off at zero.
type Number struct {
	Column string  `json:"column"`
	Mean   float64 `json:"mean"`
	SD     float64 `json:"sd"`
}

// LevelShare is how frequent a level is in a cluster.
type LevelShare struct {
	Column string  `json:"column"`
	Level  string  `json:"level"`
	Share  float64 `json:"share"`
}

// addParts enters the segments or clusters, with what was counted of them.
func (g *generator) addParts(truth *Truth, t *tally) {
	counted := func(i int, name string) Part {
		n := &t.groups[i]
		return Part{
			Name: name, N: n.n, Share: ratio(n.n, t.rows),
			Responded: n.responded, Rate: ratio(n.responded, n.n), Revenue: decimal(n.revenue),
		}
	}
	switch g.plant {
	case PlantSegments:
		for i := range segments {
			p := counted(i, segments[i].name)
			for _, test := range segments[i].tests {
				p.Rule = append(p.Rule, test.condition())
			}
			truth.Segments = append(truth.Segments, p)
		}
	case PlantClusters:
		for i := range clusters {
			p := counted(i, clusters[i].name)
			p.Numbers, p.Levels = clusters[i].numbers(), clusters[i].shares()
			truth.Clusters = append(truth.Clusters, p)
		}
	}
}

func (t *test) condition() Condition {
	column := &traits[t.trait]
	c := Condition{Column: column.name}
	for _, v := range t.values {
		c.Levels = append(c.Levels, column.format(v))
	}
	return c
}

func (c *cluster) numbers() (list []Number) {
	for i, m := range measured {
		column, unit := &shopperTraits[m.trait], 1.0
		if column.kind == money {
			unit = 100
		}
		list = append(list, Number{column.name, float64(c.means[i]) / unit, float64(m.spread) / unit})
	}
	return list
}

func (c *cluster) shares() (list []LevelShare) {
	for i, t := range levelled {
		slots := map[uint8]int{}
		for _, level := range c.levels[i] {
			slots[level]++
		}
		for level, name := range shopperTraits[t].levels {
			list = append(list, LevelShare{shopperTraits[t].name, name, ratio(int64(slots[uint8(level)]), int64(len(c.levels[i])))})
		}
	}
	return list
}
