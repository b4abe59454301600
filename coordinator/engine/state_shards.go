package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headwater-dev/headwater/worker/wire"
)

// shardTries is how often one and the same incarnation may fail to load a
// shard before it counts as poisoned, where no other worker tries it.
const shardTries = 3

func (s *State) startLoad(e LoadStarted) {
	if s.failed != nil {
		return
	}
	s.shards, s.resides, s.loaded = make([]shardState, len(e.Rows)), 0, false
	for i := range s.shards {
		s.shards[i].rows, s.shards[i].where = e.Rows[i], e.Where[i]
	}
	s.act(PlaceLeases{})
	s.checkLoaded()
}

// hold records that a worker holds a shard. The higher delivery of the lease
// is the true holder: the server gave it out after the other had let it lapse.
func (s *State) hold(w *member, h wire.Held, state ShardState) {
	sh := s.shard(h.Shard)
	if sh == nil {
		return
	}
	if h.Delivery == sh.delivery && sh.holder == w && sh.state >= state {
		return // said twice
	}
	if h.Delivery < sh.delivery || h.Delivery == sh.delivery && sh.holder != w {
		s.act(Drop{Worker: w.name, Held: h})
		return
	}
	if old := sh.holder; old != nil && old != w {
		s.act(Drop{Worker: old.name, Held: wire.Held{Shard: h.Shard, Delivery: sh.delivery}})
		s.release(sh)
	}
	s.release(sh)
	sh.state, sh.holder, sh.delivery = state, w, h.Delivery
	if state == ShardLoading {
		w.full = false
	} else {
		s.resides++
		sh.failures = nil // it can be loaded, after all
		s.checkLoaded()
	}
}

func (s *State) checkLoaded() {
	if !s.loaded && s.resides == len(s.shards) {
		s.loaded = true
		s.act(Loaded{})
	}
}

// release makes a shard wait for its next holder.
func (s *State) release(sh *shardState) {
	if sh.state == ShardResident {
		s.resides--
	}
	if sh.state != ShardPoisoned {
		sh.state = ShardWaiting
	}
	sh.holder, sh.done = nil, 0
}

func (s *State) shard(id int) *shardState {
	if id < 0 || id >= len(s.shards) || s.failed != nil {
		return nil
	}
	return &s.shards[id]
}

func (s *State) loadFailed(w *member, e LoadFailed) {
	sh := s.shard(e.Shard)
	if sh == nil || e.Delivery < sh.delivery {
		return
	}
	sh.delivery = e.Delivery
	s.release(sh)
	if e.Permanent {
		s.poison(e.Shard, e.Reason)
		return
	}
	s.blame(e.Shard, w.name, e.Reason)
}

// blame counts a failure to load a shard, which is poisoned once enough
// distinct incarnations have failed.
func (s *State) blame(shard int, worker, reason string) {
	sh := &s.shards[shard]
	sh.failures = append(sh.failures, worker)
	distinct := slices.Compact(slices.Sorted(slices.Values(sh.failures)))
	if len(distinct) >= s.limits.Poison {
		s.poison(shard, fmt.Sprintf("%d workers failed to load it (%s); the last: %s", len(distinct), strings.Join(distinct, ", "), reason))
	} else if len(sh.failures) >= shardTries {
		s.poison(shard, fmt.Sprintf("it failed to load %d times; the last: %s", len(sh.failures), reason))
	}
}

func (s *State) poison(shard int, reason string) {
	sh := &s.shards[shard]
	sh.state = ShardPoisoned
	s.act(Terminate{Shard: shard})
	s.fail(&ShardError{Shard: shard, Where: sh.where, Reason: reason})
}
