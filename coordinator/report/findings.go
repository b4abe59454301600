// Package report tells people what a job found: a summary for the terminal and
// report.md.
package report

import (
	"slices"

	"github.com/headwater-dev/headwater/coordinator/contrast"
	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/coordinator/kmeans"
	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/coordinator/persona"
	"github.com/headwater-dev/headwater/coordinator/roles"
	"github.com/headwater-dev/headwater/coordinator/search"
)

// Findings is everything a job found out. What it did not look for is nil.
type Findings struct {
	Source  Source
	Columns []feature.Column // every column of the table
	Ranking []feature.Ranked // in the order of the features
	Overall export.Overall   // features, metrics, and their values over all customers
	Minimum int64            // customers in the smallest group
	Notes   []string         // what the user should know, most important first

	Groups   *search.Groups
	Levels   []search.Level
	MaxShare float64          // of the customers in a ranked group
	Tops     []export.Ranking // per metric

	Contrast *contrast.Result // what differs between two sides

	Evidence *evidence.Result // what holds on customers that it was not found on

	Roles     *roles.Result    // what context and levers go with
	Artefacts []roles.Artefact // levels that findings or segments rest on and that look like artefacts of recording

	Segments *merge.Result
	Personas *persona.Result

	Clusters        *kmeans.Result
	ClusterPersonas *persona.Result

	Out     string // the out folder; "" = nothing was written
	Outputs []export.Output
	Seconds float64
}

// Source is the table as it was read.
type Source struct {
	Names   []string // of the files
	Rows    int64
	Columns int
	Workers int
	Shards  int
}

// warnings are the notes, and what rests on levels that look like artefacts.
func (f *Findings) warnings() []string {
	if line := roles.Warning(f.Artefacts); line != "" {
		return append(slices.Clone(f.Notes), line)
	}
	return f.Notes
}
