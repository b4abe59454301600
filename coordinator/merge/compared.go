package merge

import "github.com/headwater-dev/headwater/worker/encoder"

// Compared is what the ways to segments explain of customers held out, meaned
// over the splits: merging, its rules, and a tree that is grown directly over
// the same cells, for the same squared distances.
type Compared struct {
	Merged       Both `json:"merged"`        // the clusters, before they are put into rules
	Rules        Both `json:"rules"`         // the segments
	SameSegments Both `json:"same_segments"` // a direct tree of as many leaves as there are segments
	SameRules    Both `json:"same_rules"`    // one of as many leaves as there are rules
}

// Both is the R² of what customers are merged by.
type Both struct {
	Metric  float64 `json:"metric"`  // meaned over the metrics
	Profile float64 `json:"profile"` // of the crossed features' levels, weighed as in merging
}

func (b *Both) add(other Both, times float64) {
	b.Metric += float64(times * other.Metric)
	b.Profile += float64(times * other.Profile)
}

// compare checks the ways on every split. Where no feature predicts the metric
// nothing was fitted on the splits.
func (r *runner) compare() {
	if !r.result.Predicts {
		return
	}
	var all [encoder.Folds]Compared
	inParallel(len(all), func(i int) {
		if f, s := r.nested.fits[i], &r.nested.splits[i]; f != nil {
			all[i] = s.compare(f)
		} else {
			same := Both{Metric: s.unsegmented()}
			all[i] = Compared{same, same, same, same}
		}
	})
	out := &Compared{}
	for _, c := range all {
		out.Merged.add(c.Merged, 1.0/encoder.Folds)
		out.Rules.add(c.Rules, 1.0/encoder.Folds)
		out.SameSegments.add(c.SameSegments, 1.0/encoder.Folds)
		out.SameRules.add(c.SameRules, 1.0/encoder.Folds)
	}
	r.result.R2.Compared = out
}

// compare checks what was made on the training rows, and a direct tree that is
// grown on them, on the test rows.
func (s *split) compare(f *fit) Compared {
	g, test := f.g, f.g.c.over(s.test, &s.trained)
	segment := make([]int, g.c.cells())
	for cell := range segment {
		segment[cell] = segmentOf(&f.tree, g.c.features, g.c.at(cell))
	}
	out := Compared{
		Merged: s.check(g, test, g.everywhere(f.clusters.label, f.k), f.k),
		Rules:  s.check(g, test, segment, f.k),
	}
	d := newDirect(g)
	for leaves := 1; leaves < max(f.k, len(f.boxes)) && d.grow(); leaves++ {
	}
	cluster, k := d.clusters(f.k)
	out.SameSegments = s.check(g, test, cluster, k)
	cluster, k = d.clusters(len(f.boxes))
	out.SameRules = s.check(g, test, cluster, k)
	return out
}

// everywhere returns the cluster of every cell of the crossing, given those of
// the occupied ones; k = none, as no training row is there.
func (g *grid) everywhere(label []int, k int) []int {
	cluster := make([]int, g.c.cells())
	for cell := range cluster {
		cluster[cell] = k
	}
	for i, l := range label {
		cluster[g.cells[i]] = l
	}
	return cluster
}

// check returns the R² on the test rows of k clusters' training means and
// levels, those of all where a cell has none.
func (s *split) check(g *grid, test *view, cluster []int, k int) Both {
	out := Both{Profile: g.profileExplained(test, cluster, k)}
	for m := range s.trained.metrics {
		known, level := make([]float64, k+1), make([]float64, k+1)
		for _, cell := range g.cells {
			known[cluster[cell]] += g.v.known[m][cell]
			level[cluster[cell]] += g.v.sum[m][cell]
		}
		for l := range level {
			if known[l] > 0 {
				level[l] /= known[l]
			}
		}
		out.Metric += explained(test.known[m], test.sum[m], s.reserved.metrics[m].variance,
			func(cell int) float64 { return level[cluster[cell]] })
	}
	out.Metric /= float64(max(1, len(s.trained.metrics)))
	return out
}
