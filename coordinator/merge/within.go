package merge

import (
	"slices"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

// Within adds up the cells of the crossed features and one more, the last, by
// segment and by its code: entry segment·codes + code. Squares are nil where the
// cells have none.
func (r *Result) Within(plan *encoder.Plan, feature int, cells *partial.Cells) (counts partial.Counts, squares []partial.Squares) {
	codes := plan.Features[feature].Codes()
	complete := make([]bool, len(plan.Measures))
	for m := range complete {
		complete[m] = plan.Measures[m].Complete
	}
	counts = partial.MakeCounts(len(r.Segments)*codes, complete)
	for range cells.Squares {
		squares = append(squares, partial.MakeSquares(len(r.Segments)*codes))
	}
	keys, _ := keysOf(plan, append(slices.Clone(r.Crossed), feature), 0) // they were counted, so they fit
	at := make([]uint8, len(r.Crossed)+1)
	for i := range cells.Key {
		high, low := cells.KeyAt(i)
		keys.Split(high, low, at)
		to := segmentOf(&r.Tree, r.Crossed, at[:len(r.Crossed)])*codes + int(at[len(r.Crossed)])
		counts.AddEntry(to, &cells.Counts, i)
		for m := range squares {
			squares[m].AddEntry(to, &cells.Squares[m], i)
		}
	}
	return counts, squares
}
