package engine

import (
	"time"

	"github.com/headwater-dev/headwater/worker/wire"
)

// stuckAfter is how long a worker may show no progress within an op before
// people are told. Ops report several times a second; a slow disk or a
// machine that swaps shows here, while the worker's heartbeat goes on.
const stuckAfter = time.Minute

// pulse is when a worker's op was last seen to advance.
type pulse struct {
	key   wire.Key
	rows  int64
	since time.Time
	told  bool
}

// watch looks for workers that live but are stuck. It runs in the loop.
func (e *Engine) watch(worker string, v *wire.Vitals, now time.Time) {
	p, known := e.pulse[worker]
	switch {
	case v.Op == "":
		delete(e.pulse, worker)
		return
	case !known || p.key != v.Key || p.rows != v.Rows:
		p = pulse{key: v.Key, rows: v.Rows, since: now}
	case !p.told && now.Sub(p.since) >= stuckAfter:
		p.told = true
		e.cfg.Log.Warn("a worker lives but makes no progress", "worker", worker, "op", v.Op, "rows", v.Rows, "since", p.since)
	}
	e.pulse[worker] = p
}
