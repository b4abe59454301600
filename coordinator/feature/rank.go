package feature

import (
	"cmp"
	"math"
	"math/big"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

// Ranked is how good a feature is, and how it goes with each metric. Figures
// that do not exist for a feature or metric are nil.
type Ranked struct {
	Feature      int           `json:"feature"` // index into the plan's features
	Name         string        `json:"name"`
	Completeness float64       `json:"completeness"` // share of rows that are not missing
	Evenness     float64       `json:"evenness"`     // entropy of the levels over that of equal shares, 0 to 1
	Metrics      []Association `json:"metrics,omitempty"`
	LeftOut      string        `json:"left_out,omitempty"` // why it must not be searched; "" = it may
	Warnings     []string      `json:"warnings,omitempty"`
}

// Association is how a feature's levels, missing included, go with a metric.
type Association struct {
	Metric      string   `json:"metric"`
	Gain        *float64 `json:"gain,omitempty"`        // yes/no: information gain, bits
	IV          *float64 `json:"iv,omitempty"`          // yes/no: information value, each count plus a half
	AUC         *float64 `json:"auc,omitempty"`         // yes/no: of the levels ordered by their rate
	EtaSquared  *float64 `json:"eta2,omitempty"`        // share of the metric's variance that lies between levels
	Correlation *float64 `json:"correlation,omitempty"` // ordered features: of the level's rank with the metric
}

// Rank ranks features by the counts of wire.OpLevels. squares holds Σx² over
// all rows in entry 0 of each measure; nil where it is not known, so that
// numeric metrics get no η². keep names features or columns that stay although
// they leak. The result is in the order of features.
func Rank(features []encoder.Feature, metrics []metric.Metric, counts *partial.Counts, squares []partial.Squares, keep []string) []Ranked {
	offsets := encoder.Offsets(features)
	all := offsets[len(features)]
	out := make([]Ranked, len(features))
	for i := range features {
		f := &features[i]
		first := offsets[i]
		n := counts.N[first : first+f.Codes()]
		r := Ranked{Feature: i, Name: f.Name, Evenness: evenness(n)}
		if total := counts.N[all]; total > 0 {
			r.Completeness = 1 - float64(n[encoder.Missing])/float64(total)
		}
		kept := slices.Contains(keep, f.Name) || slices.Contains(keep, f.Column)
		for _, m := range metrics {
			t := tabulate(m, counts, first, f.Codes(), all)
			r.Metrics = append(r.Metrics, t.association(f, m, square(m, squares)))
			t.suspect(f, m, &r, kept)
		}
		out[i] = r
	}
	return out
}

// square returns Σx² over all rows in the square of the metric's unit, NaN
// where it is not known.
func square(m metric.Metric, squares []partial.Squares) float64 {
	if m.Num >= len(squares) || len(squares[m.Num].Hi) == 0 {
		return math.NaN()
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(2*m.Digits)), nil)
	f, _ := new(big.Rat).SetFrac(squares[m.Num].Big(0), scale).Float64()
	return f
}

// ByStrength returns the indexes of ranked features, the strongest for metric m
// first: by information gain or η², ties by name.
func ByStrength(ranked []Ranked, m int) []int {
	strength := func(i int) float64 {
		if m >= len(ranked[i].Metrics) {
			return ranked[i].Evenness
		}
		a := ranked[i].Metrics[m]
		for _, v := range []*float64{a.Gain, a.EtaSquared} {
			if v != nil {
				return *v
			}
		}
		return 0
	}
	order := make([]int, len(ranked))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(strength(b), strength(a)), cmp.Compare(ranked[a].Name, ranked[b].Name))
	})
	return order
}

// evenness is the entropy of counts over the logarithm of how many are not 0.
func evenness(n []int64) float64 {
	var total, used int64
	for _, x := range n {
		total += x
		if x > 0 {
			used++
		}
	}
	if used < 2 {
		return 0
	}
	h := 0.0
	for _, x := range n {
		h += plogp(float64(x) / float64(total))
	}
	return min(1, h/math.Log(float64(used)))
}

// plogp returns −p·ln p. Products are rounded before they are added, here and
// below, so that no processor fuses the two.
func plogp(p float64) float64 {
	if p <= 0 {
		return 0
	}
	return -float64(p * math.Log(p))
}

