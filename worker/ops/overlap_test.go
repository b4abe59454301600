package ops

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

func TestOverlapEqualsBruteForce(t *testing.T) {
	plan, rows := randomTable(rand.New(rand.NewPCG(6, 1)), 40000, 4, 7, 3)
	tree := encoder.Tree{Nodes: []encoder.Node{
		{Feature: 1, Codes: []uint8{0, 2, 5}, Yes: 1, No: 2},
		{Segment: 1},
		{Feature: 0, Codes: []uint8{3}, Yes: 3, No: 4},
		{Segment: 0},
		{Segment: 2},
	}}
	segment := func(i int) int {
		switch c := rows.Codes[1][i]; {
		case c == 0 || c == 2 || c == 5:
			return 1
		case rows.Codes[0][i] == 3:
			return 0
		}
		return 2
	}
	p := wire.OverlapParams{Tree: tree, Segments: 3, Groups: [][]wire.Item{
		nil, {{Feature: 0, Code: 3}}, {{Feature: 0, Code: 1}, {Feature: 2, Code: 2}}, {{Feature: 0, Code: 1}, {Feature: 1, Code: 6}, {Feature: 2, Code: 0}},
	}}
	want := make([]int64, len(p.Groups)*3)
	for g, items := range p.Groups {
		for i := range rows.N {
			in := true
			for _, item := range items {
				in = in && rows.Codes[item.Feature][i] == item.Code
			}
			if in {
				want[g*3+segment(i)]++
			}
		}
	}
	data, err := wire.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	var got partial.Overlap
	for _, s := range cutShards(t, plan, rows, 17000) {
		part, err := Run(context.Background(), &Env{Plan: plan, Shards: []*shard.Shard{s}}, wire.OpOverlap, data)
		if err != nil {
			t.Fatal(err)
		}
		o := part.(partial.Overlap)
		if got.N == nil {
			got = o
		} else if err := got.Merge(&o); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, got.N); diff != "" {
		t.Errorf("-brute +op:\n%s", diff)
	}
	if err := got.Merge(&partial.Overlap{Segments: 2, N: make([]int64, 12)}); err == nil {
		t.Error("overlaps with other segments are added")
	}
	for name, bad := range map[string]wire.OverlapParams{
		"no tree": {Segments: 3}, "segment beyond": {Tree: tree, Segments: 2},
		"no such item": {Tree: tree, Segments: 3, Groups: [][]wire.Item{{{Feature: 9}}}},
	} {
		if _, err := overlap(context.Background(), &Env{Plan: plan}, bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
