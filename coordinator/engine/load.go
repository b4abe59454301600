package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Load has the workers make the shards resident and returns once all are. A
// shard that cannot be loaded ends the job with a *ShardError. A job loads
// once; Shards[i].ID must be i.
func (e *Engine) Load(ctx context.Context, plan *encoder.Plan, shards []wire.Shard) error {
	if err := e.acquire(ctx); err != nil {
		return err
	}
	defer func() { <-e.turn }()
	if e.leases != nil {
		return errors.New("the shards of this job were loaded before")
	}
	data, err := json.Marshal(plan)
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	start := LoadStarted{Rows: make([]int64, len(shards)), Where: make([]string, len(shards))}
	pending := make([]wire.Lease, len(shards))
	for i, sh := range shards {
		if sh.ID != i {
			return fmt.Errorf("shard %d stands at place %d", sh.ID, i)
		}
		var where []string
		for _, p := range sh.Pieces {
			start.Rows[i] += max(p.Rows, 0)
			if len(where) < 3 {
				where = append(where, e.where(p))
			}
		}
		if n := len(sh.Pieces) - len(where); n > 0 {
			where = append(where, fmt.Sprintf("%d more", n))
		}
		start.Where[i] = strings.Join(where, ", ")
		pending[i] = wire.Lease{Term: e.term.String(), Shard: sh, Rows: start.Rows[i], Bytes: start.Rows[i] * rowBytes(plan)}
	}
	leases, err := e.conn.CreateLeases(ctx, e.cfg.JobID, e.cfg.AckWait)
	if err != nil {
		return err
	}
	e.leases, e.placed = leases, len(shards)
	loaded := make(chan struct{})
	e.post(func() {
		e.pending, e.loaded = pending, loaded
		e.place = &wire.Place{Plan: e.blobs.Put(data)}
		e.step(start)
	})
	select {
	case <-loaded:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-e.ctx.Done():
		return context.Cause(e.ctx)
	}
}

// rowBytes is what a resident row takes: one byte a feature and one for the
// held-out bits, eight a measure and a bit for whether it is known.
func rowBytes(p *encoder.Plan) int64 { return int64(len(p.Features) + 1 + 9*len(p.Measures)) }

// placeLeases offers the leases and tells the workers that have joined; later
// ones learn it when they join.
func (e *Engine) placeLeases() {
	pending := e.pending
	e.pending = nil
	place := wire.ToWorker{Term: e.term.String(), Place: e.place}
	e.async(func(ctx context.Context) {
		if err := e.leases.Place(ctx, pending); err != nil && ctx.Err() == nil {
			e.cancel(err)
		}
	})
	for _, w := range e.state.workers {
		e.async(func(ctx context.Context) {
			if err := e.conn.Ask(ctx, w.name, place); err != nil && ctx.Err() == nil {
				e.cfg.Log.Debug("worker does not hear of the leases", "worker", w.name, "error", err)
			}
		})
	}
}

// where says where a split lies, for people.
func (e *Engine) where(s source.Split) string {
	name := "?"
	if s.File >= 0 && s.File < len(e.table.Files) {
		name = e.table.Files[s.File].Name
	}
	switch e.table.Format {
	case source.Parquet:
		return fmt.Sprintf("%s row group %d", name, s.Unit)
	case source.Arrow:
		return fmt.Sprintf("%s batch %d", name, s.Unit)
	default:
		return fmt.Sprintf("%s bytes %d–%d", name, s.Start, s.End)
	}
}
