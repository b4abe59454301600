package coordinator

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/persona"
)

// earlier is a finished job as its folder holds it.
type earlier struct {
	from     string
	model    *export.Model
	findings []evidence.Finding
	gate     evidence.Config
	personas *persona.Result // of the segments, or clusters; nil: the job made none
}

func openEarlier(from string) (*earlier, error) {
	var run struct {
		Config struct {
			Evidence *evidence.Config `json:"findings"`
		} `json:"config"`
	}
	if err := readOutput(from, export.RunFile, &run); err != nil {
		return nil, err
	}
	model, err := readModel(filepath.Join(from, export.ModelFile))
	if err != nil {
		return nil, fmt.Errorf("the job in %s cannot be rechecked: %w", from, err)
	}
	e := &earlier{from: from, model: model, gate: evidence.Default()}
	if run.Config.Evidence != nil {
		e.gate = *run.Config.Evidence
	}
	_, err = os.Stat(filepath.Join(from, export.FindingsFile))
	if err == nil {
		err = e.readFindings()
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if !model.Assigns() {
		return e, nil
	}
	return e, e.readPersonas()
}

// readFindings reads the findings, whose items must be of the model's plan.
func (e *earlier) readFindings() error {
	var found evidence.Result
	if err := readOutput(e.from, export.FindingsFile, &found); err != nil {
		return err
	}
	features := e.model.Plan.Features
	for _, f := range found.Findings {
		for _, item := range f.Items {
			if item.Feature < 0 || item.Feature >= len(features) || int(item.Code) >= features[item.Feature].Codes() {
				return fmt.Errorf("%s: finding %d has an item that %s lacks: they are of two jobs; run the job again",
					filepath.Join(e.from, export.FindingsFile), f.Rank, export.ModelFile)
			}
		}
		if !slices.ContainsFunc(e.model.Metrics, func(m export.ModelMetric) bool { return m.Name == f.Metric }) {
			return fmt.Errorf("%s: finding %d is of the metric %q, which %s lacks: they are of two jobs; run the job again",
				filepath.Join(e.from, export.FindingsFile), f.Rank, f.Metric, export.ModelFile)
		}
	}
	e.findings = found.Findings
	return nil
}

// readPersonas reads what the segments were like, which must be those of the
// model.
func (e *earlier) readPersonas() error {
	file := export.SegmentsFile
	if e.model.Clusters != nil {
		file = export.ClustersFile
	}
	var d struct {
		Personas *persona.Result `json:"personas"`
	}
	if err := readOutput(e.from, file, &d); err != nil {
		return err
	}
	fits := d.Personas != nil && len(d.Personas.Segments) == len(e.model.Segments)
	for i := 0; fits && i < len(e.model.Segments); i++ {
		fits = len(d.Personas.Segments[i].Metrics) == len(e.model.Metrics)
	}
	if !fits {
		return fmt.Errorf("%s does not hold the segments of %s: they are of two jobs; run the job again", filepath.Join(e.from, file), export.ModelFile)
	}
	e.personas = d.Personas
	return nil
}

// needs says of each feature what needs it: "" = nothing.
func (e *earlier) needs() []string {
	need := make([]string, len(e.model.Plan.Features))
	for _, f := range e.findings {
		for _, item := range f.Items {
			if need[item.Feature] == "" {
				need[item.Feature] = fmt.Sprintf("finding %d", f.Rank)
			}
		}
	}
	needSegments(e.model, need)
	return need
}
