package report

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/drift"
	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/recheck"
)

// Recheck is what became of a finished job's findings and segments.
type Recheck struct {
	*recheck.Result
	Metrics []metric.Metric // as they are held now
	Source  Source          // the newer table
	Out     string          // the out folder; "" = nothing was written
	Outputs []export.Output
	Seconds float64
}

// recheckLines is how long the summary of a recheck gets: a screen.
const recheckLines = 30

// TerminalRecheck writes the summary that fits a screen: what did not hold
// first.
func TerminalRecheck(w io.Writer, r *Recheck) error {
	var b strings.Builder
	head := r.overview()
	if err := head.terminal(&b); err != nil {
		return err
	}
	end := ending(r.Seconds, r.Source, r.Out, r.Outputs)
	left := recheckLines - strings.Count(b.String()+end, "\n") - 1
	var lists []section
	if len(r.Findings) > 0 {
		left -= 4 // its title, its head, and how many more there are
	}
	if len(r.Segments) > 0 && len(r.Metrics) > 0 {
		left -= 4
		// The segments come first where not all fit, but a few findings stay.
		s := r.segments(max(left-5, left/2))
		left -= len(s.rows)
		lists = append(lists, s)
	}
	if len(r.Findings) > 0 {
		lists = slices.Insert(lists, 0, r.findings(left))
	}
	for i := range lists {
		if err := lists[i].terminal(&b); err != nil {
			return err
		}
	}
	b.WriteString(end + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// ending says how long it took and where the outputs are.
func ending(seconds float64, from Source, out string, outputs []export.Output) string {
	end := fmt.Sprintf("\n  %.1f s, %d workers", seconds, from.Workers)
	if out != "" {
		end += "; everything is in " + out + ": " + strings.Join(names(outputs), ", ")
	}
	return end
}

// files names the table's files, the first of many.
func (s Source) files() string {
	var files []string
	for _, name := range s.Names {
		files = append(files, filepath.Base(name))
	}
	if len(files) > 3 {
		files = append(files[:3], fmt.Sprintf("and %d more", len(files)-3))
	}
	return strings.Join(files, ", ")
}

func (r *Recheck) overview() section {
	s := section{title: "Recheck"}
	s.say("%s customers of %s against the %s that %s was made from", whole(r.Customers.Now), r.Source.files(), whole(r.Customers.Then), r.From)
	var overall []string
	for i, m := range r.Result.Metrics {
		overall = append(overall, m.Name+" "+thenNow(r.Metrics[i], m.Then, m.Now))
	}
	s.say("overall: %s", strings.Join(overall, ", "))
	switch {
	case len(r.Findings) > 0:
		s.say("findings: %s", tallied(r.Tallied()))
	default:
		s.say("the job has no findings to recheck")
	}
	if len(r.Segments) > 0 && len(r.Metrics) > 0 {
		s.say("segments: %s by %s%s", tallied(r.TalliedSegments(0)), r.Metrics[0].Name, sharesMoved(r.SharesPSI))
	}
	s.say("%s", drifted(r.Drift))
	for _, n := range r.Notes {
		s.note("! %s", n)
	}
	return s
}

func sharesMoved(psi *float64) string {
	if psi == nil {
		return ""
	}
	return fmt.Sprintf("; shares %s (PSI %.3f)", drift.Read(*psi), *psi)
}

// order is in which verdicts are shown: what did not hold first.
var order = []evidence.Verdict{evidence.Gone, evidence.Weakened, evidence.TooFew, evidence.Held}

func tallied(t recheck.Tally) string {
	var parts []string
	for _, v := range slices.Backward(order) {
		if t[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", t[v], inWords(v)))
		}
	}
	if n := t[""]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d without an interval to judge by", n))
	}
	return strings.Join(parts, ", ")
}

func inWords(v evidence.Verdict) string {
	if v == evidence.TooFew {
		return "too few to say"
	}
	return string(v)
}

// drifted says in a line which features moved.
func drifted(features []drift.Feature) string {
	var moved []string
	still, largest := 0, 0.0
	for _, f := range features {
		switch {
		case f.PSI == nil:
			moved = append(moved, fmt.Sprintf("%s cannot be compared (%s)", f.Name, f.Reading))
		case f.Reading == drift.Stable:
			still++
			largest = max(largest, *f.PSI)
		default:
			moved = append(moved, fmt.Sprintf("%s %s (PSI %.3f%s)", f.Name, f.Reading, *f.PSI, unseen(f)))
		}
	}
	if more := len(moved) - 3; more > 0 {
		moved = append(moved[:3], fmt.Sprintf("%d more", more))
	}
	if still > 0 {
		moved = append(moved, fmt.Sprintf("%d features stable (PSI up to %.3f)", still, largest))
	}
	return "drift: " + strings.Join(moved, ", ")
}

func unseen(f drift.Feature) string {
	if f.Unseen == nil || *f.Unseen == 0 {
		return ""
	}
	return fmt.Sprintf(", %s customers with values not seen before", whole(*f.Unseen))
}

// thenNow writes a mean then and now.
func thenNow(m metric.Metric, then, now *float64) string {
	return mean(m, value(then)) + " → " + mean(m, value(now))
}

// findings lists as many findings as fit, what did not hold first.
func (r *Recheck) findings(most int) section {
	s := section{
		title: "Findings then and now",
		head:  []string{"", "group", "share", "mean", "95 % interval now", "lift", "excess", ""},
		right: []int{0, 2, 3, 4, 5, 6},
	}
	several := len(r.Metrics) > 1
	at := make([]int, len(r.Findings))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(a, b int) int {
		return cmp.Compare(slices.Index(order, r.Findings[a].Verdict), slices.Index(order, r.Findings[b].Verdict))
	})
	most = max(1, most)
	for i, k := range at {
		if i == most {
			s.note("and %d more%s", len(at)-i, where(r.Out))
			break
		}
		x := &r.Findings[k]
		m := r.Metrics[slices.IndexFunc(r.Metrics, func(m metric.Metric) bool { return m.Name == x.Metric })]
		group := x.Group
		if several {
			group = x.Metric + ": " + group
		}
		then, now := shownFigures(x.Unseen), shownFigures(x.Now)
		excess := shownFigures(x.Then)
		s.add(whole(x.Rank), group, percent(x.Then.Share)+" → "+percent(x.Now.Share), thenNow(m, then.Mean, now.Mean),
			mean(m, value(x.Now.Low))+" – "+mean(m, value(x.Now.High)), ratio(value(then.Lift))+" → "+ratio(value(now.Lift)),
			signed(value(excess.Excess))+" → "+signed(value(now.Excess)), inWords(x.Verdict))
	}
	return s
}

