package merge

import "github.com/headwater-dev/headwater/worker/encoder"

// heldOutR2 returns the R² on a split's test rows of predicting every metric
// by the mean of its segment on the training rows, on which f was made; nil =
// nothing was found to tell customers apart.
func (s *split) heldOutR2(f *fit) float64 {
	if f == nil {
		return s.unsegmented()
	}
	c := f.g.c
	segment := make([]int, c.cells())
	for cell := range segment {
		segment[cell] = segmentOf(&f.tree, c.features, c.at(cell))
	}
	test := c.over(s.test, &s.trained)
	total := 0.0
	for m := range s.trained.metrics {
		total += explained(test.known[m], test.sum[m], s.reserved.metrics[m].variance,
			func(cell int) float64 { return f.level[m][segment[cell]] })
	}
	return total / float64(max(1, len(s.trained.metrics)))
}

// unsegmented is the held-out R² of predicting the training mean everywhere.
func (s *split) unsegmented() float64 {
	total := 0.0
	for m, a := range s.reserved.metrics {
		known := []float64{a.known}
		sum := []float64{float64(a.known*(a.mean-s.trained.metrics[m].mean)) / s.trained.metrics[m].unit}
		total += explained(known, sum, a.variance, func(int) float64 { return 0 })
	}
	return total / float64(max(1, len(s.reserved.metrics)))
}

// nested is the honest evaluation: five splits by hash, on the 70 % of each of
// which everything is chosen anew.
type nested struct {
	splits   [encoder.Folds]split
	searches [encoder.Folds]*choice // on the other four bits, inside the training rows
	fits     [encoder.Folds]*fit
}

func newNested(t *totals, candidates []int, c Config) *nested {
	n := &nested{}
	for i := range n.splits {
		n.splits[i] = newSplit(t, everyone(), i)
		var inner []split
		for bit := range encoder.Folds {
			if bit != i {
				inner = append(inner, newSplit(t, n.splits[i].train, bit))
			}
		}
		n.searches[i] = newChoice(inner, candidates, c.MaxCross, c.fewest())
	}
	return n
}

// figures sums the splits up.
func (n *nested) figures(r *R2) {
	var all []float64
	for i := range n.splits {
		s := SplitR2{R2: n.splits[i].heldOutR2(n.fits[i]), Crossed: []int{}, K: 1, Rules: 1}
		if f := n.fits[i]; f != nil {
			s.Crossed, s.K, s.Rules = f.g.c.features, f.k, len(f.boxes)
		}
		r.Splits = append(r.Splits, s)
		all = append(all, s.R2)
	}
	r.HeldOut, r.Error = mean(all), standardError(all)
}
