package main

import (
	"context"
	"errors"
	"io"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/headwater-dev/headwater/coordinator/engine"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// resident is a generated table held by workers, as a job holds it once it has
// looked at the table and decided how to encode it.
type resident struct {
	engine *engine.Engine
	table  *source.Table
	plan   *encoder.Plan
	levels *partial.Halves
	load   float64 // seconds: file → resident shards
	bytes  int64   // that the process has grown by meanwhile; 0 = not told
}

// loadResident starts workers and loads a generated table from its file.
func loadResident(ctx context.Context, g generated, path, measure string, workers int) (*resident, error) {
	return loadPlanned(ctx, g.plan(measure), path, workers)
}

// loadPlanned starts workers and loads a table by a plan.
func loadPlanned(ctx context.Context, plan *encoder.Plan, path string, workers int) (*resident, error) {
	r, err := startResident(ctx, plan, path, workers)
	if err != nil {
		return nil, err
	}
	if err := r.loadShards(ctx, workers); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// startResident finds a table and starts workers, which hold nothing yet.
func startResident(ctx context.Context, plan *encoder.Plan, path string, workers int) (r *resident, err error) {
	r = &resident{plan: plan}
	if r.table, err = source.Find(ctx, source.Spec{Inputs: []string{path}}); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	r.engine, err = engine.Start(ctx, engine.Config{
		Workers: workers,
		Local: func(ctx context.Context, conn *wire.Conn, slots int) error {
			return worker.Run(ctx, worker.Config{Conn: conn, Name: "local", Slots: slots, Version: "bench"})
		},
	}, r.table, source.Files{})
	return r, err
}

// loadShards loads the table: a shard a worker.
func (r *resident) loadShards(ctx context.Context, workers int) error {
	debug.FreeOSMemory() // what was done before
	before, begin := residentMemory(), time.Now()
	if err := r.engine.Load(ctx, r.plan, shardsOf(r.table, workers)); err != nil {
		return err
	}
	r.load, r.bytes = time.Since(begin).Seconds(), residentMemory()-before
	return nil
}

func (r *resident) close() error {
	var err error
	if r.engine != nil {
		err = r.engine.Close()
	}
	return errors.Join(err, r.table.Close())
}

// shardsOf gives each worker one shard: an equal part of the row groups.
func shardsOf(t *source.Table, workers int) []wire.Shard {
	var shards []wire.Shard
	var first int64
	for i := range workers {
		shard := wire.Shard{ID: len(shards), First: first}
		for _, split := range t.Splits[i*len(t.Splits)/workers : (i+1)*len(t.Splits)/workers] {
			shard.Pieces = append(shard.Pieces, split)
			first += split.Rows
		}
		if len(shard.Pieces) > 0 {
			shards = append(shards, shard)
		}
	}
	return shards
}

// plan is what a job decides for a generated table: a level for each number.
func (g generated) plan(measure string) *encoder.Plan {
	p := &encoder.Plan{Seed: 1}
	for f := range g.Features {
		feature := encoder.Feature{Name: g.name(f), Column: g.name(f), Kind: encoder.Discrete}
		for level := range g.levels(f) {
			name := strconv.Itoa(level)
			feature.Levels = append(feature.Levels, encoder.Level{Name: name, Value: name})
		}
		p.Features = append(p.Features, feature)
	}
	m := encoder.Measure{Name: measure, Column: measure, Complete: true}
	if measure == yesNo {
		one := "1"
		m.Equals = &one
	}
	p.Measures = []encoder.Measure{m}
	return p
}

// search finds all groups that are asked for. It counts the levels first, as a
// job does; both are in the time it returns.
func (r *resident) search(ctx context.Context, c search.Config) (*search.Groups, float64, error) {
	begin := time.Now()
	if err := r.countLevels(ctx); err != nil {
		return nil, 0, err
	}
	groups, err := search.Run(ctx, r.engine, r.plan, r.levels, c, nil)
	return groups, time.Since(begin).Seconds(), err
}

// countLevels counts every level of every feature.
func (r *resident) countLevels(ctx context.Context) error {
	r.levels = nil
	return r.engine.OverShards(ctx, wire.OpLevels, struct{}{}, func(answer []byte) error {
		part := new(partial.Halves)
		if err := wire.Decode(answer, part); err != nil {
			return err
		}
		if r.levels == nil {
			r.levels = part
			return nil
		}
		return r.levels.Merge(part)
	})
}

// write writes groups as groups.parquet.
func (r *resident) write(w io.Writer, groups *search.Groups) error {
	all, err := r.levels.All()
	if err != nil {
		return err
	}
	m := r.plan.Measures[0]
	overall := &export.Overall{
		Features: r.plan.Features,
		Metrics:  []metric.Metric{{Name: m.Name, Column: m.Column, Binary: m.Equals != nil, Den: -1}},
		All:      all.Last(),
	}
	return export.WriteGroups(w, overall, groups)
}
