package merge

// split is a part of the rows to learn from and another to check on.
type split struct {
	train, test       part
	trained, reserved moments // of train and of test
}

func newSplit(t *totals, within part, bit int) split {
	s := split{train: within.within(bit, false), test: within.within(bit, true)}
	s.trained, s.reserved = t.of(s.train), t.of(s.test)
	return s
}

// view is a crossing's cells over one part of the rows, a metric's values
// counted from the part's mean.
type view struct {
	n     []int64
	known [][]float64 // metric → cell → rows
	sum   [][]float64 // metric → cell → Σ (value − mean)
}

// over sums a crossing's entries over a part, whose moments are m.
func (c *crossing) over(p part, m *moments) *view { return c.views(m, p)[0] }

// views sums a crossing's entries over parts that have no row in common, in
// one pass; values are counted from the means of m.
func (c *crossing) views(m *moments, parts ...part) []*view {
	views := make([]*view, len(parts))
	var of [patterns]*view // fold pattern → the part it belongs to
	for i := range parts {
		v := &view{n: make([]int64, c.cells())}
		for range m.metrics {
			v.known = append(v.known, make([]float64, c.cells()))
			v.sum = append(v.sum, make([]float64, c.cells()))
		}
		views[i] = v
		for f, in := range parts[i] {
			if in {
				of[f] = v
			}
		}
	}
	for cell := range c.cells() {
		for e := c.start[cell]; e < c.start[cell+1]; e++ {
			v := of[c.fold[e]]
			if v == nil {
				continue
			}
			v.n[cell] += c.n[e]
			for k := range m.metrics {
				v.known[k][cell] += c.known[k][e]
				v.sum[k][cell] += c.centred(k, e, &m.metrics[k])
			}
		}
	}
	return views
}

// centred returns an entry's Σ (value − mean) of one metric.
func (c *crossing) centred(k, e int, m *moment) float64 {
	if c.den[k] == nil {
		return c.num[k][e] - float64(m.mean*c.known[k][e])
	}
	return (c.num[k][e] - float64(m.mean*c.den[k][e])) / m.unit
}

// heldOut returns the R² on the split's test rows of predicting every metric
// by the shrunk cell means of its training rows, meaned over the metrics.
func (s *split) heldOut(c *crossing) float64 {
	views := c.views(&s.trained, s.train, s.test)
	train, test := views[0], views[1]
	total := 0.0
	for k := range s.trained.metrics {
		prior := shrinkage(train.known[k], train.sum[k], &s.trained.metrics[k])
		total += explained(test.known[k], test.sum[k], s.reserved.metrics[k].variance, func(cell int) float64 {
			return shrunk(train.known[k][cell], train.sum[k][cell], prior)
		})
	}
	return total / float64(max(1, len(s.trained.metrics)))
}

// explained returns the R² of a prediction, both counted from the same mean:
// 1 − Σ (value − prediction)² / Σ (value − mean of these rows)². It is 0 where
// the values do not vary.
func explained(known, sum []float64, variance float64, prediction func(cell int) float64) float64 {
	rows, all := 0.0, 0.0
	for cell, n := range known {
		rows += n
		all += sum[cell]
	}
	if rows == 0 || variance <= 0 {
		return 0
	}
	mean, gain := all/rows, 0.0
	for cell, n := range known {
		p := prediction(cell) - mean
		gain += float64(2*p*(sum[cell]-float64(n*mean))) - float64(n*float64(p*p))
	}
	return gain / float64(rows*variance)
}

// shrinkage returns σ²/τ², the rows of prior knowledge that a cell's mean is
// weighed against: σ² within cells, τ² between them, by analysis of variance.
// −1 means that the cells do not differ more than chance makes them.
func shrinkage(known, sum []float64, m *moment) float64 {
	cells, rows, squares, between := 0.0, 0.0, 0.0, 0.0
	for i, n := range known {
		if n > 0 {
			cells++
			rows += n
			squares += float64(n * n)
			between += float64(sum[i] * sum[i] / n)
		}
	}
	if cells < 2 {
		return -1
	}
	within := m.variance
	if rows > cells {
		within = max(0, (float64(rows*m.variance)-between)/(rows-cells))
	}
	tau := (between - float64((cells-1)*within)) / (rows - squares/rows)
	if tau <= 0 {
		return -1
	}
	return within / tau
}

// shrunk returns a cell's mean drawn toward 0 by a prior of so many rows.
func shrunk(known, sum, prior float64) float64 {
	if prior < 0 || known == 0 {
		return 0
	}
	return sum / (known + prior)
}
