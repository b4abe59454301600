package feature

import (
	"fmt"
	"os"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

// levels counts as wire.OpLevels does, row by row.
func (x table) levels(plan *encoder.Plan) (*partial.Counts, []partial.Squares) {
	x.t.Helper()
	e, err := encoder.New(plan, x.Columns)
	if err != nil {
		x.t.Fatal(err)
	}
	offsets := encoder.Offsets(plan.Features)
	all := offsets[len(plan.Features)]
	complete := make([]bool, len(plan.Measures))
	for i, m := range plan.Measures {
		complete[i] = m.Complete
	}
	counts := partial.MakeCounts(all+1, complete)
	squares := make([]partial.Squares, len(plan.Measures))
	for i := range squares {
		squares[i] = partial.MakeSquares(1)
	}
	var dst encoder.Rows
	var first int64
	x.each(e.Columns(), func(_ int, rec arrow.Record) {
		if err := e.Encode(rec, first, &dst); err != nil {
			x.t.Fatal(err)
		}
		first += int64(dst.N)
		for i := range dst.N {
			add := func(at int) {
				counts.N[at]++
				for m := range dst.Values {
					if dst.Known[m][i] {
						counts.Measures[m].Sum.Add(at, dst.Values[m][i])
						if counts.Measures[m].Known != nil {
							counts.Measures[m].Known[at]++
						}
					}
				}
			}
			for f := range dst.Codes {
				add(offsets[f] + int(dst.Codes[f][i]))
			}
			add(all)
			for m := range dst.Values {
				squares[m].Add(0, dst.Values[m][i])
			}
		}
	})
	return &counts, squares
}

func TestPeekRank(t *testing.T) {
	f, m := os.Getenv("PEEK"), os.Getenv("METRIC")
	if m == "" {
		t.Skip()
	}
	x := open(t, data(t, f))
	p := x.profile()
	spec, err := metric.Parse(m)
	if err != nil {
		t.Fatal(err)
	}
	measures, metrics, err := metric.Resolve([]metric.Spec{spec}, "", p)
	if err != nil {
		t.Fatal(err)
	}
	r, _ := x.decide(Options{MinCount: 1, Metrics: metric.Columns([]metric.Spec{spec}, "")})
	plan := &encoder.Plan{Features: r.Features, Measures: measures}
	counts, squares := x.levels(plan)
	ranked := Rank(r.Features, metrics, counts, squares, nil)
	fmt.Printf("%+v %+v\n", measures, metrics)
	v := func(p *float64) string {
		if p == nil {
			return "-"
		}
		return fmt.Sprintf("%.4f", *p)
	}
	for _, i := range ByStrength(ranked, 0) {
		a := ranked[i].Metrics[0]
		fmt.Printf("%-28s compl %.3f even %.3f gain %s iv %s auc %s eta %s corr %s\n   %s %q\n", ranked[i].Name, ranked[i].Completeness, ranked[i].Evenness, v(a.Gain), v(a.IV), v(a.AUC), v(a.EtaSquared), v(a.Correlation), ranked[i].LeftOut, ranked[i].Warnings)
	}
}
