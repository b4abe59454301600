package feature

import (
	"cmp"
	"slices"
	"strings"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// MaxNamed is the number of levels of a category that keep their names.
const MaxNamed = encoder.MaxLevels - 1

// OtherName names the level that holds a category's values without a level.
const OtherName = "*other*"

type textCount struct {
	text string
	n    int64
}

// categoryLevels returns the levels of a category: the values that occur in at
// least least rows, MaxNamed at most, by frequency and ties by name; listed in
// natural order, yes/no words with no first. other is the code of *other*, 0
// where every value has a level.
func categoryLevels(counts map[string]int64, complete bool, least int64) (levels []encoder.Level, other uint8) {
	var list []textCount
	for s, n := range counts {
		if n >= least {
			list = append(list, textCount{s, n})
		}
	}
	slices.SortFunc(list, func(a, b textCount) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.text, b.text))
	})
	rest := !complete || len(list) < len(counts) || len(list) > MaxNamed
	list = list[:min(len(list), MaxNamed)]
	slices.SortFunc(list, func(a, b textCount) int { return naturalOrder(a.text, b.text) })
	if !rest && len(list) == 2 {
		first, ok1 := encoder.ParseTruth(list[0].text)
		second, ok2 := encoder.ParseTruth(list[1].text)
		if ok1 && ok2 && first && !second {
			list[0], list[1] = list[1], list[0]
		}
	}
	for _, x := range list {
		levels = append(levels, encoder.Level{Name: x.text, Value: x.text})
	}
	if rest {
		levels = append(levels, encoder.Level{Name: OtherName})
		other = uint8(len(levels))
	}
	nameApart(levels)
	return levels, other
}

// nameApart gives every level a name, and no two the same.
func nameApart(levels []encoder.Level) {
	taken := map[string]bool{}
	for i := len(levels) - 1; i >= 0; i-- { // *other* first: it keeps its name
		name := levels[i].Name
		if strings.TrimSpace(name) == "" {
			name = `"` + name + `"`
		}
		for taken[name] {
			name = `"` + name + `"`
		}
		taken[name] = true
		levels[i].Name = name
	}
}

// naturalOrder compares texts so that runs of digits go by their value:
// "2) b" before "10) a". Equal ones go by their bytes.
func naturalOrder(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		dx, dy := digitRun(x), digitRun(y)
		if dx > 0 && dy > 0 {
			p, q := strings.TrimLeft(x[:dx], "0"), strings.TrimLeft(y[:dy], "0")
			if c := cmp.Or(cmp.Compare(len(p), len(q)), cmp.Compare(p, q)); c != 0 {
				return c
			}
			x, y = x[dx:], y[dy:]
			continue
		}
		if x[0] != y[0] {
			return cmp.Compare(x[0], y[0])
		}
		x, y = x[1:], y[1:]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(a, b))
}

func digitRun(s string) int {
	n := 0
	for n < len(s) && s[n]-'0' <= 9 {
		n++
	}
	return n
}
