package coordinator

import (
	"context"
	"io"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/coordinator/kmeans"
	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/persona"
	"github.com/headwater-dev/headwater/coordinator/proof"
	"github.com/headwater-dev/headwater/coordinator/report"
	"github.com/headwater-dev/headwater/coordinator/roles"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/source"
)

// write writes one output.
func (j *job) write(name string, fill func(io.Writer) error) error {
	w, err := j.out.Create(name)
	if err != nil {
		return err
	}
	if err := fill(w); err != nil {
		_ = w.Close() // would say the same again
		return err
	}
	return w.Close()
}

// commit writes the last outputs and run.json and puts everything into place.
func (j *job) commit(ctx context.Context, last func() error) error {
	err := last()
	if err == nil {
		err = j.write(export.RunFile, func(w io.Writer) error { return export.WriteJSON(w, j.runDocument()) })
	}
	if err != nil {
		return err
	}
	return j.place(ctx)
}

// place puts all that was written into place.
func (j *job) place(ctx context.Context) error {
	// Only the coordinator whose term still holds may touch the outputs.
	if err := j.engine.Confirm(ctx); err != nil {
		return err
	}
	if err := j.out.Commit(); err != nil {
		return err
	}
	j.findings.Out, j.findings.Outputs = j.out.Path(), j.out.Outputs()
	return nil
}

// writeReports writes what every job leaves: the profile, the report, and the
// model where groups or segments were made.
func (j *job) writeReports() error {
	err := j.write(export.ProfileFile, func(w io.Writer) error { return export.WriteJSON(w, j.profileDocument()) })
	if err == nil && (j.findings.Groups != nil || j.findings.Segments != nil || j.findings.Clusters != nil) {
		err = j.write(export.ModelFile, func(w io.Writer) error { return export.WriteModel(w, j.model()) })
	}
	if err == nil {
		err = j.write(export.ReportFile, func(w io.Writer) error { return report.Markdown(w, &j.findings) })
	}
	if err == nil {
		err = j.write(export.ReportHTMLFile, func(w io.Writer) error { return report.HTML(w, &j.findings, j.Lang) })
	}
	if err == nil && j.findings.Evidence != nil {
		err = j.write(export.EvidenceFile, func(w io.Writer) error { return proof.Write(w, j.proof()) })
	}
	return err
}

// runDocument is run.json: what ran, on what, and what it took. It alone
// differs between two runs of the same job.
type runDocument struct {
	ran
	Config   runConfig       `json:"config"`
	From     string          `json:"from,omitempty"` // segments were made from what the job in this folder kept
	Features int             `json:"features"`
	Metrics  []metric.Metric `json:"metrics"`
	Groups   int             `json:"groups,omitempty"`
	Segments int             `json:"segments,omitempty"`
	after
}

// runConfig is the part of the config that decides the results.
type runConfig struct {
	Input     source.Spec       `json:"input"`
	Metrics   []string          `json:"metric"`
	Weight    string            `json:"weight,omitempty"`
	Features  []string          `json:"features,omitempty"`
	Exclude   []string          `json:"exclude,omitempty"`
	Keep      []string          `json:"keep,omitempty"`
	Roles     map[string]string `json:"role,omitempty"`
	Context   []string          `json:"context,omitempty"`
	Lever     []string          `json:"lever,omitempty"`
	Bins      map[string]string `json:"bins,omitempty"`
	AsOf      string            `json:"as_of,omitempty"`
	Order     int               `json:"order"`
	MinShare  float64           `json:"min_share"`
	MinCount  int64             `json:"min_count"`
	MaxShare  float64           `json:"max_share"`
	Top       int               `json:"top"`
	All       bool              `json:"all"`
	Best      bool              `json:"best,omitempty"`
	By        string            `json:"by"`
	Alpha     float64           `json:"alpha"`
	Direction string            `json:"direction"`
	Evidence  *evidence.Config  `json:"findings,omitempty"`
	KMin      int               `json:"k_min"`
	KMax      int               `json:"k_max"`
	K         int               `json:"k,omitempty"`
	Lambda    float64           `json:"lambda"`
	Cross     []string          `json:"cross,omitempty"`
	KMeans    *kmeans.Config    `json:"kmeans,omitempty"`
	Sides     *Sides            `json:"sides,omitempty"`
	Seed      uint64            `json:"seed"`
}

