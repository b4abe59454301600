package ops

import (
	"context"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// tabulate counts every feature × code of a plan, and all rows after them, as
// levels does, but over splits, before any shard is loaded: only the columns of
// the plan are read. About 2 ns a row and feature beside reading.
func tabulate(ctx context.Context, env *Env, p wire.TabulateParams) (partial.Counts, error) {
	enc, err := encoder.New(&p.Plan, env.Table.Columns)
	if err != nil {
		return partial.Counts{}, err
	}
	offsets := encoder.Offsets(p.Plan.Features)
	all := offsets[len(p.Plan.Features)]
	counts := partial.MakeCounts(all+1, completeMeasures(&p.Plan))
	var rows encoder.Rows
	for _, split := range env.Splits {
		err := eachBatch(ctx, env, split, enc.Columns(), func(rec arrow.Record) error {
			if err := enc.Encode(rec, 0, &rows); err != nil {
				return err
			}
			everybody := make([]uint8, rows.N)
			addRows(&counts, all, everybody, &rows)
			for f, codes := range rows.Codes {
				addRows(&counts, offsets[f], codes, &rows)
			}
			return nil
		}, nil)
		if err != nil {
			return counts, err
		}
	}
	for _, m := range counts.Measures {
		m.Sum.Carry()
	}
	return counts, nil
}

// addRows adds rows to the entries from first on that their codes say.
func addRows(counts *partial.Counts, first int, codes []uint8, rows *encoder.Rows) {
	for _, code := range codes {
		counts.N[first+int(code)]++
	}
	for m := range counts.Measures {
		to, values, known := &counts.Measures[m], rows.Values[m], rows.Known[m]
		for i, code := range codes {
			if known[i] {
				at := first + int(code)
				to.Sum.Add(at, values[i])
				if to.Known != nil {
					to.Known[at]++
				}
			}
		}
	}
}
