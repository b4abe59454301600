package coordinator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/coordinator/kmeans"
	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/coordinator/persona"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// layAxes adds coordinates to the plan: the numeric columns among the traits.
func (j *job) layAxes(ctx context.Context) error {
	if err := j.checkAxes(); err != nil {
		return err
	}
	leaking, err := j.leakingNumbers(ctx)
	if err != nil {
		return err
	}
	var columns []*partial.Column
	for i, c := range j.decided.Columns {
		if j.numericTrait(&c) {
			if slices.Contains(leaking, c.Features[0]) {
				continue // rank says so
			}
			columns = append(columns, &j.profile.Columns[i])
		} else if c.Role == feature.Ignore && c.Reason != "excluded" && c.Reason != "as asked" && (j.Features == nil || slices.Contains(j.Features, c.Name)) {
			j.notice("%s takes no part: %s", c.Name, c.Reason)
		}
	}
	passes := kmeans.Passes{
		Places: func(ctx context.Context, p wire.PlacesParams) (*partial.Places, error) {
			p.Plan.Nulls, p.Plan.Clustered = j.plan.Nulls, true
			return overSplits(ctx, j, wire.OpPlaces, p, (*partial.Places).Merge)
		},
		Refine: func(ctx context.Context, p partial.RefineParams) (*partial.Refinement, error) {
			return j.refine(ctx, &p)
		},
	}
	axes, coordinates, notes, err := kmeans.Axes(ctx, columns, j.KMeans, passes)
	if err != nil {
		return err
	}
	for _, n := range notes {
		j.notice("%s", n)
	}
	j.axes, j.plan.Clustered, j.plan.Coordinates = axes, true, coordinates
	j.plan.Sampled = j.KMeans.Samples(j.rows())
	return nil
}

// checkAxes reports columns that the config of the clustering names and that
// are no traits.
func (j *job) checkAxes() error {
	check := func(flag, name string) error {
		if slices.ContainsFunc(j.plan.Features, func(f encoder.Feature) bool { return f.Column == name }) {
			return nil
		}
		if !slices.ContainsFunc(j.decided.Columns, func(c feature.Column) bool { return c.Name == name }) {
			var all []string
			for _, c := range j.decided.Columns {
				all = append(all, c.Name)
			}
			return fmt.Errorf("%s: %w", flag, &source.UnknownColumnError{Column: name, Nearest: source.Nearest(name, all)})
		}
		return fmt.Errorf("%s: %w", flag, j.noFeature(name))
	}
	for _, name := range j.KMeans.OneHot {
		if err := check("--one-hot", name); err != nil {
			return err
		}
	}
	for name := range j.KMeans.Weights {
		if err := check("--feature-weight", name); err != nil {
			return err
		}
	}
	return nil
}

// numericTrait says whether a column becomes a coordinate.
func (j *job) numericTrait(c *feature.Column) bool {
	if len(c.Features) == 0 || slices.Contains(j.KMeans.OneHot, c.Name) {
		return false
	}
	f := &j.plan.Features[c.Features[0]]
	return j.roles[c.Features[0]] == feature.Feature && f.Kind != encoder.Category && f.Part == ""
}

// cluster clusters the customers and describes the clusters.
func (j *job) cluster(ctx context.Context) error {
	f := &j.findings
	var levelled []int // traits that are no coordinates
	for _, i := range j.allowed {
		on := func(c encoder.Coordinate) bool { return c.Column == j.plan.Features[i].Column }
		numeric := slices.ContainsFunc(j.decided.Columns, func(c feature.Column) bool {
			return c.Name == j.plan.Features[i].Column && j.numericTrait(&c)
		})
		if !numeric && !slices.ContainsFunc(j.plan.Coordinates, on) {
			levelled = append(levelled, i)
		}
	}
	space, notes := kmeans.NewSpace(&j.plan, levelled, j.levels, j.KMeans.Weights)
	for _, n := range notes {
		j.notice("%s", n)
	}
	say := func(format string, args ...any) {
		if j.Notice != nil {
			j.Notice(fmt.Sprintf(format, args...))
		}
	}
	var err error
	if f.Clusters, err = kmeans.Run(ctx, j.engine, space, *j.KMeans, j.rows(), j.allowed, say); err != nil {
		return err
	}
	f.Clusters.Axes = j.axes
	// To a persona a cluster is a segment without rules, which no metric formed.
	segments := &merge.Result{Counts: f.Clusters.Counts, Held: f.Clusters.Counts, Segments: make([]merge.Segment, f.Clusters.K)}
	if f.ClusterPersonas, err = persona.Describe(&j.plan, j.metrics, segments, j.levels, j.style()); err != nil {
		return err
	}
	return nil
}

