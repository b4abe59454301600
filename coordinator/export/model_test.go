package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
)

func testModel() Model {
	low, high, yes := 0.1, 1e-300, "yes & <no>"
	return Model{
		Format: ModelFormat, Version: ModelVersion, CreatedBy: "headwater test",
		Customers: 7, Weight: "w",
		Metrics: []ModelMetric{
			{Spec: metric.Spec{Name: "y", Column: "y", Equals: &yes}, Known: 7, Mean: &low},
			{Spec: metric.Spec{Name: "r", Column: "a", Per: "b"}},
		},
		Levels:   [][]int64{{0, 3, 4}, {1, 1, 5}, {0, 7, 0}},
		Segments: []ModelSegment{{Name: "young", Rows: 3, Rules: []string{"age < 30", "or so"}}, {Name: "rest", Rows: 4}},
		Tree: encoder.Tree{Nodes: []encoder.Node{
			{Feature: 1, Codes: []uint8{0, 2}, Yes: 1, No: 2},
			{Segment: 0},
			{Feature: 0, Codes: []uint8{1}, Yes: 3, No: 4},
			{Segment: 1},
			{Segment: 0, Rule: 1},
		}},
		Plan: encoder.Plan{
			Features: []encoder.Feature{
				{Name: "job", Column: "job", Kind: encoder.Category, Levels: []encoder.Level{{Name: "a", Value: "a"}, {Name: "other"}}, Other: 2},
				{Name: "age", Column: "born", Part: encoder.AgeDays, AsOf: "2026-01-31", Kind: encoder.Range, Levels: []encoder.Level{{Name: "low", High: &high}, {Name: "high", Low: &low}}},
				{Name: "kids", Column: "kids", Kind: encoder.Discrete, Levels: []encoder.Level{{Name: "0", Value: "0"}, {Name: "1", Value: "1"}}},
			},
			Measures: []encoder.Measure{{Name: "y", Column: "y", Equals: &yes, Digits: 2}},
			Seed:     math.MaxUint64,
			Nulls:    []string{"", "NA"},
		},
	}
}

