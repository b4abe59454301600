package ops

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
)

// refine counts what a profile's sketches left open, reading only the asked columns.
func refine(ctx context.Context, env *Env, params partial.RefineParams) (*partial.Refinement, error) {
	var names []string
	var refiners []*partial.Refiner
	for _, ask := range params.Columns {
		c, ok := column(env.Table, ask.Column)
		if !ok {
			return nil, fmt.Errorf("column %q is asked to be refined, but the table has none of that name", ask.Column)
		}
		names = append(names, ask.Column)
		refiners = append(refiners, partial.NewRefiner(c, ask))
	}
	for _, split := range env.Splits {
		err := eachBatch(ctx, env, split, names, func(rec arrow.Record) error {
			for j := range refiners {
				if err := refiners[j].Add(rec.Column(j)); err != nil {
					return err
				}
			}
			return nil
		}, nil)
		if err != nil {
			return nil, err
		}
	}
	r := &partial.Refinement{}
	for _, x := range refiners {
		r.Columns = append(r.Columns, x.Refined())
	}
	return r, nil
}

func column(t *source.Table, name string) (source.Column, bool) {
	for _, c := range t.Columns {
		if c.Name == name {
			return c, true
		}
	}
	return source.Column{}, false
}
