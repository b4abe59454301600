package ops

import (
	"context"

	"github.com/headwater-dev/headwater/kernels/bitset"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// overlap counts the rows of given groups by segment of a tree: an intersection
// per group, segment and block, and some 3 ns a row to find its segment.
func overlap(ctx context.Context, env *Env, p wire.OverlapParams) (partial.Overlap, error) {
	items, paths, err := itemPaths(env, p.Groups)
	if err != nil {
		return partial.Overlap{}, err
	}
	r, err := newRouter(&p.Tree, env.Plan, 0, p.Segments)
	if err != nil {
		return partial.Overlap{}, err
	}
	out := partial.Overlap{Segments: p.Segments, N: make([]int64, len(p.Groups)*p.Segments)}
	b := newCountBlock(items, env.Plan)
	groups := groupWalk{block: b, paths: paths, bitmap: make([]prefixBitmap, len(env.Plan.Features)+1)}
	var to []int32
	var segments, both []uint64 // segment × words
	err = b.each(ctx, env, anyPart, func() {
		to, segments, both = resize(to, b.rows), resize(segments, p.Segments*b.words), resize(both, b.words)
		for j, f := range r.features {
			r.codes[j] = b.codes[f]
		}
		r.send(to)
		clear(segments)
		for row, s := range to {
			segments[int(s)*b.words+row>>6] |= 1 << (row & 63)
		}
		groups.each(func(g int, rows *prefixBitmap) {
			for s := range p.Segments {
				out.N[g*p.Segments+s] += int64(bitset.And(both, rows.words, segments[s*b.words:(s+1)*b.words]))
			}
		})
	})
	return out, err
}
