package evidence

import (
	"cmp"
	"context"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// InSegment is the part of a finding's customers who are in one segment.
type InSegment struct {
	Segment int     `json:"segment"` // from 1
	Name    string  `json:"name"`
	N       int64   `json:"n"`
	Share   float64 `json:"share"` // of the finding's customers
}

// LayOver says of every finding which segments its customers fall in, by one
// pass over the shards. Names are those of the tree's segments.
func (r *Result) LayOver(ctx context.Context, shards Shards, tree encoder.Tree, names []string) error {
	if len(r.Findings) == 0 {
		return nil
	}
	p := wire.OverlapParams{Tree: tree, Segments: len(names)}
	for i := range r.Findings {
		p.Groups = append(p.Groups, r.Findings[i].Items)
	}
	overlap, err := search.Gather(ctx, shards, wire.OpOverlap, p, (*partial.Overlap).Merge)
	if err != nil {
		return err
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Segments = nil
		for s, n := range overlap.N[i*len(names) : (i+1)*len(names)] {
			if n > 0 {
				f.Segments = append(f.Segments, InSegment{s + 1, names[s], n, float64(n) / float64(f.All.N)})
			}
		}
		slices.SortStableFunc(f.Segments, func(a, b InSegment) int { return cmp.Compare(b.N, a.N) })
	}
	return nil
}
