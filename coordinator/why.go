package coordinator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/report"
)

// Why explains a finding of the finished job in the out folder from.
func Why(w io.Writer, from, which string) error {
	var found evidence.Result
	var profile profileDocument
	if err := readOutput(from, export.FindingsFile, &found); err != nil {
		return err
	}
	if err := readOutput(from, export.ProfileFile, &profile); err != nil {
		return err
	}
	return report.Why(w, &found, profile.Metrics, which)
}

// readOutput reads a JSON file of a finished job.
func readOutput(from, name string, into any) error {
	if err := export.Readable(from); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(from, export.RunFile)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s holds no finished job: name the --out folder of a run or search", from)
	}
	data, err := os.ReadFile(filepath.Join(from, name))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the job in %s has no %s: run, or search, makes it", from, name)
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w; run the job again", filepath.Join(from, name), err)
	}
	return nil
}
