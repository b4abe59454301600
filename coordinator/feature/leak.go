package feature

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
)

// A yes/no metric that a feature's levels separate with at least this AUC is
// taken to leak into it: it was recorded with or after the outcome. Real
// predictors stay far below. In hundredths.
const leakAUC = 99

// One-sided determiners: levels of at least a hundredth of the rows each on
// which a yes/no metric has one value only, although sureRows of the other were
// to be expected (chance: e⁻²⁰), and which hold a third of that value's rows.
const (
	minorShare = 100
	sureRows   = 20
	largePart  = 3
)

// nearlyAll is the share of a numeric metric's variance between levels from
// which a feature is pointed out as another form of the metric.
const nearlyAll = 0.95

// suspect fills in LeftOut and Warnings for one metric. What decides is exact.
func (t *crosstab) suspect(f *encoder.Feature, m metric.Metric, r *Ranked, kept bool) {
	if t.yes == nil {
		if e := r.Metrics[len(r.Metrics)-1].EtaSquared; e != nil && *e >= nearlyAll {
			r.Warnings = append(r.Warnings, fmt.Sprintf("%s alone explains %.1f %% of the variance of %s: is it another form of it?", f.Name, 100**e, m.Name))
		}
		return
	}
	if t.allYes == 0 || t.allNo == 0 {
		return
	}
	if num, den := t.exactAUC(); num.Mul(num, big.NewInt(100)).Cmp(den.Mul(den, big.NewInt(leakAUC))) >= 0 {
		text := fmt.Sprintf("%s alone separates %s (AUC %.4f): it looks like a result of it, not a reason", f.Name, m.Name, t.auc())
		if kept {
			r.Warnings = append(r.Warnings, text+"; kept as asked")
		} else if r.LeftOut == "" {
			r.LeftOut = text + "; --keep " + f.Column + " brings it back"
		}
		return
	}
	t.oneSided(f, m, r)
}

func (t *crosstab) oneSided(f *encoder.Feature, m metric.Metric, r *Ranked) {
	rows := t.allYes + t.allNo
	for _, side := range []struct {
		name             string
		has, lacks       []int64
		allHas, allLacks int64
	}{
		{"never", t.no, t.yes, t.allNo, t.allYes},
		{"always", t.yes, t.no, t.allYes, t.allNo},
	} {
		var names []string
		var held int64
		for c := range side.has {
			n := side.has[c]
			if side.lacks[c] > 0 || n*minorShare < rows || float64(n)*float64(side.allLacks) < sureRows*float64(rows) {
				continue
			}
			held += n
			names = append(names, f.LevelName(c))
		}
		if held*largePart < side.allHas || held == 0 {
			continue
		}
		if len(names) > 5 {
			names = append(names[:5], fmt.Sprintf("%d more", len(names)-5))
		}
		r.Warnings = append(r.Warnings, fmt.Sprintf("%s is %s met where %s is %s (%s rows): if that is so by definition, exclude it",
			m.Name, side.name, f.Name, strings.Join(names, " or "), count(held)))
	}
}

// exactAUC returns the area under the curve of the levels ordered by their
// rate, as a fraction.
func (t *crosstab) exactAUC() (num, den *big.Int) {
	order := make([]int, 0, len(t.yes))
	for c := range t.yes {
		if t.yes[c]+t.no[c] > 0 {
			order = append(order, c)
		}
	}
	slices.SortFunc(order, func(a, b int) int { // yes[a]/n[a] against yes[b]/n[b]
		x := new(big.Int).Mul(big.NewInt(t.yes[a]), big.NewInt(t.no[b]))
		y := new(big.Int).Mul(big.NewInt(t.yes[b]), big.NewInt(t.no[a]))
		return cmp.Or(x.Cmp(y), cmp.Compare(a, b))
	})
	num = new(big.Int)
	var below int64
	for _, c := range order {
		num.Add(num, new(big.Int).Mul(big.NewInt(t.yes[c]), big.NewInt(2*below+t.no[c])))
		below += t.no[c]
	}
	den = new(big.Int).Mul(big.NewInt(2*t.allYes), big.NewInt(t.allNo))
	return num, den
}

func (t *crosstab) auc() float64 {
	num, den := t.exactAUC()
	f, _ := new(big.Rat).SetFrac(num, den).Float64()
	return f
}
