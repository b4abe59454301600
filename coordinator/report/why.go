package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/source"
)

// Why explains one finding, named by its rank or its group: how its rule gets
// there step by step, how it was checked, what else could explain it, and what
// it does not show. A rank that several metrics have explains each of them.
func Why(w io.Writer, found *evidence.Result, metrics []metric.Metric, which string) error {
	var groups []string
	explained := false
	for i := range found.Findings {
		x := &found.Findings[i]
		groups = append(groups, x.Group)
		if strconv.Itoa(x.Rank) != which && x.Group != which {
			continue
		}
		at := slices.IndexFunc(metrics, func(m metric.Metric) bool { return m.Name == x.Metric })
		trust := slices.IndexFunc(found.Trust, func(t evidence.Trust) bool { return t.Metric == x.Metric })
		if at < 0 || trust < 0 {
			return fmt.Errorf("finding %d is of the metric %q, which the job did not have", x.Rank, x.Metric)
		}
		for _, s := range why(x, metrics[at], &found.Trust[trust]) {
			if err := s.terminal(w); err != nil {
				return err
			}
		}
		explained = true
	}
	switch {
	case explained:
		return nil
	case len(groups) == 0:
		return fmt.Errorf("%q cannot be explained: the job has no findings", which)
	}
	err := fmt.Errorf("no finding is called %q: give a rank from 1 to %d, or a group as findings.csv has it. Of other groups groups.parquet has the figures; what makes one a finding are the thresholds of search, such as --max-share and --min-odds", which, found.Findings[len(groups)-1].Rank)
	if near := source.Nearest(which, groups); len(near) > 0 {
		err = fmt.Errorf("%w; nearest: %s", err, strings.Join(near, ", "))
	}
	return err
}

func why(x *evidence.Finding, m metric.Metric, t *evidence.Trust) []section {
	out := []section{steps(x, m), checks(x, m, t)}
	if x.ByTime != nil {
		out = append(out, periods(x.ByTime, m))
	}
	if len(x.Shares) > 0 {
		out = append(out, company(x))
	}
	return append(out, doubts(x, m))
}

// periods sets the group beside everybody, period by period.
func periods(b *evidence.ByTime, m metric.Metric) section {
	s := section{
		title: "Over time: " + b.Name,
		head:  []string{"", "customers", m.Name, "everybody", "", ""}, right: []int{1, 2, 3, 4},
	}
	most := 0.0
	for _, p := range b.Periods {
		most = max(most, value(p.Mean))
	}
	for _, p := range b.Periods {
		times := math.NaN()
		if value(p.All) > 0 {
			times = value(p.Mean) / value(p.All)
		}
		s.add(p.Level, whole(p.N), mean(m, value(p.Mean)), mean(m, value(p.All)), ratio(times), bar(value(p.Mean), most, 24))
	}
	return s
}

// company is what the group's customers share beside the rule.
func company(x *evidence.Finding) section {
	s := section{title: "What else these customers share", head: []string{"", "of them", "of all", "TGI"}, right: []int{1, 2, 3}}
	for _, t := range x.Shares {
		s.add(t.Name+" "+t.Level, percent(t.Share), percent(t.All), fmt.Sprintf("%.0f", t.TGI))
	}
	s.note("TGI: their share as a percentage of that among all; listed is what they have much more often")
	return s
}

// steps is the waterfall: from all customers to the group, item by item.
func steps(x *evidence.Finding, m metric.Metric) section {
	s := section{
		title: fmt.Sprintf("Finding %d", x.Rank),
		head:  []string{"unseen customers with", "customers", m.Name, "step", ""}, right: []int{1, 2, 3},
	}
	s.say("%s", x.Group)
	most := 0.0
	for _, step := range x.Steps {
		most = max(most, value(step.Mean))
	}
	for i, step := range x.Steps {
		name, change := "everybody", ""
		if i > 0 {
			name = step.Group
			change = ratio(value(step.Mean) / value(x.Steps[i-1].Mean))
		}
		s.add(name, whole(step.N), mean(m, value(step.Mean)), change, bar(value(step.Mean), most, 24))
	}
	return s
}

// checks sets what it was found on beside what it was checked on.
func checks(x *evidence.Finding, m metric.Metric, t *evidence.Trust) section {
	s := section{
		title: "The check",
		head:  []string{"", "customers", "share", m.Name, "95 % interval", "lift", "excess"}, right: []int{1, 2, 3, 4, 5, 6},
	}
	s.say("%s groups were tried on %s customers, %s of them went to the check on %s others, %s held; at most %s of those by chance",
		whole(t.Tried), whole(t.Discovery), whole(t.Distinct), whole(t.Confirmation), whole(t.Confirmed), amount(t.Chance))
	for _, part := range []struct {
		name string
		f    evidence.Figures
	}{{"found on", x.Discovery}, {"checked on", x.Confirmation}, {"all", x.All}} {
		f := part.f
		at, times, excess := f.Mean, f.Lift, f.Excess
		if f.Winsorised != nil {
			at, times, excess = f.Winsorised.Mean, f.Winsorised.Lift, f.Winsorised.Excess
		}
		s.add(part.name, whole(f.N), percent(f.Share), mean(m, value(at)),
			mean(m, value(f.Low))+" – "+mean(m, value(f.High)), ratio(value(times)), signed(value(excess)))
	}
	s.note("against everybody else: p %s, false discovery rate over all that were checked %s", chance(x.P), chance(x.Q))
	if p := x.Parent; p != nil {
		s.note("against the best shorter rule, %s (%s): p %s, false discovery rate %s", p.Group, mean(m, value(p.Mean)), chance(p.P), chance(p.Q))
	}
	return s
}

// doubts says what speaks against reading too much into a finding, and how to
// look for oneself.
func doubts(x *evidence.Finding, m metric.Metric) section {
	s := section{title: "What to make of it"}
	switch x.Status {
	case "confirmed":
		s.say("known: a rule of --known says so")
	case "derived":
		s.say("derived: its items on their own, and what is known, explain most of it; %s of its excess is left", percent(x.Unexplained))
	default:
		s.say("new: %s of its excess is not explained by its items on their own or by what is known", percent(x.Unexplained))
	}
	if len(x.Segments) > 0 {
		s.say("its customers are in these segments: %s", inSegments(x.Segments))
	}
	if x.Covered > 0 {
		s.say("it shares up to %s of its customers with a finding ranked above", percent(x.Covered))
	}
	if x.Largest > 0 {
		s.say("the largest customer brings %s of its sum", percent(x.Largest))
	}
	if b := x.Money; b != nil {
		s.say("treating each of them once is expected to bring %s; it pays from a mean of %s on; a test that would prove it takes %s customers an arm",
			signed(b.Profit), mean(m, b.BreakEven), whole(b.PerArm))
	}
	s.say("it is an association, not a cause: who is in the group differs from the others in more than the rule says")
	s.say("the customers: WHERE %s", x.SQL)
	return s
}
