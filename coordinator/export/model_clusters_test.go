package export

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// clustersModel is testModel with centres in the place of the tree.
func clustersModel() Model {
	m := testModel()
	m.Tree.Nodes = []encoder.Node{}
	m.Segments[0].Rules = nil
	m.Plan.Clustered = true
	m.Plan.Coordinates = []encoder.Coordinate{{Name: "x", Column: "x", Centre: 0.5, Unit: 0.25, Weight: 4}}
	m.Clusters = &ModelClusters{
		OneHot: []ModelOneHot{{Feature: 0, Weight: 1.5}},
		Places: [][]float64{{-3}, {4.5}}, Shares: [][]float64{{0, 1, 0}, {0.25, 0.25, 0.5}},
	}
	return m
}

func TestModelOfClustersRoundTrip(t *testing.T) {
	m := clustersModel()
	got, err := ReadModel(bytes.NewReader(modelBytes(t, m)))
	if err != nil || !got.Assigns() {
		t.Fatalf("%+v, %v", got, err)
	}
	got.Checksum = ""
	if diff := cmp.Diff(m, *got); diff != "" {
		t.Fatal(diff)
	}
}

func TestModelOfClustersRefuses(t *testing.T) {
	for want, spoil := range map[string]func(m *Model){
		"both a tree and clusters": func(m *Model) { m.Tree.Nodes = []encoder.Node{{}} },
		"feature 3 is not among":   func(m *Model) { m.Clusters.OneHot[0].Feature = 3 },
		"weighs 0":                 func(m *Model) { m.Clusters.OneHot[0].Weight = 0 },
		"unit -1 and weight 4":     func(m *Model) { m.Plan.Coordinates[0].Unit = -1 },
		"of column \"\"":           func(m *Model) { m.Plan.Coordinates[0].Column = "" },
		"1 and 2 centres for 2":    func(m *Model) { m.Clusters.Places = m.Clusters.Places[:1] },
		"centre 1 has 0 places":    func(m *Model) { m.Clusters.Places[1] = nil },
		"2 shares for":             func(m *Model) { m.Clusters.Shares[0] = m.Clusters.Shares[0][:2] },
	} {
		m := clustersModel()
		spoil(&m)
		if err := WriteModel(io.Discard, m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("written with %q: %v", want, err)
		}
	}
}
