package ops

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// profile reads every column, or those asked for, of the assignment's splits.
func profile(ctx context.Context, env *Env, params wire.ProfileParams) (*partial.Profile, error) {
	p := &partial.Profile{}
	var names []string
	var profilers []*partial.Profiler
	for _, c := range env.Table.Columns {
		if params.Columns == nil || slices.Contains(params.Columns, c.Name) {
			names, profilers = append(names, c.Name), append(profilers, partial.NewProfiler(c, len(env.Table.Columns)))
		}
	}
	if want := params.Columns; want != nil && len(names) != len(want) {
		return nil, fmt.Errorf("profile: of the columns %q the table has %q alone", want, names)
	}
	for i, split := range env.Splits {
		unit := partial.Unit{Unit: env.Units[i]}
		err := eachBatch(ctx, env, split, names, func(rec arrow.Record) error {
			unit.Rows += rec.NumRows()
			for j := range profilers {
				if err := profilers[j].Add(rec.Column(j)); err != nil {
					return err
				}
			}
			return nil
		}, &unit.Marks)
		if err != nil {
			return nil, err
		}
		p.Units = append(p.Units, unit)
	}
	slices.SortFunc(p.Units, func(a, b partial.Unit) int { return a.Unit - b.Unit })
	for _, c := range profilers {
		p.Columns = append(p.Columns, c.Column())
	}
	return p, nil
}

// eachBatch calls f for every batch of a split with the named columns, in
// order, and hands over the reader's marks where they are asked for.
func eachBatch(ctx context.Context, env *Env, split source.Split, columns []string, f func(arrow.Record) error, marks *[]source.Mark) (err error) {
	r, err := env.Opener.Open(ctx, env.Table, split, columns)
	if err != nil {
		return err
	}
	source.Compact(r)
	defer func() {
		if e := r.Close(); err == nil {
			err = e
		}
	}()
	for {
		rec, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			if marks != nil {
				*marks = r.Marks()
			}
			return nil
		}
		if err != nil {
			return err
		}
		err = f(rec)
		if env.Progress != nil {
			env.Progress(rec.NumRows())
		}
		rec.Release()
		if err != nil {
			return fmt.Errorf("%s: %w", env.Table.Files[split.File].Name, err)
		}
	}
}
