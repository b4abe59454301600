package roles

import (
	"strings"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

func category(values ...string) encoder.Feature {
	f := encoder.Feature{Name: "f", Column: "f", Kind: encoder.Category}
	for _, v := range values {
		f.Levels = append(f.Levels, encoder.Level{Name: v, Value: v})
	}
	return f
}

func discrete(values ...string) encoder.Feature {
	f := category(values...)
	f.Kind = encoder.Discrete
	return f
}

// spiked is a Range feature of single values with a range above them.
func spiked(values ...float64) encoder.Feature {
	f := encoder.Feature{Name: "f", Column: "f", Kind: encoder.Range}
	for _, v := range values {
		f.Levels = append(f.Levels, encoder.Level{Name: "spike", Low: &v, High: &v})
	}
	f.Levels = append(f.Levels, encoder.Level{Name: "the rest"})
	return f
}

// reasons finds the artefacts of one feature whose column goes from low to
// high; n are the customers of each code.
func reasons(f encoder.Feature, low, high float64, n ...int64) map[int]string {
	var all int64
	for _, x := range n {
		all += x
	}
	c := feature.Column{Name: f.Column, Min: &low, Max: &high}
	found := map[int]string{}
	for item, why := range Artefacts([]encoder.Feature{f}, []feature.Column{c}, &partial.Counts{N: append(n, all)}) {
		found[int(item.Code)] = why
	}
	return found
}

func TestArtefactsOfWords(t *testing.T) {
	for _, value := range []string{
		"unknown", "Unknown", " UNKNOWN ", "n/a", "N/A", "N.A.", "none", "?", "-", "(blank)", "not_available", "null", "other", "Others",
		"1900-01-01", "0000-00-00", "-1", "-999", "未知", "其他", "",
	} {
		if found := reasons(category("a", value), 0, 0, 0, 5, 5); found[2] == "" || found[1] != "" {
			t.Errorf("%q: %v", value, found)
		}
	}
	for _, value := range []string{"no", "yes", "success", "nonesuch", "another", "999", "1", "unknowable", "nan chang", "2021-01-01"} {
		if found := reasons(category("a", value), 0, 0, 0, 5, 5); found[2] != "" {
			t.Errorf("%q: %v", value, found)
		}
	}
}

func TestArtefactsOfNumbers(t *testing.T) {
	for _, c := range []struct {
		name      string
		f         encoder.Feature
		low, high float64
		n         []int64
		code      int // which is an artefact; -1 = none
		says      string
	}{
		{"days since, -1 for never", spiked(-1), -1, 871, []int64{0, 80, 20}, 1, "stands for none"},
		{"a scale of three", discrete("-1", "0", "1"), -1, 1, []int64{0, 40, 30, 30}, -1, ""},
		{"-1 among a few counts", discrete("-1", "0", "1", "2"), -1, 2, []int64{0, 40, 30, 20, 10}, 1, "stands for none"},
		{"-1 that is not the smallest", spiked(-1), -700, 871, []int64{0, 80, 20}, -1, ""},
		{"999 far above all", discrete("1", "2", "999"), 1, 999, []int64{0, 40, 30, 30}, 3, "stands for none"},
		{"99 where 98 occurs", discrete("97", "98", "99"), 97, 99, []int64{0, 40, 30, 30}, -1, ""},
		{"999 that is not the largest", spiked(999), 0, 2000, []int64{0, 20, 80}, -1, ""},
		{"zero purchases", spiked(0), 0, 275, []int64{0, 80, 20}, -1, ""},
		{"one contact, two contacts", spiked(1, 2), 1, 63, []int64{0, 39, 28, 33}, -1, ""},
		{"years of service thin out", spiked(2, 3), 2, 63, []int64{0, 39, 28, 33}, -1, ""},
		{"everybody is 18", spiked(18), 18, 95, []int64{0, 30, 70}, 1, "30.0 % of the customers have just this smallest value"},
		{"a cap", spiked(5000), 12, 5000, []int64{0, 6, 94}, 1, "largest value"},
		{"a few at the cap", spiked(5000), 12, 5000, []int64{0, 4, 96}, -1, ""},
		{"a spike in the middle", spiked(40), 1, 90, []int64{0, 60, 40}, -1, ""},
		{"some are missing", discrete("3", "4"), 3, 4, []int64{10, 40, 50}, 0, "missing"},
	} {
		found := reasons(c.f, c.low, c.high, c.n...)
		if c.code != 0 {
			delete(found, 0) // the missing level always is one
		}
		if c.code < 0 && len(found) > 0 || c.code >= 0 && (len(found) != 1 || !strings.Contains(found[c.code], c.says)) {
			t.Errorf("%s: %v", c.name, found)
		}
	}
}

func TestArtefactsOfDatesAndOfTheRest(t *testing.T) {
	age := spiked(45837) // days from 1900-01-01 to 2025-07-01
	age.Part, age.AsOf = encoder.AgeDays, "2025-07-01"
	if found := reasons(age, 0, 0, 0, 50, 50); found[1] == "" || found[2] != "" {
		t.Errorf("1900-01-01: %v", found)
	}
	age.AsOf = "2025-07-02"
	if found := reasons(age, 0, 0, 0, 50, 50); found[1] != "" {
		t.Errorf("1900-01-02: %v", found)
	}
	rest := category("a", "(other)")
	rest.Other = 2
	if found := Artefacts([]encoder.Feature{rest}, nil, &partial.Counts{N: []int64{0, 5, 5, 10}}); found[wire.Item{Feature: 0, Code: 2}] != "" {
		t.Errorf("the rest of the values: %v", found)
	}
}