// clustersDocument is clusters.json: the clusters, and who is in them.
type clustersDocument struct {
	Customers  int64           `json:"customers"`
	Features   []string        `json:"features"` // of the plan, which indexes refer to
	Personas   *persona.Result `json:"personas"`
	Clustering *kmeans.Result  `json:"clustering"`
}

func (j *job) clustersDocument() clustersDocument {
	f := &j.findings
	d := clustersDocument{Customers: f.Source.Rows, Features: []string{}, Personas: f.ClusterPersonas, Clustering: f.Clusters}
	for _, f := range j.plan.Features {
		d.Features = append(d.Features, f.Name)
	}
	return d
}

// addClusters makes the model assign by the clusters.
func (j *job) addClusters(m *export.Model) {
	r := j.findings.Clusters
	m.Clusters = &export.ModelClusters{OneHot: []export.ModelOneHot{}, Places: r.Centres.Places, Shares: r.Centres.Shares}
	for _, o := range r.OneHot {
		m.Clusters.OneHot = append(m.Clusters.OneHot, export.ModelOneHot{Feature: o.Feature, Weight: o.Weight})
	}
	for i, p := range j.findings.ClusterPersonas.Segments {
		m.Segments = append(m.Segments, export.ModelSegment{Name: p.Name, Rows: r.Clusters[i].N})
	}
}

// clustersOf returns the clusters that a model assigns by; nil = it has a tree.
func clustersOf(model *export.Model) *wire.Clusters {
	c := model.Clusters
	if c == nil {
		return nil
	}
	by := &wire.Clusters{Centres: wire.Centres{K: len(c.Places), Places: slices.Concat(c.Places...), Shares: slices.Concat(c.Shares...)}}
	for _, o := range c.OneHot {
		by.OneHot = append(by.OneHot, wire.OneHot(o))
	}
	return by
}

// checkCoordinates reports columns of numbers that clusters are made by and that
// the table lacks, or holds as something else.
func checkCoordinates(model *export.Model, table *source.Table) error {
	var names []string
	for _, c := range table.Columns {
		names = append(names, c.Name)
	}
	var errs []error
	for _, c := range model.Plan.Coordinates {
		_, err := encoder.New(&encoder.Plan{Clustered: true, Coordinates: []encoder.Coordinate{c}}, table.Columns)
		if !slices.Contains(names, c.Column) {
			err = &source.UnknownColumnError{Column: c.Column, Nearest: source.Nearest(c.Column, names)}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("coordinate %q, for %s: %s: %w", c.Name, bySegments, tableName(table), err))
		}
	}
	return errors.Join(errs...)
}

// assignClusters writes the cluster of every row of the source.
func (j *job) assignClusters(ctx context.Context) error {
	r := j.findings.Clusters
	var names []string
	for _, p := range j.findings.ClusterPersonas.Segments {
		names = append(names, p.Name)
	}
	params := wire.AssignParams{By: &wire.Clusters{OneHot: r.Space.OneHot, Centres: r.Deciding}, Names: names}
	if err := j.assignOwn(ctx, params, j.findings.ClusterPersonas); err != nil {
		return err
	}
	return j.write(export.ClustersFile, func(w io.Writer) error { return export.WriteJSON(w, j.clustersDocument()) })
}
