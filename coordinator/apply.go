package coordinator

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/drift"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// readModel reads the model file at path.
func readModel(path string) (*export.Model, error) {
	if err := export.Readable(path); err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s: name the model.json of a finished job; run, search and segment make one", path)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	model, err := export.ReadModel(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return model, nil
}

// apartFrom refuses to write into the folder of the finished job that is read.
func apartFrom(from, out string) error {
	a, err1 := os.Stat(from)
	b, err2 := os.Stat(out)
	if err1 == nil && err2 == nil && os.SameFile(a, b) {
		return fmt.Errorf("%s is the finished job itself, which stays as it is: choose another --out", out)
	}
	return nil
}

// applied is a model's plan as far as another table has its columns.
type applied struct {
	plan encoder.Plan    // features that the table has; no measures, no key
	at   []int           // feature of the model → feature of plan; −1 = not in the table
	gone []drift.Feature // features that are not, each with the reason
}

// applyPlan finds out which features of the model the table can be encoded by.
// Those that are needed, each by what need says ("" = by nothing), must be: the
// error names every column that is missing or of another type.
func applyPlan(model *export.Model, table *source.Table, need []string) (*applied, error) {
	a := &applied{at: make([]int, len(model.Plan.Features)), plan: encoder.Plan{Nulls: nulls(model, table)}}
	var names []string
	for _, c := range table.Columns {
		names = append(names, c.Name)
	}
	var errs []error
	for i, f := range model.Plan.Features {
		a.at[i] = len(a.plan.Features)
		reading := drift.Unlike
		_, err := encoder.New(&encoder.Plan{Features: []encoder.Feature{f}, Nulls: a.plan.Nulls}, table.Columns)
		if !slices.Contains(names, f.Column) {
			reading, err = drift.NoColumn, &source.UnknownColumnError{Column: f.Column, Nearest: source.Nearest(f.Column, names)}
		}
		switch {
		case err == nil:
			a.plan.Features = append(a.plan.Features, f)
		case need[i] != "":
			errs = append(errs, fmt.Errorf("feature %q, for %s: %s: %w", f.Name, need[i], tableName(table), err))
		default:
			a.at[i] = -1
			a.gone = append(a.gone, drift.Feature{Name: f.Name, Column: f.Column, Reading: reading, Reason: err.Error()})
		}
	}
	if model.Clusters != nil {
		a.plan.Clustered, a.plan.Coordinates = true, model.Plan.Coordinates
		errs = append(errs, checkCoordinates(model, table))
	}
	return a, errors.Join(errs...)
}

// bySegments says what needs the features that decide a model's segments.
const bySegments = "the segments' rules"

// needSegments adds to what needs each feature the segments of the model.
func needSegments(model *export.Model, need []string) {
	deciding := testedFeatures(&model.Tree)
	if c := model.Clusters; c != nil {
		for _, o := range c.OneHot {
			deciding = append(deciding, o.Feature)
		}
	}
	for _, f := range deciding {
		need[f] = strings.TrimPrefix(need[f]+" and "+bySegments, " and ")
	}
}

// nulls are the spellings of missing: those that the model was made with, and
// those of the table.
func nulls(model *export.Model, table *source.Table) []string {
	out := slices.Clone(model.Plan.Nulls)
	if table.Dialect != nil {
		for _, s := range table.Dialect.Nulls {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// tableName names the table in a message.
func tableName(table *source.Table) string {
	if name := filepath.Base(table.Files[0].Name); len(table.Files) == 1 {
		return name
	} else {
		return fmt.Sprintf("%s and %d more", name, len(table.Files)-1)
	}
}

// testedFeatures lists the features that a tree tests, ascending.
func testedFeatures(tree *encoder.Tree) []int {
	var out []int
	for _, n := range tree.Nodes {
		if len(n.Codes) > 0 {
			out = append(out, n.Feature)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// tree returns a tree of the model, whose features the plan has.
func (a *applied) tree(t *encoder.Tree) encoder.Tree {
	out := encoder.Tree{Nodes: slices.Clone(t.Nodes)}
	for i := range out.Nodes {
		if n := &out.Nodes[i]; len(n.Codes) > 0 {
			n.Feature = a.at[n.Feature]
		}
	}
	return out
}

// items returns a group of the model, whose features the plan has.
func (a *applied) items(items []wire.Item) []wire.Item {
	out := slices.Clone(items)
	for i := range out {
		out[i].Feature = a.at[out[i].Feature]
	}
	return out
}
