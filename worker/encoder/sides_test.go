package encoder

import (
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/headwater-dev/headwater/worker/source"
)

// TestSides encodes measures that are known on one side only: of a category, of
// a number and of a date that are cut, and of a range of rows.
func TestSides(t *testing.T) {
	for _, test := range []struct {
		name   string
		sides  Feature
		column source.Column
		values []string
		want   []uint8 // 0 = neither
	}{
		{
			"category",
			Feature{Column: "s", Kind: Category, Levels: []Level{{Name: "x", Value: "x"}, {Name: "y", Value: "y"}}},
			source.Column{Name: "s", Type: source.Text},
			[]string{"x", "y", "z", null, "NA"},
			[]uint8{1, 2, 0, 0, 0},
		},
		{
			"number",
			Feature{Column: "s", Kind: Range, Levels: []Level{{Name: "<50", High: at(50)}, {Name: "50+", Low: at(50)}}},
			source.Column{Name: "s", Type: source.Float},
			[]string{"49.9", "50", null, "-7", "1e9"},
			[]uint8{1, 2, 0, 1, 2},
		},
		{
			"date",
			Feature{Column: "s", Part: AgeDays, AsOf: "2026-07-01", Kind: Range, Levels: []Level{{Name: "before", Low: at(1)}, {Name: "from", High: at(1)}}},
			source.Column{Name: "s", Type: source.Text},
			[]string{"2026-06-30", "2026-07-01", "NA", "2027-01-01 10:00", "1999-12-31"},
			[]uint8{1, 2, 0, 2, 1},
		},
		{
			"place",
			Feature{Part: Place, Kind: Range, Levels: []Level{{Name: "A", High: at(102)}, {Name: "B", Low: at(102)}}},
			source.Column{},
			nil,
			[]uint8{1, 1, 2, 2, 2},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			plan := &Plan{
				Sides: &test.sides, Nulls: []string{"NA"},
				Measures: []Measure{{Name: "side"}, {Name: "A", Column: "m", Side: SideA}, {Name: "B", Column: "m", Side: SideB}, {Name: "m", Column: "m"}},
			}
			columns := []source.Column{{Name: "m", Type: source.Int}}
			arrays := []arrow.Array{build(t, source.Int, []string{"10", "20", "30", "40", null})}
			if test.values != nil {
				columns, arrays = append(columns, test.column), append(arrays, build(t, test.column.Type, test.values))
			}
			e, err := New(plan, columns)
			if err != nil {
				t.Fatal(err)
			}
			rec := record(e.Columns(), arrays)
			defer rec.Release()
			var rows Rows
			if err := e.Encode(rec, 100, &rows); err != nil {
				t.Fatal(err)
			}
			for i, side := range test.want {
				metric, known := []int64{10, 20, 30, 40, 0}[i], i < 4
				wantValues := []int64{flag(side == SideB), 0, 0, metric}
				wantKnown := []bool{side != 0, known && side == SideA, known && side == SideB, known}
				if wantKnown[1] {
					wantValues[1] = metric
				}
				if wantKnown[2] {
					wantValues[2] = metric
				}
				for m := range wantValues {
					if rows.Values[m][i] != wantValues[m] || rows.Known[m][i] != wantKnown[m] {
						t.Errorf("row %d, measure %s: %d (known %t), want %d (%t)", i, plan.Measures[m].Name, rows.Values[m][i], rows.Known[m][i], wantValues[m], wantKnown[m])
					}
				}
			}
			// What travels to the workers is the same plan.
			data, err := plan.GobEncode()
			if err != nil {
				t.Fatal(err)
			}
			var back Plan
			if err := back.GobDecode(data); err != nil || !slices.Equal(back.Measures, plan.Measures) || len(back.Sides.Levels) != 2 {
				t.Errorf("the plan came back as %+v (%v)", back, err)
			}
		})
	}
	plan := &Plan{Sides: &Feature{Column: "gone", Kind: Category}, Measures: []Measure{{Name: "side"}}}
	if _, err := New(plan, nil); err == nil {
		t.Error("sides of a column that the table lacks were accepted")
	}
}
