package synthetic

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// table holds a whole table as text, "" where a value is missing.
type table struct {
	columns map[string][]string
	truth   *Truth
}

func makeTable(t *testing.T, c Config) table {
	t.Helper()
	made := table{columns: map[string][]string{}}
	truth, err := Batches(t.Context(), c, func(r arrow.Record) error {
		for j, f := range r.Schema().Fields() {
			for i := range int(r.NumRows()) {
				made.columns[f.Name] = append(made.columns[f.Name], cell(r.Column(j), i))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	made.truth = truth
	return made
}

func cell(a arrow.Array, i int) string {
	if a.IsNull(i) {
		return ""
	}
	switch a := a.(type) {
	case *array.Dictionary:
		return a.Dictionary().(*array.String).Value(a.GetValueIndex(i))
	case *array.Decimal128:
		return a.Value(i).ToString(moneyType.Scale)
	}
	return a.ValueStr(i)
}

// rate returns how many rows hold all items, and the share of them that responded.
func (m table) rate(items []Item) (n int64, rate float64) {
	responded := int64(0)
	for i, r := range m.columns[Responded] {
		in := true
		for _, it := range items {
			in = in && m.columns[it.Column][i] == it.Level
		}
		if in {
			n++
			if r == "yes" {
				responded++
			}
		}
	}
	return n, float64(responded) / float64(n)
}

func TestPlantedGroupsStandOutAsStated(t *testing.T) {
	const rows = 300_000
	m := makeTable(t, Config{Rows: rows, Features: 20, Seed: 11})
	if len(m.truth.Planted) != len(planted) {
		t.Fatalf("%d groups planted, want %d", len(m.truth.Planted), len(planted))
	}
	if r := m.truth.BaseRate; r < 0.075 || r > 0.086 {
		t.Errorf("base rate %.4f is not about 8 %%", r)
	}
	down := 0
	for _, p := range m.truth.Planted {
		n, rate := m.rate(p.Items)
		if n != p.N || rate != p.Rate {
			t.Errorf("%v: counted %d at %.4f, the truth says %d at %.4f", p.Items, n, rate, p.N, p.Rate)
		}
		if p.Share < 0.01 || p.Share > 0.04 {
			t.Errorf("%v: share %.4f is not between 1 and 4 %%", p.Items, p.Share)
		}
		if sd := math.Sqrt(p.ExpectedShare / rows); math.Abs(p.Share-p.ExpectedShare) > 4*sd+0.0001 {
			t.Errorf("%v: share %.4f, expected %.4f", p.Items, p.Share, p.ExpectedShare)
		}
		// Odds vary inside a group, so the odds of its rate move a little less.
		factor := odds(p.Rate) / odds(p.RateUnplanted)
		if f := math.Log(factor) / math.Log(p.OddsFactor); f < 0.8 || f > 1.2 {
			t.Errorf("%v: odds are %.2f times the unplanted ones, want about %.2f", p.Items, factor, p.OddsFactor)
		}
		// No proper part of the group comes near it.
		for leave := range p.Items {
			part := append(append([]Item{}, p.Items[:leave]...), p.Items[leave+1:]...)
			_, r := m.rate(part)
			if p.Direction == "up" && rate < 1.7*r || p.Direction == "down" && rate > r/1.7 {
				t.Errorf("%v goes %s to %.4f, but its part %v has %.4f already", p.Items, p.Direction, rate, part, r)
			}
		}
		if p.Direction == "down" {
			down++
		}
	}
	if down == 0 || down == len(m.truth.Planted) {
		t.Errorf("%d of %d groups go down, want some of each", down, len(m.truth.Planted))
	}
}

func odds(p float64) float64 { return p / (1 - p) }

func TestGroupsArePlantedWhereTheirColumnsExist(t *testing.T) {
	for features, want := range map[int]int{1: 0, 2: 0, 3: 1, 9: 2, 10: 3, 14: 4, 16: 5, 19: 6, 24: 6, 30: 6} {
		m := makeTable(t, Config{Rows: 10, Features: features, Seed: 1})
		if len(m.columns) != features+3 {
			t.Errorf("%d features: %d columns, want %d", features, len(m.columns), features+3)
		}
		if len(m.truth.Planted) != want {
			t.Errorf("%d features: %d groups planted, want %d", features, len(m.truth.Planted), want)
		}
		for _, p := range m.truth.Planted {
			for _, it := range p.Items {
				if m.columns[it.Column] == nil {
					t.Errorf("%d features: column %s of a planted group is missing", features, it.Column)
				}
			}
		}
	}
}

func TestTraitsLookLikeCustomers(t *testing.T) {
	const rows = 120_000
	m := makeTable(t, Config{Rows: rows, Features: 32, Seed: 5})
	for _, c := range newGenerator(Config{Seed: 5, Features: 32}).columns {
		empty, distinct := 0, map[string]int{}
		for _, v := range m.columns[c.name] {
			if v == "" {
				empty++
			} else {
				distinct[v]++
			}
		}
		if rate := float64(empty) / rows; math.Abs(rate-float64(c.missing)/1000) > 0.005 {
			t.Errorf("%s: %.4f missing, stated %.3f", c.name, rate, float64(c.missing)/1000)
		}
		if c.kind == text && len(distinct) != len(c.levels) {
			t.Errorf("%s: %d of its %d levels occur: %v", c.name, len(distinct), len(c.levels), distinct)
		}
	}
	share := func(column string, is func(float64) bool) float64 {
		n := 0
		for _, s := range m.columns[column] {
			if v, err := strconv.ParseFloat(s, 64); err == nil && is(v) {
				n++
			}
		}
		return float64(n) / rows
	}
	near := func(name string, got, want, by float64) {
		if math.Abs(got-want) > by {
			t.Errorf("%s: %.4f, want %.4f ± %.4f", name, got, want, by)
		}
	}
	near("age outside 18–95", share("age", func(v float64) bool { return v < 18 || v > 95 }), 0, 0)
	near("never contacted", share("days_since_contact", func(v float64) bool { return v == -1 }), 0.74, 0.01)
	near("overdrawn", share("balance", func(v float64) bool { return v < 0 }), 0.083, 0.005)
	near("income above 100,000", share("income", func(v float64) bool { return v > 100_000 }), 0.04, 0.02)
	near("no revenue", share(Revenue, func(v float64) bool { return v == 0 }), 0.848, 0.01)
	near("large revenue", share(Revenue, func(v float64) bool { return v > 1000 }), 0.018, 0.01)
	near("negative revenue", share(Revenue, func(v float64) bool { return v < 0 }), 0, 0)
	for i, v := range m.columns["days_since_contact"] {
		if (v == "-1") != (m.columns["previous_outcome"][i] == "none") {
			t.Fatalf("row %d: last contact %s days ago with outcome %s", i, v, m.columns["previous_outcome"][i])
		}
	}
	for _, d := range []struct {
		higher, lower Item
		by            float64
	}{
		{Item{"previous_outcome", "success"}, Item{"previous_outcome", "none"}, 3},
		{Item{"housing", "no"}, Item{"housing", "yes"}, 1.2},
		{Item{"month", "mar"}, Item{"month", "may"}, 1.8},
	} {
		_, high := m.rate([]Item{d.higher})
		_, low := m.rate([]Item{d.lower})
		if high < d.by*low {
			t.Errorf("%v responds at %.4f, %v at %.4f: less than %.1f times", d.higher, high, d.lower, low, d.by)
		}
	}
	if young, old := m.mean("income", "job", "student"), m.mean("income", "job", "management"); young*3 > old {
		t.Errorf("students earn %.0f, managers %.0f", young, old)
	}
	if classic, platinum := m.mean("income", "card", "classic"), m.mean("income", "card", "platinum"); classic*1.4 > platinum {
		t.Errorf("holders of classic cards earn %.0f, of platinum cards %.0f", classic, platinum)
	}
	if no, yes := m.mean(Revenue, Responded, "no"), m.mean(Revenue, Responded, "yes"); no*20 > yes || no == 0 {
		t.Errorf("revenue is %.2f without and %.2f with a response", no, yes)
	}
}

func (m table) mean(of, where, is string) float64 {
	sum, n := 0.0, 0.0
	for i, s := range m.columns[of] {
		if v, err := strconv.ParseFloat(s, 64); err == nil && m.columns[where][i] == is {
			sum, n = sum+v, n+1
		}
	}
	return sum / n
}

func TestTruthIsReadableAsWritten(t *testing.T) {
	_, data := write(t, "t.csv", Config{Rows: 20_000, Features: 20, Seed: math.MaxUint64})
	var back Truth
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	m := makeTable(t, Config{Rows: 20_000, Features: 20, Seed: math.MaxUint64})
	if got, want := fmt.Sprintf("%+v", back), fmt.Sprintf("%+v", *m.truth); got != want {
		t.Errorf("read back\n%s\nmade\n%s", got, want)
	}
	cents := int64(0)
	for _, s := range m.columns[Revenue] {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		cents += int64(math.Round(v * 100))
	}
	if decimal(cents) != back.Revenue {
		t.Errorf("revenue adds up to %s, the truth says %s", decimal(cents), back.Revenue)
	}
}
