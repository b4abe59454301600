package ops

import (
	"context"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// places sums the places of rows on the coordinates of a plan.
func places(ctx context.Context, env *Env, p wire.PlacesParams) (partial.Places, error) {
	out := partial.MakePlaces(len(p.Plan.Coordinates))
	enc, err := encoder.New(&p.Plan, env.Table.Columns)
	if err != nil {
		return out, err
	}
	var rows encoder.Rows
	for _, split := range env.Splits {
		err := eachBatch(ctx, env, split, enc.Columns(), func(rec arrow.Record) error {
			if err := enc.Encode(rec, 0, &rows); err != nil {
				return err
			}
			out.N += int64(rows.N)
			for j, column := range rows.Places {
				for _, x := range column {
					out.Add(j, x)
				}
			}
			return nil
		}, nil)
		if err != nil {
			return out, err
		}
	}
	return out, nil
}
