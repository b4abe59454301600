package merge

import "github.com/headwater-dev/headwater/worker/partial"

// look finds the best test of each of some leaves from the counts of their codes.
func (t *yardstick) look(leaves []int, counts *partial.Counts) {
	known := make([][]float64, len(t.metrics))
	sum := make([][]float64, len(t.metrics))
	for m := range t.metrics {
		var den []float64
		known[m], sum[m], den = unpack(t.metrics[m], counts)
		a := &t.split.trained.metrics[m]
		for i := range sum[m] {
			if den != nil {
				sum[m][i] = (sum[m][i] - float64(a.mean*den[i])) / a.unit
			} else {
				sum[m][i] -= float64(a.mean * known[m][i])
			}
		}
	}
	codes, offset := 0, make([]int, len(t.features))
	for i, f := range t.features {
		offset[i] = codes
		codes += t.plan.Features[f].Codes()
	}
	for i, id := range leaves {
		t.test(id, func(feature, code, part int) rowsOf {
			at := (2*i+part)*codes + offset[feature] + code
			r := newRowsOf(len(known))
			for m := range known {
				r.known[m], r.sum[m] = known[m][at], sum[m][at]
			}
			return r
		})
	}
}

// lookAtRoot finds the root's best test from the features' own crossings,
// where the choice of features has counted them all.
func (t *yardstick) lookAtRoot(l *ledger) {
	views := make([][2]*view, len(t.features))
	cells := make([][256]int, len(t.features)) // code → cell+1
	for i, f := range t.features {
		c := l.get([]int{f})
		if c == nil {
			return
		}
		views[i] = [2]*view(c.views(&t.split.trained, t.split.train, t.split.test))
		for cell := range c.cells() {
			cells[i][c.at(cell)[0]] = cell + 1
		}
	}
	t.test(0, func(feature, code, part int) rowsOf {
		r := newRowsOf(len(t.metrics))
		if cell := cells[feature][code] - 1; cell >= 0 {
			for m := range t.metrics {
				r.known[m], r.sum[m] = views[feature][part].known[m][cell], views[feature][part].sum[m][cell]
			}
		}
		return r
	})
}

// test finds a node's best test, given the rows of each code of the i-th
// feature on the training (part 0) and the test rows (part 1).
func (t *yardstick) test(id int, rows func(feature, code, part int) rowsOf) {
	n := &t.nodes[id]
	n.looked = true
	if id == 0 {
		n.train, n.test = newRowsOf(len(t.metrics)), newRowsOf(len(t.metrics))
		for code := range t.plan.Features[t.features[0]].Codes() {
			n.train.add(rows(0, code, 0))
			n.test.add(rows(0, code, 1))
		}
	}
	for i, f := range t.features {
		for code := range t.plan.Features[f].Codes() {
			train := rows(i, code, 0)
			if gain := t.gain(n.train, train); gain > n.gain*(1+1e-12) {
				n.gain, n.feature, n.code = gain, f, uint8(code)
				n.inside = [2]rowsOf{train, rows(i, code, 1)}
			}
		}
	}
}

// gain returns by how much a test lowers the sum of squares, in units of the
// metrics' variances; 0 where all rows or none pass it.
func (t *yardstick) gain(all, inside rowsOf) float64 {
	total := 0.0
	for m, a := range t.split.trained.metrics {
		n, in := all.known[m], inside.known[m]
		if a.variance <= 0 || in == 0 || in == n {
			continue
		}
		out := all.sum[m] - inside.sum[m]
		total += (float64(inside.sum[m]*inside.sum[m])/in + float64(out*out)/(n-in) - float64(all.sum[m]*all.sum[m])/n) / a.variance
	}
	return total
}
