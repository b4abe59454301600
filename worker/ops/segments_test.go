package ops

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// randomTree makes a tree over some features with leaves numbered from least on.
func randomTree(rng *rand.Rand, plan *encoder.Plan, features []int, splits, least int) (tree encoder.Tree, segments int) {
	var add func(splits int) int
	add = func(splits int) int {
		at := len(tree.Nodes)
		if splits == 0 {
			tree.Nodes = append(tree.Nodes, encoder.Node{Segment: least + segments})
			segments++
			return at
		}
		f := features[rng.IntN(len(features))]
		node := encoder.Node{Feature: f}
		for c := range plan.Features[f].Codes() {
			if rng.IntN(2) == 0 {
				node.Codes = append(node.Codes, uint8(c))
			}
		}
		if len(node.Codes) == 0 {
			node.Codes = []uint8{1}
		}
		tree.Nodes = append(tree.Nodes, node)
		left := rng.IntN(splits)
		yes := add(left)
		no := add(splits - 1 - left)
		tree.Nodes[at].Yes, tree.Nodes[at].No = yes, no
		return at
	}
	add(splits)
	return tree, segments + least
}

// walkTree follows a tree for one row, as its type says.
func walkTree(tree *encoder.Tree, rows *encoder.Rows, i int) int {
	n := tree.Nodes[0]
	for len(n.Codes) > 0 {
		if slices.Contains(n.Codes, rows.Codes[n.Feature][i]) {
			n = tree.Nodes[n.Yes]
		} else {
			n = tree.Nodes[n.No]
		}
	}
	return n.Segment
}

func TestSegmentsEqualBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	plan, rows := randomTable(rng, 500, 3, 5, 256, 200, 250)
	for name, features := range map[string][]int{"by table": {0, 1, 2}, "node by node": {0, 2, 3, 4}} {
		tree, k := randomTree(rng, plan, features, 6, 0)
		var merged *partial.Segments
		for _, s := range cutShards(t, plan, rows, 130) {
			part, err := segments(context.Background(), &Env{Plan: plan, Shards: cutShards(t, plan, rows, 130)[s.ID() : s.ID()+1]}, wire.SegmentsParams{Tree: tree, Segments: k})
			if err != nil {
				t.Fatal(err)
			}
			if merged == nil {
				merged = &part
			} else if err := merged.Merge(&part); err != nil {
				t.Fatal(err)
			}
		}
		offsets := encoder.Offsets(plan.Features)
		for s := range k {
			want := bruteGroup(plan, rows, func(i int) bool { return walkTree(&tree, rows, i) == s })
			if diff := cmp.Diff(want, groupOf(&merged.All, merged.Squares, s)); diff != "" {
				t.Fatalf("%s: segment %d (-brute +op):\n%s", name, s, diff)
			}
			for f := range plan.Features {
				for c := 0; c < plan.Features[f].Codes(); c += 1 + plan.Features[f].Codes()/5 {
					want := bruteGroup(plan, rows, func(i int) bool { return walkTree(&tree, rows, i) == s && int(rows.Codes[f][i]) == c })
					want.Squares = nil
					if diff := cmp.Diff(want, groupOf(&merged.Levels[s], nil, offsets[f]+c)); diff != "" {
						t.Fatalf("%s: segment %d, feature %d code %d (-brute +op):\n%s", name, s, f, c, diff)
					}
				}
			}
		}
	}
}

func TestLeavesEqualBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	plan, rows := randomTable(rng, 400, 3, 5, 40, 200, 250)
	p := wire.LeavesParams{Features: []int{3, 0, 1}}
	for range 3 {
		tree, leaves := randomTree(rng, plan, []int{0, 1, 2, 3, 4}, 5, -1) // one leaf is not counted
		p.Trees, p.Leaves, p.Folds = append(p.Trees, tree), append(p.Leaves, leaves), append(p.Folds, len(p.Folds)+1)
	}
	got, err := leaves(context.Background(), &Env{Plan: plan, Shards: cutShards(t, plan, rows, 150)}, p)
	if err != nil {
		t.Fatal(err)
	}
	for k := range p.Trees {
		at := 0
		for leaf := range p.Leaves[k] {
			for bit := range 2 {
				for _, f := range p.Features {
					for c := range plan.Features[f].Codes() {
						if c%9 == 0 || c < 5 {
							want := bruteGroup(plan, rows, func(i int) bool {
								return walkTree(&p.Trees[k], rows, i) == leaf && int(rows.Fold[i]>>p.Folds[k]&1) == bit && int(rows.Codes[f][i]) == c
							})
							want.Squares = nil
							if diff := cmp.Diff(want, groupOf(&got[k], nil, at)); diff != "" {
								t.Fatalf("tree %d leaf %d bit %d feature %d code %d (-brute +op):\n%s", k, leaf, bit, f, c, diff)
							}
						}
						at++
					}
				}
			}
		}
		if at != len(got[k].N) {
			t.Errorf("tree %d: %d entries, want %d", k, len(got[k].N), at)
		}
	}
}

func TestSegmentsRefuseBadTrees(t *testing.T) {
	plan, rows := randomTable(rand.New(rand.NewPCG(13, 14)), 10, 3, 3)
	env := &Env{Plan: plan, Shards: cutShards(t, plan, rows, 10)}
	test := func(n ...encoder.Node) encoder.Tree { return encoder.Tree{Nodes: n} }
	for name, tree := range map[string]encoder.Tree{
		"empty":           {},
		"unknown feature": test(encoder.Node{Feature: 2, Codes: []uint8{1}, Yes: 1, No: 2}, encoder.Node{}, encoder.Node{}),
		"circle":          test(encoder.Node{Codes: []uint8{1}, Yes: 0, No: 1}, encoder.Node{}),
		"no such child":   test(encoder.Node{Codes: []uint8{1}, Yes: 1, No: 2}, encoder.Node{}),
		"no such segment": test(encoder.Node{Segment: 2}),
		"negative":        test(encoder.Node{Segment: -1}),
	} {
		if _, err := segments(context.Background(), env, wire.SegmentsParams{Tree: tree, Segments: 2}); err == nil {
			t.Errorf("%s tree is accepted", name)
		}
	}
	for name, p := range map[string]wire.LeavesParams{
		"lengths": {Trees: make([]encoder.Tree, 1)},
		"fold":    {Trees: []encoder.Tree{test(encoder.Node{})}, Leaves: []int{1}, Folds: []int{5}},
		"feature": {Features: []int{2}},
	} {
		if _, err := leaves(context.Background(), env, p); err == nil {
			t.Errorf("leaves with bad %s are accepted", name)
		}
	}
}
