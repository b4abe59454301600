package merge

import (
	"context"
	"errors"
	"fmt"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// keptLevels bounds the level counts that are kept, in cells × levels: 8 bytes
// each at every worker's slot and at the coordinator.
const keptLevels = 1 << 22

// keep counts the cells of a crossing with all that segments are described by:
// squares, and where they are not too many, levels.
func (l *ledger) keep(ctx context.Context, c *crossing) (*partial.Cells, error) {
	offsets := encoder.Offsets(l.plan.Features)
	merged, err := l.fetch(ctx, wire.CellsParams{
		Crossings: [][]int{c.features}, Squares: true, Limit: l.maxCells,
		Levels: c.cells()*offsets[len(l.plan.Features)] <= keptLevels,
	})
	if err != nil {
		return nil, err
	}
	return &merged[0], nil
}

// count counts the segments over all rows: from the cells where their levels
// were kept, else by one more pass.
func (r *runner) count(ctx context.Context, f *fit) error {
	of := f.everyCell()
	counts, err := sumCells(r.result.Kept, of, f.k)
	if err == nil && counts.Levels == nil {
		counts, err = r.countRows(ctx, f)
	}
	if err != nil {
		return fmt.Errorf("count segments: %w", err)
	}
	var n int64
	for _, x := range counts.All.N {
		n += x
	}
	if n != r.all.n {
		return fmt.Errorf("count segments: they hold %d customers, not %d", n, r.all.n)
	}
	r.result.Counts = counts
	r.enterMeans(counts)
	return r.countUnseen(f, of)
}

// sumCells adds up the cells of each of k segments. Levels, of which only rows
// are counted, are nil where the cells have none.
func sumCells(cells *partial.Cells, segment []int, k int) (*partial.Segments, error) {
	complete := make([]bool, len(cells.Counts.Measures))
	for m := range complete {
		complete[m] = cells.Counts.Measures[m].Known == nil
	}
	out := &partial.Segments{All: partial.MakeCounts(k, complete)}
	width := len(cells.Levels) / max(1, len(cells.Key))
	for range k {
		if width > 0 {
			out.Levels = append(out.Levels, partial.MakeCounts(width, nil))
		}
	}
	for range cells.Squares {
		out.Squares = append(out.Squares, partial.MakeSquares(k))
	}
	if len(segment) != len(cells.Key) {
		return nil, fmt.Errorf("%d cells are in segments, %d were counted", len(segment), len(cells.Key))
	}
	for i, s := range segment {
		out.All.AddEntry(s, &cells.Counts, i)
		for m := range cells.Squares {
			out.Squares[m].AddEntry(s, &cells.Squares[m], i)
		}
		for at, n := range cells.Levels[i*width : (i+1)*width] {
			out.Levels[s].N[at] += n
		}
	}
	return out, nil
}

// countRows counts the segments by one pass over the rows.
func (r *runner) countRows(ctx context.Context, f *fit) (*partial.Segments, error) {
	var merged *partial.Segments
	p := wire.SegmentsParams{Tree: f.tree, Segments: f.k}
	err := r.shards.OverShards(ctx, wire.OpSegments, p, func(answer []byte) error {
		part := new(partial.Segments)
		if err := wire.Decode(answer, part); err != nil {
			return err
		}
		if len(part.All.N) != f.k {
			return fmt.Errorf("%d segments were asked for, %d came back", f.k, len(part.All.N))
		}
		if merged == nil {
			merged = part
			return nil
		}
		return merged.Merge(part)
	})
	if err == nil && merged == nil {
		err = errors.New("no shard answered")
	}
	return merged, err
}
