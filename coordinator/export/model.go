package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
)

// What a model file says of itself.
const (
	ModelFormat  = "headwater-model"
	ModelVersion = 1
)

// maxModelBytes bounds a model file that is read: far above any real one.
const maxModelBytes = 256 << 20

// Model is what a finished job can be applied to other tables by: how they are
// encoded, what assigns their rows to segments, and what the job's own table
// looked like, to compare them with.
type Model struct {
	Format    string         `json:"format"`
	Version   int            `json:"version"`
	CreatedBy string         `json:"created_by"` // program and version
	Checksum  string         `json:"checksum,omitempty"`
	Customers int64          `json:"customers"` // of the table that the model was made from
	Metrics   []ModelMetric  `json:"metrics"`
	Weight    string         `json:"weight,omitempty"`   // column that weighs the rows
	Segments  []ModelSegment `json:"segments"`           // empty: the job made none
	Tree      encoder.Tree   `json:"tree"`               // leaves are indexes into Segments
	Clusters  *ModelClusters `json:"clusters,omitempty"` // instead of the tree: the segment of the nearest centre
	Plan      encoder.Plan   `json:"plan"`
	Levels    [][]int64      `json:"levels"` // feature of the plan → code → customers
}

// ModelMetric is a metric over all customers of the table.
type ModelMetric struct {
	metric.Spec          // such that it means the same on another table
	Known       int64    `json:"known"`
	Mean        *float64 `json:"mean"`
}

// ModelClusters assign a row to the nearest of some centres, of equally near
// ones to the first. Its place on the plan's coordinates and its levels of some
// features are compared with those of the centres.
type ModelClusters struct {
	OneHot []ModelOneHot `json:"one_hot"`
	Places [][]float64   `json:"places"` // segment → coordinate
	Shares [][]float64   `json:"shares"` // segment → code of the one-hot features, feature by feature
}

// ModelOneHot is a feature of which the levels count.
type ModelOneHot struct {
	Feature int     `json:"feature"` // index into Plan.Features
	Weight  float64 `json:"weight"`  // two rows of different levels are 2·Weight apart, squared
}

// Assigns reports whether the model sends rows to segments.
func (m *Model) Assigns() bool { return len(m.Segments) > 0 }

// ModelSegment is one segment of a model.
type ModelSegment struct {
	Name  string   `json:"name"`
	Rows  int64    `json:"rows"`            // customers in it when the model was made
	Rules []string `json:"rules,omitempty"` // for people; rows are assigned by the tree
}

// WriteModel writes m with its format, version and checksum filled in. A model
// that ReadModel would refuse is an error.
func WriteModel(w io.Writer, m Model) error {
	m.Format, m.Version = ModelFormat, ModelVersion
	if err := m.check(); err != nil {
		return fmt.Errorf("the model cannot be written: %w", err)
	}
	var err error
	if m.Checksum, err = m.checksum(); err != nil {
		return fmt.Errorf("the model cannot be written: %w", err)
	}
	return WriteJSON(w, m)
}

// ReadModel reads a model file and checks everything in it, so that rows can
// be assigned by it without further checks. A model without a checksum was
// edited by hand, which is allowed.
func ReadModel(r io.Reader) (*Model, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxModelBytes+1))
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if len(data) > maxModelBytes {
		return nil, fmt.Errorf("model: larger than %d bytes, so it is none", maxModelBytes)
	}
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, modelSyntax(data, err)
	}
	if head.Format != ModelFormat {
		return nil, fmt.Errorf("model: the format is %q, not %q: name the model.json of a finished job", head.Format, ModelFormat)
	}
	if head.Version != ModelVersion {
		return nil, fmt.Errorf("model: version %d is not known to this program, which reads version %d: use the version of headwater that wrote it", head.Version, ModelVersion)
	}
	var m Model
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return nil, modelSyntax(data, err)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("model: %w: the file was damaged or edited; make it again", err)
	}
	sum, err := m.checksum()
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if m.Checksum != "" && m.Checksum != sum {
		return nil, errors.New("model: the checksum does not fit the content: the file was damaged, so make it again; or if you edited it on purpose, remove the checksum line")
	}
	return &m, nil
}

// modelSyntax says where in the file the JSON broke off.
func modelSyntax(data []byte, err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		if syntax.Offset >= int64(len(data)) {
			return fmt.Errorf("model: the file is cut short after %d bytes: %w", len(data), err)
		}
		return fmt.Errorf("model: line %d: %w", 1+bytes.Count(data[:syntax.Offset], []byte("\n")), err)
	}
	return fmt.Errorf("model: %w", err)
}

// checksum is over the file as it would be without one.
func (m Model) checksum() (string, error) {
	m.Checksum = ""
	h := sha256.New()
	if err := WriteJSON(h, m); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}
