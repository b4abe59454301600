package coordinator

import (
	"context"
	"io"

	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/worker/source"
)

// appliedDocument is run.json of a command that applies a finished job to
// another table.
type appliedDocument struct {
	ran
	Command string        `json:"command"`
	Config  appliedConfig `json:"config"`
	after
}

// appliedConfig is the part of the config that decides the results.
type appliedConfig struct {
	Input     source.Spec `json:"input"`
	From      string      `json:"from,omitempty"`      // folder of the finished job
	Model     string      `json:"model,omitempty"`     // model file
	Checksum  string      `json:"checksum,omitempty"`  // of the model
	ID        string      `json:"id,omitempty"`        // id column
	Audiences string      `json:"audiences,omitempty"` // form of the audience files
}

// commitApplied writes run.json and puts everything into place.
func (j *job) commitApplied(ctx context.Context, command string, config appliedConfig) error {
	config.Input = j.Input
	d := appliedDocument{j.ran(), command, config, j.after(j.findings.Source.Rows)}
	err := j.write(export.RunFile, func(w io.Writer) error { return export.WriteJSON(w, d) })
	if err != nil {
		return err
	}
	return j.place(ctx)
}

// readSource says of the table what a summary needs.
func (j *job) readSource(rows int64) {
	s := &j.findings.Source
	s.Rows, s.Columns, s.Workers = rows, len(j.table.Columns), j.engine.Slots()
	for _, file := range j.table.Files {
		s.Names = append(s.Names, file.Name)
	}
}
