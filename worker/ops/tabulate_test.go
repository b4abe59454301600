package ops

import (
	"context"
	"testing"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// TestTabulateCountsEveryRow counts the splits of a table apart, with a measure
// that is known on every row and one that is not.
func TestTabulateCountsEveryRow(t *testing.T) {
	rows := customers(500)
	student := "student"
	plan := encoder.Plan{
		Nulls:    source.DefaultNulls,
		Features: assignParams("").Plan.Features[1:],
		Measures: []encoder.Measure{{Name: "age", Column: "age", Complete: true}, {Name: "studies", Column: "job", Equals: &student}},
	}
	// age: missing, below 30, 30 and more; job: missing, clerk, student, other; all
	var n, ages, known, studying [8]int64
	for _, c := range rows {
		entries := []int{2, 0, 7}
		if c.Age < 30 {
			entries[0] = 1
		}
		entries[1] = map[string]int{"": 3, "clerk": 4, "student": 5, "pilot": 6}[c.Job]
		for _, e := range entries {
			n[e]++
			ages[e] += c.Age
			if c.Job != "" {
				known[e]++
			}
			if c.Job == student {
				studying[e]++
			}
		}
	}
	data, err := wire.Encode(wire.TabulateParams{Plan: plan})
	if err != nil {
		t.Fatal(err)
	}
	for name, table := range map[string]*source.Table{"CSV": csvTable(t, rows, 500), "Parquet": parquetTable(t, rows)} {
		var sum *partial.Counts
		for _, split := range table.Splits {
			answer, err := Run(context.Background(), &Env{Table: table, Opener: source.Files{}, Splits: []source.Split{split}}, wire.OpTabulate, data)
			if err != nil {
				t.Fatal(err)
			}
			part := answer.(partial.Counts)
			if sum == nil {
				sum = &part
			} else if err := sum.Merge(&part); err != nil {
				t.Fatal(err)
			}
		}
		if len(table.Splits) < 2 || len(sum.N) != len(n) || sum.Measures[0].Known != nil {
			t.Fatalf("%s: %d splits, %d entries", name, len(table.Splits), len(sum.N))
		}
		for i := range n {
			age, studies := sum.Measures[0], sum.Measures[1]
			if sum.N[i] != n[i] || age.Sum.Big(i).Int64() != ages[i] || studies.Known[i] != known[i] || studies.Sum.Big(i).Int64() != studying[i] {
				t.Errorf("%s, entry %d: %d rows, ages %v, %v of %d study; want %d, %d, %d of %d", name, i,
					sum.N[i], age.Sum.Big(i), studies.Sum.Big(i), studies.Known[i], n[i], ages[i], studying[i], known[i])
			}
		}
	}
}