func modelBytes(t testing.TB, m Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteModel(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestModelRoundTrip(t *testing.T) {
	data := modelBytes(t, testModel())
	m, err := ReadModel(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(m.Checksum, "sha256:") || !bytes.Contains(data, []byte("yes & <no>")) {
		t.Errorf("written as %s", data)
	}
	m.Checksum = ""
	if diff := cmp.Diff(testModel(), *m); diff != "" {
		t.Fatal(diff)
	}
	if !bytes.Equal(data, modelBytes(t, *m)) {
		t.Error("the same model gave other bytes")
	}
	// An edit is found out, unless its author took the checksum away.
	edited := bytes.Replace(data, []byte("young"), []byte("Young"), 1)
	if _, err := ReadModel(bytes.NewReader(edited)); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("an edited model passed: %v", err)
	}
	lines := strings.Split(string(edited), "\n")
	if !strings.Contains(lines[4], "checksum") {
		t.Fatalf("the checksum is not on line 5: %s", lines[4])
	}
	if _, err := ReadModel(strings.NewReader(strings.Join(append(lines[:4], lines[5:]...), "\n"))); err != nil {
		t.Error(err)
	}
}

// A search leaves a model without segments, which tells what the table was like.
func TestModelWithoutSegments(t *testing.T) {
	m := testModel()
	m.Segments, m.Tree = []ModelSegment{}, encoder.Tree{Nodes: []encoder.Node{}}
	got, err := ReadModel(bytes.NewReader(modelBytes(t, m)))
	if err != nil || got.Assigns() {
		t.Fatalf("%+v, %v", got, err)
	}
	got.Checksum = ""
	if diff := cmp.Diff(m, *got); diff != "" {
		t.Fatal(diff)
	}
}

func TestModelRefuses(t *testing.T) {
	nan := math.NaN()
	for want, spoil := range map[string]func(m *Model){
		"no segments":               func(m *Model) { m.Segments = nil },
		"of -1 customers":           func(m *Model) { m.Customers = -1 },
		"two metrics":               func(m *Model) { m.Metrics[1].Name = "y" },
		"metric \"r\": its columns": func(m *Model) { m.Metrics[1].Column = "" },
		"known for 8 of 7":          func(m *Model) { m.Metrics[1].Known = 8 },
		"levels of 2 features":      func(m *Model) { m.Levels = m.Levels[:2] },
		"2 codes are counted":       func(m *Model) { m.Levels[0] = m.Levels[0][:2] },
		"are not the 7 customers":   func(m *Model) { m.Levels[0] = []int64{8, 0, -1} },
		"1 short of the 7":          func(m *Model) { m.Levels[2][1] = 6 },
		"rule 2 is not among the 2": func(m *Model) { m.Tree.Nodes[4].Rule = 2 },
		"rule 1 is not among the 0": func(m *Model) { m.Tree.Nodes[3].Rule = 1 },
		"segment 1 is named \"\"":   func(m *Model) { m.Segments[1].Name = "" },
		"two segments":              func(m *Model) { m.Segments[1].Name = "young" },
		"-1 rows":                   func(m *Model) { m.Segments[1].Rows = -1 },
		"two features":              func(m *Model) { m.Plan.Features[1].Name = "job" },
		"named \"\\xff\"":           func(m *Model) { m.Plan.Features[1].Name = "\xff" },
		"its column is \"\"":        func(m *Model) { m.Plan.Features[1].Column = "" },
		"kind \"\"":                 func(m *Model) { m.Plan.Features[1].Kind = "" },
		"part of a date \"hour\"":   func(m *Model) { m.Plan.Features[1].Part = "hour" },
		"as-of date":                func(m *Model) { m.Plan.Features[1].AsOf = "yesterday" },
		"256 levels":                func(m *Model) { m.Plan.Features[1].Levels = make([]encoder.Level, 256) },
		"code of other is 1":        func(m *Model) { m.Plan.Features[0].Other = 1 },
		"not finite":                func(m *Model) { m.Plan.Features[1].Levels[0].High = &nan },
		"before its beginning":      func(m *Model) { m.Plan.Features[1].Levels[1].High = new(float64) },
		"\"x\" is not a number":     func(m *Model) { m.Plan.Features[2].Levels[1].Value = "x" },
		"two levels":                func(m *Model) { m.Plan.Features[2].Levels[1].Value = "0" },
		"not valid UTF-8":           func(m *Model) { m.Plan.Features[0].Levels[0].Value = "\xff" },
		"measure \"y\": its column": func(m *Model) { m.Plan.Measures[0].Column = "" },
		"digits 16":                 func(m *Model) { m.Plan.Measures[0].Digits = 16 },
		"the tree has no nodes":     func(m *Model) { m.Tree.Nodes = nil },
		"segment 2 is not among":    func(m *Model) { m.Tree.Nodes[3].Segment = 2 },
		"segment -1 is not among":   func(m *Model) { m.Tree.Nodes[3].Segment = -1 },
		"feature 3 is not among":    func(m *Model) { m.Tree.Nodes[0].Feature = 3 },
		"children 0 and 2":          func(m *Model) { m.Tree.Nodes[0].Yes = 0 },
		"children 1 and 5":          func(m *Model) { m.Tree.Nodes[0].No = 5 },
		"code 3 of feature":         func(m *Model) { m.Tree.Nodes[0].Codes = []uint8{0, 3} },
		"code 0 of feature":         func(m *Model) { m.Tree.Nodes[0].Codes = []uint8{0, 0} },
	} {
		m := testModel()
		spoil(&m)
		if err := WriteModel(io.Discard, m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("written with %q: %v", want, err)
		}
		var b bytes.Buffer
		if strings.Contains(want, "UTF-8") || strings.Contains(want, "xff") || strings.Contains(want, "finite") {
			continue // JSON cannot carry these
		}
		if err := WriteJSON(&b, m); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadModel(&b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("read with %q: %v", want, err)
		}
	}
}

func TestModelFileBroken(t *testing.T) {
	data := string(modelBytes(t, testModel()))
	for n := range len(data) - 2 {
		if _, err := ReadModel(strings.NewReader(data[:n])); err == nil {
			t.Fatalf("the first %d of %d bytes passed for a model", n, len(data))
		}
	}
	for text, want := range map[string]string{
		"":              "cut short after 0 bytes",
		data[:200]:      "cut short after 200 bytes",
		"{\n\"a\":\n;}": "line 3",
		"{}":            "the format is \"\"",
		"PAR1":          "line 1",
		strings.Replace(data, `"version": 1`, `"version": 2`, 1): "version 2 is not known",
		strings.Replace(data, `"tree"`, `"trie"`, 1):             "unknown field",
		strings.Replace(data, `"rows": 3`, `"rows": "three"`, 1): "cannot unmarshal",
		data + "x": "invalid character",
	} {
		if _, err := ReadModel(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
	if _, err := ReadModel(iotest.ErrReader(errors.New("disk gone"))); err == nil || !strings.Contains(err.Error(), "disk gone") {
		t.Error(err)
	}
}

func FuzzReadModel(f *testing.F) {
	data := modelBytes(f, testModel())
	f.Add(data)
	f.Add(data[:len(data)/2])
	var plain bytes.Buffer
	if err := WriteJSON(&plain, testModel()); err != nil { // no checksum, so that changes can pass
		f.Fatal(err)
	}
	f.Add(plain.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ReadModel(bytes.NewReader(data))
		if err != nil {
			return
		}
		again, err := ReadModel(bytes.NewReader(modelBytes(t, *m)))
		if err != nil {
			t.Fatal(err)
		}
		again.Checksum, m.Checksum = "", ""
		if first, second := modelBytes(t, *m), modelBytes(t, *again); !bytes.Equal(first, second) {
			t.Fatalf("%s was read back as %s", first, second)
		}
	})
}

type embedded struct {
	A int `json:"a"`
	B *string
}

type jsonSample struct {
	embedded
	Z      float64            `json:"z"`
	Small  float32            `json:"small"`
	Text   string             `json:"text,omitempty"`
	List   []string           `json:"list"`
	Lists  [][]int            `json:"lists,omitempty"`
	Map    map[string]float64 `json:"map"`
	Any    any                `json:"any"`
	Time   time.Time          `json:"time"`
	Gone   time.Time          `json:"gone,omitzero"`
	Hidden int                `json:"-"`
	Array  [2]bool
	Raw    json.RawMessage `json:"raw"`
}

// Where encoding/json has an opinion, WriteJSON shares it.
func TestWriteJSONFollowsStandard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a-z<>&"\\\n\x00\x{2028}é]{0,5}`)
		float := rapid.Float64().Filter(func(x float64) bool { return !math.IsInf(x, 0) && !math.IsNaN(x) })
		v := jsonSample{
			embedded: embedded{A: rapid.Int().Draw(t, "a"), B: rapid.Ptr(s, true).Draw(t, "b")},
			Z:        float.Draw(t, "z"), Small: float32(math.Mod(float.Draw(t, "small"), 1e9)), Text: s.Draw(t, "text"),
			List: rapid.SliceOfN(s, 0, 3).Draw(t, "list"), Lists: rapid.SliceOfN(rapid.SliceOfN(rapid.Int(), 0, 2), 0, 2).Draw(t, "lists"),
			Map:  rapid.MapOfN(s, float, 0, 4).Draw(t, "map"),
			Any:  rapid.SampledFrom([]any{nil, 1, "x", []any{1.5, nil}, map[string]any{"b": 1, "a": []int(nil)}, &embedded{}}).Draw(t, "any"),
			Time: time.Unix(rapid.Int64Range(0, 1e9).Draw(t, "time"), 5).UTC(), Raw: json.RawMessage(`{"x": [1]}`),
		}
		var got, want bytes.Buffer
		if err := WriteJSON(&got, v); err != nil {
			t.Fatal(err)
		}
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), got.String()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestWriteJSONBeyondStandard(t *testing.T) {
	var b strings.Builder
	v := map[string]any{"nan": math.NaN(), "deep": []any{math.Inf(1), &embedded{}, float32(math.Inf(-1))}, "bytes": []uint8{1, 255}, "map": map[string]float64{"x": math.NaN()}}
	if err := WriteJSON(&b, v); err != nil {
		t.Fatal(err)
	}
	want := `{"bytes":[1,255],"deep":[null,{"a":0,"B":null},null],"map":{"x":null},"nan":null}`
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(b.String())); err != nil || compact.String() != want {
		t.Fatalf("%s, want %s: %v", compact.String(), want, err)
	}
	for _, bad := range []any{make(chan int), map[int]int{1: 1}, struct{ *embedded }{}} {
		if err := WriteJSON(io.Discard, bad); err == nil {
			t.Errorf("%T was written", bad)
		}
	}
}
