package merge

import "slices"

// pruner ends a grown tree where a rule more is not worth its price. Every
// segment has a price of its own, in shares of the customers: a node ends as
// the rule of some segment where this is worth at least as much as what its
// children come to. For given prices no other way to cut the tree back, and to
// name its leaves, is worth more (Breiman et al., Classification and
// Regression Trees, 1984, ch. 3, with a price per class).
type pruner struct {
	t     *grower
	worth [][]float64 // node → segment → its worth as one rule of the segment
}

// newPruner weighs the nodes of a tree: as a rule of a segment, a node is worth
// the share of customers in it that the merging put there, and what it adds to
// the R² of the metrics when the means of the clusters predict them.
func newPruner(t *grower) *pruner {
	p := &pruner{t: t}
	level := make([][]float64, len(t.g.m.metrics))
	for m := range level {
		level[m] = t.g.means(m, t.label, t.k)
	}
	for i := range t.nodes {
		n := &t.nodes[i]
		worth := make([]float64, t.k)
		for s := range worth {
			worth[s] = float64(n.count[s]) / float64(t.g.m.n)
			for m, a := range t.g.m.metrics {
				if a.known > 0 && a.variance > 0 {
					x := level[m][s]
					gain := float64(2*x*n.sum[m]) - float64(n.known[m]*float64(x*x))
					worth[s] += gain / float64(a.known*a.variance*float64(len(level)))
				}
			}
		}
		p.worth = append(p.worth, worth)
	}
	return p
}

// prune returns, for each node, the segment that it ends as; −1 = it is split.
// Nodes below an end have no meaning.
func (p *pruner) prune(price []float64) []int {
	end := make([]int, len(p.t.nodes))
	value := make([]float64, len(p.t.nodes))
	for at := len(end) - 1; at >= 0; at-- { // children stand behind their node
		n, worth := &p.t.nodes[at], p.worth[at]
		for s := range worth {
			if v := worth[s] - price[s]; s == 0 || v > value[at] {
				end[at], value[at] = s, v
			}
		}
		if n.yes > 0 && value[n.yes]+value[n.no] > value[at] {
			end[at], value[at] = -1, value[n.yes]+value[n.no]
			if end[n.yes] == end[n.no] { // a tie, but for rounding
				end[at] = end[n.yes]
			}
		}
	}
	return end
}

// Prices are raised to lowestPrice, a share of the customers, and from there by
// priceStep, at most so often.
const (
	lowestPrice = 1e-4
	priceStep   = 1.3
	maxPrunings = 80
)

// bounded begins with one price for all segments, and raises it for those that
// have more than so many rules, until none has. Count returns the rules of each segment of the tree
// that ends as given.
func (p *pruner) bounded(most int, each float64, count func(end []int) []int) {
	price := slices.Repeat([]float64{each}, p.t.k)
	var last, rules []int
	for range maxPrunings {
		if end := p.prune(price); !slices.Equal(end, last) {
			last, rules = end, count(end)
		}
		over := false
		for s, n := range rules {
			if n > most {
				price[s], over = max(lowestPrice, price[s]*priceStep), true
			}
		}
		if !over {
			return
		}
	}
}
