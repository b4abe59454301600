package export

import (
	"fmt"

	"github.com/headwater-dev/headwater/worker/partial"
)

// What a manifest says of itself.
const (
	ManifestFormat  = "headwater-assignments"
	ManifestVersion = 1
)

// Manifest makes the part files count. It is written after all of them.
type Manifest struct {
	Format   string            `json:"format"`
	Version  int               `json:"version"`
	Rows     int64             `json:"rows"`
	Columns  []string          `json:"columns"`
	Segments []ManifestSegment `json:"segments"`
	Parts    []ManifestPart    `json:"parts"` // in the order of the source's rows
}

// ManifestSegment is one segment, with its customers over all parts.
type ManifestSegment struct {
	Segment int    `json:"segment"` // from 1
	Name    string `json:"name"`
	Rows    int64  `json:"rows"`
}

// ManifestPart is one part file.
type ManifestPart struct {
	Name   string `json:"name"` // within AssignmentsDir
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Assignments takes part files, one per split of the source, as they come.
// It is for one goroutine at a time.
type Assignments struct {
	out      Out
	manifest Manifest
	missing  int       // parts yet to come
	levels   [][]int64 // tested feature → code → rows of the parts so far
}

// NewAssignments begins the assignments of the rows of so many splits to the
// named segments. withID tells whether rows are known by an id, or else by file
// and row number; distances whether parts hold how far each is from its centre.
func NewAssignments(out Out, segments []string, splits int, withID, distances bool) *Assignments {
	a := &Assignments{out: out, missing: splits, manifest: Manifest{
		Format:  ManifestFormat,
		Version: ManifestVersion,
		Columns: []string{"file", "row", "rule", "segment", "segment_name"},
		Parts:   make([]ManifestPart, splits),
	}}
	if withID {
		a.manifest.Columns = []string{"id", "rule", "segment", "segment_name"}
	}
	if distances {
		a.manifest.Columns = append(a.manifest.Columns, "distance")
	}
	for i, name := range segments {
		a.manifest.Segments = append(a.manifest.Segments, ManifestSegment{Segment: i + 1, Name: name})
	}
	return a
}

// Add takes one part. Parts come in any order, each once; one that does not
// add up is an error.
func (a *Assignments) Add(p partial.Part) error {
	if p.Unit < 0 || p.Unit >= len(a.manifest.Parts) {
		return fmt.Errorf("assignments: part of split %d of %d", p.Unit, len(a.manifest.Parts))
	}
	part := &a.manifest.Parts[p.Unit]
	if part.Name != "" {
		return fmt.Errorf("assignments: the part of split %d came twice", p.Unit)
	}
	if len(p.Segments) != len(a.manifest.Segments) {
		return fmt.Errorf("assignments: the part of split %d counts %d segments, not %d", p.Unit, len(p.Segments), len(a.manifest.Segments))
	}
	if sum, ok := total(p.Segments); !ok || sum != p.Rows {
		return fmt.Errorf("assignments: the part of split %d has %d rows, but its segments hold %v", p.Unit, p.Rows, p.Segments)
	}
	for f, counts := range p.Levels {
		if sum, ok := total(counts); !ok || sum != p.Rows || a.levels != nil && (len(a.levels) != len(p.Levels) || len(a.levels[f]) != len(counts)) {
			return fmt.Errorf("assignments: the part of split %d has %d rows, but the levels of feature %d of %d hold %v", p.Unit, p.Rows, f+1, len(p.Levels), counts)
		}
	}
	taken, err := a.out.Take(&p)
	if err != nil {
		return err
	}
	*part = taken
	if a.levels == nil {
		a.levels = make([][]int64, len(p.Levels))
	}
	for f, counts := range p.Levels {
		a.levels[f] = append(a.levels[f], make([]int64, len(counts)-len(a.levels[f]))...)
		for code, n := range counts {
			a.levels[f][code] += n
		}
	}
	for i, n := range p.Segments {
		a.manifest.Segments[i].Rows += n
	}
	a.manifest.Rows += p.Rows
	a.missing--
	return nil
}

// Levels are the customers with each code of the features that the tree tests,
// ascending, over all parts so far.
func (a *Assignments) Levels() [][]int64 { return a.levels }

// Close writes the manifest. Every customer must have come to exactly one
// segment: parts that are missing, or rows other than the job's, are an error.
// Rows −1: nobody has counted them before.
func (a *Assignments) Close(rows int64) (*Manifest, error) {
	if a.missing > 0 {
		return nil, fmt.Errorf("assignments: %d of %d parts are missing", a.missing, len(a.manifest.Parts))
	}
	if rows >= 0 && a.manifest.Rows != rows {
		return nil, fmt.Errorf("assignments: the parts hold %d rows, but the table has %d: did the source change during the job?", a.manifest.Rows, rows)
	}
	out, err := a.out.Create(ManifestFile)
	if err != nil {
		return nil, err
	}
	if err := WriteJSON(out, &a.manifest); err != nil {
		_ = out.Close()
		return nil, err
	}
	if err := out.Close(); err != nil {
		return nil, err
	}
	return &a.manifest, nil
}

// total adds counts; ok is false where one is negative.
func total(counts []int64) (sum int64, ok bool) {
	for _, n := range counts {
		if n < 0 {
			return 0, false
		}
		sum += n
	}
	return sum, true
}
