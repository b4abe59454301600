package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/roles"
)

// addAsides adds context, and levers with and without an interval.
func (f *Findings) addAsides() {
	level := func(name string, mean, half float64) roles.Level {
		low, high := mean-half, mean+half
		l := roles.Level{Code: 1, Level: name, N: 1234, Known: 1200, Mean: &mean, Low: &low, High: &high}
		if half == 0 {
			l.Low, l.High = nil, nil
		}
		return l
	}
	levels := []roles.Level{level("mar", 0.5, 0.02), level(nasty, 0.2, 0.01), level("手机银行", 0.1, 0.01)}
	bare := []roles.Level{level("mar", 0.5, 0), level(nasty, 0.2, 0)}
	strength := 0.0351
	var context, lever roles.Aside
	context.Name, lever.Name = nasty, "offer"
	adds := func() *roles.Adds {
		return &roles.Adds{Traits: 0.1271, TraitsError: 0.0029, Both: 0.1797, BothError: 0.0021, Gain: 0.0526, GainError: 0.0017}
	}
	r := &roles.Result{ContextAdds: adds(), LeversAdd: adds()}
	for _, m := range f.Overall.Metrics {
		context.Metrics = append(context.Metrics, roles.Levels{Association: feature.Association{Gain: &strength, EtaSquared: &strength}, Levels: levels})
		lever.Metrics = append(lever.Metrics, roles.Levels{Levels: bare})
		w := roles.Within{Name: nasty, Metric: m.Name, Segments: [][]roles.Level{levels, bare, {}}}
		r.ContextAdds.Within, r.LeversAdd.Within = append(r.ContextAdds.Within, w), append(r.LeversAdd.Within, w)
		for range 30 {
			r.Findings = append(r.Findings, roles.AtFinding{Metric: m.Name, Group: "age=" + nasty, Name: "offer", Levels: levels})
		}
	}
	r.Context, r.Levers = []roles.Aside{context}, []roles.Aside{lever}
	f.Roles = r
	f.Artefacts = []roles.Artefact{{Level: "job=unknown", Why: "a word for no answer", Segments: []int{1, 3}, Findings: []string{"job=unknown"}}}
	f.Columns = append(f.Columns, feature.Column{Name: "month", Role: feature.Context}, feature.Column{Name: "offer", Role: feature.Lever})
}

func TestContextAndLeversInWords(t *testing.T) {
	f := findings(10000)
	f.measure(metric.Metric{Name: "y=yes", Binary: true}, 1170)
	f.addSegments(9)
	f.addAsides()
	var screen, page bytes.Buffer
	if err := Terminal(&screen, f); err != nil {
		t.Fatal(err)
	}
	if err := Markdown(&page, f); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"3 traits; context: month; levers: offer; not used: duration (excluded)",
		"cells of traits explain 12.7 % (± 0.3), cells of traits and context 18.0 %",
		"mar (1,234)", "50.0 % (48.0 % – 52.0 %)", "0.0351 gain (bits)", "< 0.0001",
		"not who the customer is: job=unknown (a word for no answer; segments 1, 3, 1 finding)",
	} {
		for name, text := range map[string]string{"screen": screen.String(), "page": page.String()} {
			if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
				t.Errorf("%s: no %q in:\n%s", name, want, text)
			}
		}
	}
	if strings.Contains(screen.String(), "CONTEXT INSIDE") || !strings.Contains(page.String(), "Context inside the segments") {
		t.Error("context inside the segments belongs on the page alone")
	}
	f.Roles.LeversAdd.Within = append(f.Roles.LeversAdd.Within, f.Roles.LeversAdd.Within...)
	screen.Reset()
	if err := Terminal(&screen, f); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(screen.String(), "report.md has the segments by other levers") {
		t.Error("a screen shows too much, or does not say what it leaves out")
	}
	if !strings.Contains(page.String(), "left out here: 5)") || !strings.Contains(screen.String(), "left out here: 30)") {
		t.Error("what is not shown is not said")
	}
}
