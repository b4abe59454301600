package merge

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

// drawTable is rows that bootstraps draw from, ascending by their contents.
type drawTable struct {
	plan     *encoder.Plan
	metrics  []metric.Metric
	n        []int64 // row → customers
	fold     []uint8
	codes    map[int][]uint8 // feature → row
	known    [][]bool        // metric → row
	num, den [][]float64     // metric → row, in the metric's unit; den[m] nil = no ratio

	mu     sync.Mutex
	shapes map[string]*shape
}

// shape is what the crossings of some features have in common, whatever is drawn.
type shape struct {
	crossing
	entry []int32 // row → its entry
	cell  []int32 // row → its cell
}

func newDrawTable(c *partial.Contents, features []int, plan *encoder.Plan, metrics []metric.Metric) (*drawTable, error) {
	t := &drawTable{plan: plan, metrics: metrics, codes: map[int][]uint8{}, shapes: map[string]*shape{}}
	width := 1 + len(features) + 9*len(plan.Measures)
	value := func(row string, m, digits int) (x float64, known bool) {
		at := row[1+len(features)+9*m:]
		x = float64(int64(binary.BigEndian.Uint64([]byte(at[1:9]))))
		for range digits {
			x /= 10
		}
		return x, at[0] == 1
	}
	t.known, t.num, t.den = make([][]bool, len(metrics)), make([][]float64, len(metrics)), make([][]float64, len(metrics))
	for _, row := range slices.Sorted(maps.Keys(c.Rows)) {
		if len(row) != width {
			return nil, fmt.Errorf("a row has %d bytes, not %d", len(row), width)
		}
		t.n, t.fold = append(t.n, c.Rows[row]), append(t.fold, row[0]&(1<<encoder.Folds-1))
		for i, f := range features {
			if int(row[1+i]) >= plan.Features[f].Codes() {
				return nil, fmt.Errorf("feature %s has no code %d", plan.Features[f].Name, row[1+i])
			}
			t.codes[f] = append(t.codes[f], row[1+i])
		}
		for k, m := range metrics {
			x, known := value(row, m.Num, m.Digits)
			t.known[k], t.num[k] = append(t.known[k], known), append(t.num[k], x)
			if m.Den >= 0 {
				y, _ := value(row, m.Den, m.DenDigits)
				t.den[k] = append(t.den[k], y)
			}
		}
	}
	return t, nil
}

func (t *drawTable) customers() int64 {
	var all int64
	for _, n := range t.n {
		all += n
	}
	return all
}

// shape lays the cells of some features out, once.
func (t *drawTable) shape(features []int) *shape {
	id := fmt.Sprint(features) // in this order, as cells stand in it
	t.mu.Lock()
	defer t.mu.Unlock()
	if s, ok := t.shapes[id]; ok {
		return s
	}
	keys := make([]uint64, len(t.n))
	for _, f := range features {
		codes, radix := t.codes[f], uint64(t.plan.Features[f].Codes())
		for i, c := range codes {
			keys[i] = keys[i]*radix + uint64(c)
		}
	}
	for i, fold := range t.fold {
		keys[i] = keys[i]<<encoder.Folds | uint64(fold)
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(keys)))
	s := &shape{crossing: crossing{features: features}, entry: make([]int32, len(keys)), cell: make([]int32, len(keys))}
	cellOf := make([]int32, len(distinct))
	for e, key := range distinct {
		s.fold = append(s.fold, uint8(key&(1<<encoder.Folds-1)))
		if e == 0 || key>>encoder.Folds != distinct[e-1]>>encoder.Folds {
			s.start = append(s.start, e)
			s.codes = append(s.codes, make([]uint8, len(features))...)
		}
		cellOf[e] = int32(len(s.start) - 1)
	}
	s.start = append(s.start, len(distinct))
	for i, key := range keys {
		e, _ := slices.BinarySearch(distinct, key)
		s.entry[i], s.cell[i] = int32(e), cellOf[e]
		for j, f := range features {
			s.codes[int(cellOf[e])*len(features)+j] = t.codes[f][i]
		}
	}
	t.shapes[id] = s
	return s
}

// crossing adds the rows of a shape up, each so often as it was drawn.
func (t *drawTable) crossing(s *shape, w []float64) *crossing {
	c := s.crossing
	c.n = make([]int64, len(c.fold))
	for i, e := range s.entry {
		c.n[e] += int64(w[i])
	}
	for m := range t.metrics {
		known, num := make([]float64, len(c.fold)), make([]float64, len(c.fold))
		var den []float64
		if t.den[m] != nil {
			den = make([]float64, len(c.fold))
		}
		for i, e := range s.entry {
			if !t.known[m][i] {
				continue
			}
			known[e] += w[i]
			num[e] += float64(w[i] * t.num[m][i])
			if den != nil {
				den[e] += float64(w[i] * t.den[m][i])
			}
		}
		c.known, c.num, c.den = append(c.known, known), append(c.num, num), append(c.den, den)
	}
	return &c
}

// moments are those of a part of the drawn rows.
func (t *drawTable) moments(p part, w []float64) moments {
	var out moments
	for i, n := range w {
		if p[t.fold[i]] {
			out.n += int64(n)
		}
	}
	for m := range t.metrics {
		known, mean, variance := t.spread(p, w, t.known[m], t.num[m])
		a := moment{known: known, mean: mean, unit: 1, variance: variance}
		if t.den[m] != nil {
			_, denMean, denVariance := t.spread(p, w, t.known[m], t.den[m])
			a = moment{known: known}
			if denMean != 0 {
				a.unit, a.mean = denMean, mean/denMean
				a.variance = (variance + float64(float64(a.mean*a.mean)*denVariance)) / float64(denMean*denMean)
			}
		}
		out.metrics = append(out.metrics, a)
	}
	return out
}

// spread returns rows, mean and variance of a column on a part of the drawn rows.
func (t *drawTable) spread(p part, w []float64, known []bool, x []float64) (rows, mean, variance float64) {
	sum := 0.0
	for i, n := range w {
		if p[t.fold[i]] && known[i] {
			rows += n
			sum += float64(n * x[i])
		}
	}
	if rows == 0 {
		return 0, 0, 0
	}
	mean = sum / rows
	for i, n := range w {
		if p[t.fold[i]] && known[i] {
			variance += float64(n * float64((x[i]-mean)*(x[i]-mean)))
		}
	}
	return rows, mean, variance / rows
}

// reference returns the clusters that the rows are in, k by k from lo; −1 = in none.
func (t *drawTable) reference(f *fit, lo, hi int) [][]int {
	position := map[string]int{}
	for i, cell := range f.g.cells {
		position[string(f.g.c.at(cell))] = i
	}
	out := make([][]int, hi-lo+1)
	code := make([]byte, len(f.g.c.features))
	for k := lo; k <= hi; k++ {
		label := f.g.spread(Cut(f.merges, len(f.g.points.Weight), k))
		for row := range t.n {
			for j, feature := range f.g.c.features {
				code[j] = t.codes[feature][row]
			}
			at, ok := position[string(code)]
			if !ok {
				out[k-lo] = append(out[k-lo], -1)
				continue
			}
			out[k-lo] = append(out[k-lo], label[at])
		}
	}
	return out
}
