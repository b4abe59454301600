package coordinator

import (
	"context"
	"fmt"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/coordinator/roles"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// rank counts every level of every feature, ranks the features, and decides
// which of them take part in groups and segments.
func (j *job) rank(ctx context.Context) error {
	var err error
	if j.halves, err = overShards(ctx, j, wire.OpLevels, nil, (*partial.Halves).Merge); err != nil {
		return err
	}
	if j.levels, err = j.halves.All(); err != nil {
		return err
	}
	squares, err := j.squaresOf(ctx, [][]wire.Item{{}})
	if err != nil {
		return err
	}
	f := &j.findings
	f.Overall.All = j.levels.Last()
	f.Ranking = feature.Rank(j.plan.Features, j.metrics, j.levels, squares, j.Keep)
	j.artefacts = roles.Artefacts(j.plan.Features, j.decided.Columns, j.levels)
	if err := j.allow(); err != nil {
		return err
	}
	if err := j.besideTraits(ctx); err != nil {
		return err
	}
	return j.nearDuplicates(ctx)
}

// nearDuplicates counts the cells of every two features and points out those
// that say the same.
func (j *job) nearDuplicates(ctx context.Context) error {
	crossings := feature.Pairs(len(j.plan.Features))
	if len(crossings) == 0 {
		return nil
	}
	const limit = 1 << 16 // the cells of any two features
	merge := func(into, part *[]partial.Cells) error {
		if len(*into) != len(*part) {
			return fmt.Errorf("cells of %d pairs cannot be added to those of %d", len(*part), len(*into))
		}
		for i := range *into {
			if err := (*into)[i].Merge(&(*part)[i], limit, 0); err != nil {
				return err
			}
		}
		return nil
	}
	var parts uint8
	if j.plan.Sampled {
		parts = encoder.Sample
	}
	// A batch of pairs bounds what is in memory and on the wire at once.
	for batch := range slices.Chunk(crossings, 256) {
		cells, err := overShards(ctx, j, wire.OpCells, wire.CellsParams{Crossings: batch, Limit: limit, Parts: parts}, merge)
		if err != nil {
			return err
		}
		for _, pair := range feature.NearDuplicates(j.plan.Features, batch, *cells) {
			j.notice("%s and %s say nearly the same (Cramér's V %.3f): exclude one of them if the other is enough",
				j.plan.Features[pair.A].Name, j.plan.Features[pair.B].Name, pair.V)
		}
	}
	return nil
}
