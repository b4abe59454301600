package feature

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

func TestCategories(t *testing.T) {
	many := map[string]int64{}
	for i := range 300 {
		many[fmt.Sprintf("v%d", i)] = int64(1000 - i/2)
	}
	levels, other := categoryLevels(many, true, 1)
	if len(levels) != 255 || other != 255 || levels[254].Name != OtherName || levels[2].Name != "v2" || levels[10].Name != "v10" {
		t.Errorf("%d levels, other %d: %s", len(levels), other, names(levels))
	}
	// By frequency, ties by name: v252 and v253 occur 874 times, so do no others above v254.
	kept := map[string]bool{}
	for _, l := range levels {
		kept[l.Name] = true
	}
	if !kept["v253"] || kept["v254"] {
		t.Error("the most frequent values are not the ones that keep their names")
	}
	for _, c := range []struct {
		counts map[string]int64
		least  int64
		want   string
		other  uint8
	}{
		{map[string]int64{"no": 3, "yes": 2}, 1, "no, yes", 0},
		{map[string]int64{"on": 3, "off": 2}, 1, "off, on", 0},
		{map[string]int64{"10) b": 1, "2) a": 1, "2) A": 1}, 1, "2) A, 2) a, 10) b", 0},
		{map[string]int64{"a": 5, "b": 4, "c": 1}, 4, "a, b, *other*", 3},
		{map[string]int64{"": 5, " ": 4, `""`: 1}, 1, `"""", " ", """"""`, 0},
		{map[string]int64{"*other*": 5, "a": 1}, 5, `"*other*", *other*`, 2},
	} {
		levels, other := categoryLevels(c.counts, true, c.least)
		if c.want[0] == '"' && len(c.counts) == 3 {
			seen := map[string]bool{}
			for _, l := range levels {
				seen[l.Name] = l.Name != ""
			}
			if len(seen) != 3 {
				t.Errorf("%v: names %s", c.counts, names(levels))
			}
			continue
		}
		if names(levels) != c.want || other != c.other {
			t.Errorf("%v at least %d: %s, other %d; want %s, %d", c.counts, c.least, names(levels), other, c.want, c.other)
		}
	}
}

// TestManyTexts: of more texts than are counted, those above the minimum keep their names.
func TestManyTexts(t *testing.T) {
	var texts []string
	for i := range partial.ExactLimit + 10_000 {
		texts = append(texts, "rare"+strconv.Itoa(i))
		if i%3 == 0 {
			texts = append(texts, "often"+strconv.Itoa(i%9))
		}
	}
	x := textTable(t, "x", texts)
	r, rounds := x.decide(Options{MinCount: 1000})
	if rounds != 1 || len(r.Features) != 1 || names(r.Features[0].Levels) != "often0, often3, often6, *other*" {
		t.Errorf("%d rounds: %+v", rounds, r)
	}
	counts, rows := x.encode(&encoder.Plan{Features: r.Features})
	if counts[0][4] != int64(partial.ExactLimit+10_000) || counts[0][0] != 0 || rows != int64(len(texts)) {
		t.Errorf("rows by code: %v", counts[0])
	}
}