// where says where the rest is.
func where(out string) string {
	if out == "" {
		return ": --out writes all"
	}
	return ": " + export.RecheckTableFile + " has them"
}

// shownFigures are those that intervals and tests belong to.
func shownFigures(f evidence.Figures) evidence.Winsorised {
	if f.Winsorised != nil {
		return *f.Winsorised
	}
	return evidence.Winsorised{Mean: f.Mean, Lift: f.Lift, Excess: f.Excess}
}

// segments lists as many segments as fit, by the first metric.
func (r *Recheck) segments(most int) section {
	s := section{
		title: "Segments then and now",
		head:  []string{"", "segment", "share", "mean", "95 % interval now", "lift", ""}, right: []int{0, 2, 3, 4, 5},
	}
	if len(r.Metrics) > 1 {
		s.title += ": " + r.Metrics[0].Name
	}
	for i := range r.Segments {
		if i == max(1, most) {
			s.note("and %d more%s", len(r.Segments)-i, where(r.Out))
			break
		}
		x := &r.Segments[i]
		y, m := &x.Metrics[0], r.Metrics[0]
		s.add(whole(x.Segment), x.Name, percent(x.Then.Share)+" → "+percent(x.Now.Share), thenNow(m, y.Then.Mean, y.Now.Mean),
			mean(m, value(y.Now.Low))+" – "+mean(m, value(y.Now.High)), ratio(value(y.Then.Lift))+" → "+ratio(value(y.Now.Lift)),
			standing(y))
	}
	return s
}

// standing is a segment's verdict in words.
func standing(x *recheck.SegmentMetric) string {
	if x.Direction == recheck.Average && x.Verdict == evidence.Gone {
		return "no longer average"
	}
	return inWords(x.Verdict)
}
