package coordinator

import (
	"context"

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

// nearDuplicates counts the codes of every two features and points out those
// that say the same.
func (j *job) nearDuplicates(ctx context.Context) error {
	var parts uint8
	if j.plan.Sampled {
		parts = encoder.Sample
	}
	// A batch of pairs bounds what is in memory and on the wire at once.
	const most = 1 << 22 // combinations, 32 MB
	for pairs := feature.Pairs(len(j.plan.Features)); len(pairs) > 0; {
		n, combinations := 0, 0
		for ; n < len(pairs) && (n == 0 || combinations < most); n++ {
			combinations += j.plan.Features[pairs[n][0]].Codes() * j.plan.Features[pairs[n][1]].Codes()
		}
		batch := pairs[:n]
		pairs = pairs[n:]
		counts, err := overShards(ctx, j, wire.OpPairs, wire.PairsParams{Pairs: batch, Parts: parts}, (*partial.Pairs).Merge)
		if err != nil {
			return err
		}
		for _, pair := range feature.NearDuplicates(j.plan.Features, batch, counts) {
			j.notice("%s and %s say nearly the same (Cramér's V %.3f): exclude one of them if the other is enough",
				j.plan.Features[pair.A].Name, j.plan.Features[pair.B].Name, pair.V)
		}
	}
	return nil
}