// crosstab is a metric over the codes of one feature.
type crosstab struct {
	weight, sum       []float64 // code → what the mean divides by, sum
	allWeight, allSum float64
	yes, no           []int64 // code → rows, of an unweighted yes/no metric; else nil
	allYes, allNo     int64
}

func tabulate(m metric.Metric, counts *partial.Counts, first, codes, all int) crosstab {
	t := crosstab{weight: make([]float64, codes), sum: make([]float64, codes)}
	whole := m.At(counts, all)
	t.allWeight, t.allSum = m.Weight(whole), m.Sum(whole)
	binary := m.Binary && m.Den < 0 && m.Digits == 0
	if binary {
		t.yes, t.no = make([]int64, codes), make([]int64, codes)
		t.allYes = whole.Num.Int64()
		t.allNo = whole.Known - t.allYes
	}
	for c := range codes {
		v := m.At(counts, first+c)
		t.weight[c], t.sum[c] = m.Weight(v), m.Sum(v)
		if binary {
			t.yes[c] = v.Num.Int64()
			t.no[c] = v.Known - t.yes[c]
		}
	}
	return t
}

func (t *crosstab) association(f *encoder.Feature, m metric.Metric, square float64) Association {
	a := Association{Metric: m.Name}
	variance := math.NaN() // total, times weight
	switch {
	case t.yes != nil:
		variance = t.allSum - float64(t.allSum*t.allSum)/t.allWeight
		if t.allYes > 0 && t.allNo > 0 {
			a.Gain, a.IV, a.AUC = ref(t.gain()), ref(t.informationValue()), ref(t.auc())
		}
	case m.Den < 0:
		variance = square - float64(t.allSum*t.allSum)/t.allWeight
	}
	if !(variance > 0) {
		return a
	}
	mean := t.allSum / t.allWeight
	between := 0.0
	for c, w := range t.weight {
		if w > 0 {
			d := t.sum[c]/w - mean
			between += float64(w * float64(d*d))
		}
	}
	a.EtaSquared = ref(min(1, between/variance))
	if f.Kind != encoder.Category {
		a.Correlation = t.correlation(variance)
	}
	return a
}

// correlation is Pearson's of the level's rank with the metric over the rows
// that are not missing; the metric's variance is that of all rows.
func (t *crosstab) correlation(variance float64) *float64 {
	var n, ranks, sum float64
	for c := 1; c < len(t.weight); c++ {
		n += t.weight[c]
		ranks += float64(t.weight[c] * float64(c))
		sum += t.sum[c]
	}
	if n == 0 {
		return nil
	}
	meanRank, mean := ranks/n, sum/n
	var cov, spread float64
	for c := 1; c < len(t.weight); c++ {
		d := float64(c) - meanRank
		cov += float64(d * (t.sum[c] - float64(t.weight[c]*mean)))
		spread += float64(t.weight[c] * float64(d*d))
	}
	if spread == 0 {
		return nil
	}
	r := cov / math.Sqrt(spread) / math.Sqrt(float64(variance*(n/t.allWeight)))
	return ref(max(-1, min(1, r)))
}

func (t *crosstab) gain() float64 {
	entropy := func(yes, no int64) float64 {
		n := float64(yes + no)
		return (plogp(float64(yes)/n) + plogp(float64(no)/n)) / math.Ln2
	}
	g := entropy(t.allYes, t.allNo)
	n := float64(t.allYes + t.allNo)
	for c := range t.yes {
		if k := t.yes[c] + t.no[c]; k > 0 {
			g -= float64(float64(k) / n * entropy(t.yes[c], t.no[c]))
		}
	}
	return max(0, g)
}

func (t *crosstab) informationValue() float64 {
	used := 0.0
	for c := range t.yes {
		if t.yes[c]+t.no[c] > 0 {
			used++
		}
	}
	iv := 0.0
	for c := range t.yes {
		if t.yes[c]+t.no[c] == 0 {
			continue
		}
		p := (float64(t.yes[c]) + 0.5) / (float64(t.allYes) + float64(0.5*used))
		q := (float64(t.no[c]) + 0.5) / (float64(t.allNo) + float64(0.5*used))
		iv += float64((p - q) * math.Log(p/q))
	}
	return iv
}

func ref(x float64) *float64 { return &x }
