package ops

import (
	"context"
	"errors"
	"fmt"

	"github.com/headwater-dev/headwater/kernels/distance"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

// pointSpace is the space of a clustering: the plan's coordinates and some
// features one-hot.
type pointSpace struct {
	*distance.Space
	oneHot []int
	codes  int    // of all one-hot features
	name   string // tells spaces of one plan apart
}

func newPointSpace(plan *encoder.Plan, oneHot []wire.OneHot) (*pointSpace, error) {
	if !plan.Clustered {
		return nil, errors.New("the rows were loaded without their places: no clusters can be sought")
	}
	s := &pointSpace{Space: &distance.Space{}, name: fmt.Sprint("points ", oneHot)}
	for _, c := range plan.Coordinates {
		s.Weights = append(s.Weights, c.Weight)
	}
	for _, o := range oneHot {
		if o.Feature < 0 || o.Feature >= len(plan.Features) {
			return nil, fmt.Errorf("feature %d is not among the plan's %d", o.Feature, len(plan.Features))
		}
		levels := plan.Features[o.Feature].Codes()
		s.oneHot = append(s.oneHot, o.Feature)
		s.codes += levels
		s.Categories = append(s.Categories, distance.Category{Levels: levels, Weight: o.Weight})
	}
	return s, s.Validate()
}

// centroids prepares centres for the kernels.
func (s *pointSpace) centroids(c *wire.Centres) (*distance.Centroids, error) {
	if len(c.Shares) != c.K*s.codes {
		return nil, fmt.Errorf("%d centres with %d shares of %d levels", c.K, len(c.Shares), s.codes)
	}
	shares, offset := make([][]float64, len(s.Categories)), 0
	for g, category := range s.Categories {
		for k := range c.K {
			shares[g] = append(shares[g], c.Shares[k*s.codes+offset:][:category.Levels]...)
		}
		offset += category.Levels
	}
	return s.NewCentroids(c.K, c.Places, shares)
}

// of returns the points of a shard, a block each.
func (s *pointSpace) of(from *shard.Shard) ([]*distance.Rows, error) {
	type points struct {
		rows []*distance.Rows
		err  error
	}
	p := from.Keep(s.name, func() any {
		var p points
		for block := range from.Blocks() {
			rows := from.Points(block, s.Space, s.oneHot)
			if p.err = s.Check(rows); p.err != nil {
				break
			}
			p.rows = append(p.rows, rows)
		}
		if p.err == nil {
			s.Coarsen(p.rows)
		}
		return p
	}).(points)
	return p.rows, p.err
}

// holds says whether a block's rows are among those asked for.
func holds(rows wire.Rows, b shard.Block) bool { return b.Part&rows.Mask == rows.Bits }

// eachPoints calls do with the points of every block of the env's shards that
// holds rows asked for.
func (s *pointSpace) eachPoints(ctx context.Context, env *Env, rows wire.Rows, do func(from *shard.Shard, block int, r *distance.Rows)) error {
	for _, from := range env.Shards {
		points, err := s.of(from)
		if err != nil {
			return err
		}
		for i, b := range from.Blocks() {
			if err := ctx.Err(); err != nil {
				return err
			}
			if holds(rows, b) {
				do(from, i, points[i])
			}
			if env.Progress != nil {
				env.Progress(int64(b.Rows))
			}
		}
	}
	return nil
}

// nearest returns the nearest of some centroids of every row.
func (s *pointSpace) nearest(c *distance.Centroids, r *distance.Rows) []uint16 {
	nearest := make([]uint16, r.N)
	c.Nearest(nearest, r)
	return nearest
}