func (j *job) runDocument() runDocument {
	c := j.Config
	d := runDocument{
		ran: j.ran(),
		Config: runConfig{
			Input: c.Input, Metrics: c.Metrics, Weight: c.Weight, Features: c.Features, Exclude: c.Exclude,
			Keep: c.Keep, Roles: c.Roles, Context: c.Context, Lever: c.Lever, Bins: c.Bins, AsOf: c.AsOf, Order: c.Order, MinShare: c.MinShare,
			MinCount: c.MinCount, MaxShare: c.MaxShare, Top: c.Top, All: c.All, Best: c.Best, By: c.By, Alpha: c.Alpha, Direction: c.Direction,
			KMin: c.KMin, KMax: c.KMax, K: c.K, Lambda: c.Lambda, Cross: c.Cross, KMeans: c.KMeans, Seed: c.Seed,
		},
		Features: len(j.plan.Features), Metrics: j.metrics, after: j.after(j.rows()),
	}
	if g := j.findings.Groups; g != nil {
		d.Groups = g.Len()
		d.Config.Evidence = &c.Evidence
	}
	if j.sides != nil {
		d.Config.Sides, d.Config.Evidence = j.sides, &c.Evidence
	}
	if s := j.findings.Segments; s != nil {
		d.Segments = s.K
	}
	return d
}

// profileDocument is profile.json: what every column is and became, and how
// much each feature tells of the metrics.
type profileDocument struct {
	Customers int64             `json:"customers"`
	Minimum   int64             `json:"minimum"` // customers in the smallest group
	Columns   []feature.Column  `json:"columns"`
	Features  []encoder.Feature `json:"features"`
	Metrics   []metric.Metric   `json:"metrics"`
	Ranking   []feature.Ranked  `json:"ranking"`
	Context   []roles.Aside     `json:"context,omitempty"` // what describes the contact, and the metrics on its levels
	Levers    []roles.Aside     `json:"levers,omitempty"`  // what the business can change
	Artefacts []roles.Artefact  `json:"artefacts,omitempty"`
	Notes     []string          `json:"notes"`
}

func (j *job) profileDocument() profileDocument {
	f := &j.findings
	d := profileDocument{
		Customers: f.Source.Rows, Minimum: f.Minimum, Columns: f.Columns, Features: j.plan.Features,
		Metrics: j.metrics, Ranking: f.Ranking, Artefacts: f.Artefacts, Notes: f.Notes,
	}
	if f.Roles != nil {
		d.Context, d.Levers = f.Roles.Context, f.Roles.Levers
	}
	return d
}

// segmentsDocument is segments.json: the merging and, per segment, its rules
// and persona.
type segmentsDocument struct {
	Customers int64           `json:"customers"`
	Features  []string        `json:"features"` // of the plan, which indexes refer to
	Personas  *persona.Result `json:"personas"`
	SQL       string          `json:"sql"`               // a CASE expression on the source's columns: the segment's name
	Context   *roles.Adds     `json:"context,omitempty"` // what context adds to the traits
	Levers    *roles.Adds     `json:"levers,omitempty"`
	Merging   *merge.Result   `json:"merging"`
}

func (j *job) segmentsDocument() segmentsDocument {
	f := &j.findings
	d := segmentsDocument{
		Customers: f.Source.Rows, Personas: f.Personas, Merging: f.Segments,
		SQL: merge.CaseSQL(j.plan.Features, f.Segments.Segments, j.segmentNames()),
	}
	if f.Roles != nil {
		d.Context, d.Levers = f.Roles.ContextAdds, f.Roles.LeversAdd
	}
	for _, f := range j.plan.Features {
		d.Features = append(d.Features, f.Name)
	}
	return d
}

// findingsDocument is findings.json: the groups that stand up, and the levers
// on each.
type findingsDocument struct {
	evidence.Result
	Levers []roles.AtFinding `json:"levers,omitempty"`
}

func (j *job) findingsDocument() findingsDocument {
	d := findingsDocument{Result: *j.findings.Evidence}
	if j.findings.Roles != nil {
		d.Levers = j.findings.Roles.Findings
	}
	return d
}
