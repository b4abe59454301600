// Package persona says who is in a segment: what its customers have more and
// less often than all, what they bring, and what to call them.
package persona

import (
	"fmt"

	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// The gates that a level passes to be called a trait.
const (
	MinBase   = 0.01 // of all customers have the level: below, an index is large by chance
	MinEffect = 0.2  // Cohen's |h|: what is commonly called a small effect
	FalseRate = 0.05 // share of false traits allowed among all of the result (Benjamini–Hochberg)
)

// Result is the personas of a segmentation, in the order of its segments.
type Result struct {
	Segments []Persona `json:"segments"`
}

// Persona is what distinguishes one segment.
type Persona struct {
	Name        string      `json:"name"`        // unique in the result, at most 40 characters
	Description string      `json:"description"` // one line
	N           int64       `json:"n"`
	Share       float64     `json:"share"`
	Unseen      int64       `json:"unseen"` // its customers that did not form it
	Metrics     []Metric    `json:"metrics"`
	Defining    []Trait     `json:"defining"` // levels of features that the segment's rules test
	Over        []Trait     `json:"over"`     // further levels that are more frequent than among all
	Under       []Trait     `json:"under"`    // further levels that are less frequent
	Numbers     []Quartiles `json:"numbers"`  // numeric features
}

// Trait is a level whose share in the segment differs from that among all
// customers; lists of traits are in order of |h|.
type Trait struct {
	Feature int     `json:"feature"` // index into Plan.Features
	Code    int     `json:"code"`    // 0 = missing
	Name    string  `json:"name"`    // of the feature
	Level   string  `json:"level"`
	Share   float64 `json:"share"` // in the segment
	All     float64 `json:"all"`   // among all customers
	TGI     float64 `json:"tgi"`   // 100 × Share / All
	H       float64 `json:"h"`     // Cohen's h, positive where more frequent
	P       float64 `json:"p"`     // two-sided, of a segment drawn at random

	Role feature.Role `json:"role,omitempty"` // context or lever: no trait of the customer, and in no name
}

// Style says what names and descriptions are made of. The zero value makes
// them of every level.
type Style struct {
	Roles []feature.Role            // feature → its role; those that are no traits of the customer are left out
	Weak  func(item wire.Item) bool // a level that says little of the customer: it does not lead a name
}

// Describe makes the personas of a segmentation. Levels are the counts of
// wire.OpLevels over all customers. Clusters, in the forming of which no metric
// takes part, have all customers for unseen ones.
func Describe(plan *encoder.Plan, metrics []metric.Metric, r *merge.Result, levels *partial.Counts, style Style) (*Result, error) {
	offsets := encoder.Offsets(plan.Features)
	all := offsets[len(plan.Features)]
	if r.Counts == nil || len(r.Counts.All.N) != len(r.Segments) || len(r.Counts.Levels) != len(r.Segments) {
		return nil, fmt.Errorf("personas: %d segments without counts of each", len(r.Segments))
	}
	if len(levels.N) != all+1 {
		return nil, fmt.Errorf("personas: level counts have %d entries, the plan has %d", len(levels.N), all+1)
	}
	out := &Result{Segments: make([]Persona, len(r.Segments))}
	var unseenAll *partial.Counts
	if r.Held != nil {
		if len(r.Held.All.N) != len(r.Segments) {
			return nil, fmt.Errorf("personas: %d segments with counts of unseen customers of %d", len(r.Segments), len(r.Held.All.N))
		}
		unseenAll = sumOf(&r.Held.All)
	}
	found := traits(plan, r.Counts, levels)
	for s := range out.Segments {
		p := &out.Segments[s]
		p.N = r.Counts.All.N[s]
		p.Share = float64(p.N) / float64(max(1, levels.N[all]))
		for _, m := range metrics {
			x := measured(m, r.Counts, s, levels, all)
			if r.Held != nil {
				x.Unseen = unseen(m, r.Held, s, unseenAll)
			}
			p.Metrics = append(p.Metrics, x)
		}
		if r.Held != nil {
			p.Unseen = r.Held.All.N[s]
		}
		for i := range found[s] {
			t := &found[s][i]
			if t.Feature < len(style.Roles) && style.Roles[t.Feature] != feature.Feature {
				t.Role = style.Roles[t.Feature]
			}
		}
		p.Numbers = quartiles(plan, &r.Counts.Levels[s], p.N)
		p.sort(found[s], tested(&r.Segments[s]))
	}
	name(out, plan, style)
	for s := range out.Segments {
		out.Segments[s].describe(metrics)
	}
	return out, nil
}

// tested returns the features that a segment's rules test.
func tested(s *merge.Segment) map[int]bool {
	out := map[int]bool{}
	for _, r := range s.Rules {
		for _, c := range r.Conditions {
			out[c.Feature] = true
		}
	}
	return out
}

// sort lists traits where they belong.
func (p *Persona) sort(found []Trait, defining map[int]bool) {
	p.Defining, p.Over, p.Under = []Trait{}, []Trait{}, []Trait{}
	for _, t := range found {
		switch {
		case defining[t.Feature]:
			p.Defining = append(p.Defining, t)
		case t.H > 0:
			p.Over = append(p.Over, t)
		default:
			p.Under = append(p.Under, t)
		}
	}
}
