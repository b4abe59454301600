package merge

import (
	"math/big"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

// SquaresWithin adds up Σx² by segment and code of a feature, from the cells of
// the crossed features and that one, counted with squares: measure →
// segment·codes + code.
func SquaresWithin(r *Result, plan *encoder.Plan, feature int, cells *partial.Cells) [][]*big.Int {
	codes := plan.Features[feature].Codes()
	out := make([][]*big.Int, len(plan.Measures))
	for m := range out {
		out[m] = make([]*big.Int, len(r.Segments)*codes)
		for i := range out[m] {
			out[m][i] = new(big.Int)
		}
	}
	at := make([]uint8, len(r.Crossed))
	for i, key := range cells.Key {
		rest := key / uint64(codes)
		for k := len(r.Crossed) - 1; k >= 0; k-- {
			radix := uint64(plan.Features[r.Crossed[k]].Codes())
			at[k], rest = uint8(rest%radix), rest/radix
		}
		group := segmentOf(&r.Tree, r.Crossed, at)*codes + int(key%uint64(codes))
		for m := range cells.Squares {
			out[m][group].Add(out[m][group], cells.Squares[m].Big(i))
		}
	}
	return out
}
