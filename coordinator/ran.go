package coordinator

import (
	"runtime"

	"github.com/headwater-dev/headwater/coordinator/engine"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/worker/source"
)

// ran is the head of every run.json: the program.
type ran struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func (j *job) ran() ran {
	return ran{j.Version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
}

// after is its end: the table, what the job took and what it wrote.
type after struct {
	Input   []source.File   `json:"input"`
	Rows    int64           `json:"rows"`
	Columns int             `json:"columns"`
	Shards  int             `json:"shards,omitempty"` // 0: the table was read and not held
	Workers int             `json:"workers"`
	Seconds float64         `json:"seconds"`
	Stages  []stage         `json:"stages"`
	Engine  engine.Stats    `json:"engine"`
	Outputs []export.Output `json:"outputs"`
}

func (j *job) after(rows int64) after {
	return after{
		Input: j.table.Files, Rows: rows, Columns: len(j.table.Columns), Shards: j.shards,
		Workers: j.findings.Source.Workers, Seconds: j.findings.Seconds, Stages: j.stages,
		Engine: j.engine.Stats(), Outputs: j.out.Outputs(),
	}
}
