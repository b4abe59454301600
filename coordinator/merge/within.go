package merge

import (
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
	at := make([]uint8, len(r.Crossed))
	for i, key := range cells.Key {
		rest := key / uint64(codes)
		for k := len(r.Crossed) - 1; k >= 0; k-- {
			radix := uint64(plan.Features[r.Crossed[k]].Codes())
			at[k], rest = uint8(rest%radix), rest/radix
		}
		to := segmentOf(&r.Tree, r.Crossed, at)*codes + int(key%uint64(codes))
		counts.AddEntry(to, &cells.Counts, i)
		for m := range squares {
			squares[m].AddEntry(to, &cells.Squares[m], i)
		}
	}
	return counts, squares
}
