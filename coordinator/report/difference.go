package report

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/contrast"
	"github.com/headwater-dev/headwater/coordinator/metric"
)

// differencesShown is how many of each kind fit a screen.
const differencesShown = 5

// Difference writes the summary of a comparison of two sides.
func Difference(w io.Writer, f *Findings) error {
	sections := []section{f.sides()}
	for i := range f.Contrast.Metrics {
		sections = append(sections, f.changes(i))
	}
	sections = append(sections, f.mix())
	for i := range sections {
		if err := sections[i].terminal(w); err != nil {
			return err
		}
	}
	end := fmt.Sprintf("\n  %.1f s, %d workers, %d shards", f.Seconds, f.Source.Workers, f.Source.Shards)
	if f.Out != "" {
		end += "; " + f.Out + " has " + strings.Join(names(f.Outputs), ", ") + " (each group with its condition for SQL)"
	}
	_, err := fmt.Fprintln(w, end)
	return err
}

// sides says what is compared, and how the metrics differ as a whole.
func (f *Findings) sides() section {
	r := f.Contrast
	s := section{title: "A against B", head: []string{"", "A", "B", "change", "95 % interval"}, right: []int{1, 2, 3, 4}}
	s.say("A is %s, B is %s%s", quoted(r.A.Name), quoted(r.B.Name), by(r))
	s.add("customers", whole(r.A.N), whole(r.B.N), "", "")
	for i, m := range r.Metrics {
		x, of := compare(&m.All), f.Overall.Metrics[i]
		s.add(m.Metric, mean(of, value(x.a)), mean(of, value(x.b)), points(of, value(x.change)), spanned(of, m.All.Low, m.All.High))
	}
	if r.Neither > 0 {
		s.note("%s rows on neither side are left out", whole(r.Neither))
	}
	for _, n := range f.Notes {
		s.note("! %s", n)
	}
	return s
}

// by names the column of the split.
func by(r *contrast.Result) string {
	if r.By == "" {
		return ""
	}
	return " (column " + r.By + ")"
}

func quoted(name string) string { return "“" + name + "”" }

// changes lists the groups on which one metric changed otherwise than on the
// others.
func (f *Findings) changes(at int) section {
	m, of := &f.Contrast.Metrics[at], f.Overall.Metrics[at]
	s := section{
		title: "Where " + m.Metric + " changed otherwise than on everybody else",
		head:  []string{"", "group", "customers", "A → B on unseen customers", "change", "95 % interval", "beyond all", "excess"},
		right: []int{0, 2, 4, 5, 6, 7},
	}
	if m.All.Change == nil {
		s.say("%s is known on %s customers of A and %s of B: there is nothing to compare", m.Metric, whole(m.All.A), whole(m.All.B))
		return s
	}
	s.say("%s", tried(&m.Trust))
	if len(m.Changes) == 0 {
		s.say("nothing differs that holds on unseen customers: the change of all, above, is that of every group")
		return s
	}
	for i := range m.Changes {
		c := &m.Changes[i]
		if i == differencesShown {
			s.note("%s", more(len(m.Changes), i, &m.Trust))
			break
		}
		x, all := compare(&c.Confirmation), compare(&c.All)
		s.add(whole(c.Rank), c.Group, whole(c.All.A+c.All.B), mean(of, value(x.a))+" → "+mean(of, value(x.b)),
			points(of, value(x.change)), spanned(of, c.Confirmation.Low, c.Confirmation.High),
			points(of, value(x.beyond)), signed(value(all.excess)))
	}
	s.note("excess: what the change beyond that of all amounts to on B, in %s", unit(of, m.Metric))
	if m.Changes[0].Confirmation.Winsorised != nil {
		s.note("figures are of winsorised values: the largest 0.5 %% that are not zero are taken for the 99.5th percentile")
	}
	s.note("a difference, not an effect: only if customers were assigned to A or B at random is it what B does")
	return s
}

// unit is what a metric's sums count.
func unit(of metric.Metric, name string) string {
	switch {
	case yesNo(of):
		return "customers with " + name
	case of.Den >= 0:
		return of.Column
	}
	return name
}

// mix lists the groups that are a larger, or smaller, part of B than of A.
func (f *Findings) mix() section {
	m := &f.Contrast.Mix
	s := section{
		title: "Where the mix of customers changed",
		head:  []string{"", "group", "A", "B", "share of A → B on unseen customers", "change", "95 % interval", "ratio"},
		right: []int{0, 2, 3, 5, 6, 7},
	}
	s.say("%s", tried(&m.Trust))
	if len(m.Shifts) == 0 {
		s.say("nothing differs that holds on unseen customers: A and B are alike, as random halves are")
		return s
	}
	for i := range m.Shifts {
		x := &m.Shifts[i]
		if i == differencesShown {
			s.note("%s", more(len(m.Shifts), i, &m.Trust))
			break
		}
		c := &x.Confirmation
		s.add(whole(x.Rank), x.Group, whole(x.All.A), whole(x.All.B), percent(c.ShareA)+" → "+percent(c.ShareB),
			pointsOf(c.Change), pointsOf(c.Low)+" – "+pointsOf(c.High), ratio(value(c.Ratio)))
	}
	if len(f.Contrast.Metrics) > 0 {
		s.note("A and B are not alike, so part of the overall change is the mix; --exclude what is recorded after the split")
	}
	return s
}

// more says how many differences are not shown here, and where they are.
func more(listed, shown int, t *contrast.Trust) string {
	if t.Confirmed > listed {
		return fmt.Sprintf("and %d more in diff.csv, of %d that held (--top lists more)", listed-shown, t.Confirmed)
	}
	return fmt.Sprintf("and %d more in diff.csv", listed-shown)
}

func tried(t *contrast.Trust) string {
	return fmt.Sprintf("%s groups tried: %s stood out, %s left beside shorter rules and look-alikes, %s held on unseen customers",
		whole(t.Tried), whole(t.Gated), whole(t.Distinct), whole(t.Confirmed))
}

// compared are the figures of means that are shown: winsorised where they are
// what the tests were made with.
type compared struct{ a, b, change, beyond, excess *float64 }

func compare(m *contrast.Means) compared {
	if w := m.Winsorised; w != nil {
		return compared{w.MeanA, w.MeanB, w.Change, w.Beyond, w.Excess}
	}
	return compared{m.MeanA, m.MeanB, m.Change, m.Beyond, m.Excess}
}

// points writes a difference of means: of rates in percentage points.
func points(m metric.Metric, x float64) string {
	if yesNo(m) {
		return pointsOf(x)
	}
	return signed(x)
}

// pointsOf writes a difference of shares in percentage points.
func pointsOf(x float64) string {
	switch a := math.Abs(x); {
	case math.IsNaN(x):
		return "–"
	case a < 5e-6:
		return "0.0"
	case a < 0.001:
		return english.Sprintf("%+.3f", 100*x)
	default:
		return english.Sprintf("%+.1f", 100*x)
	}
}

func spanned(m metric.Metric, low, high *float64) string {
	if low == nil || high == nil {
		return "–"
	}
	return points(m, value(low)) + " – " + points(m, value(high))
}
