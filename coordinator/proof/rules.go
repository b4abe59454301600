package proof

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// rule is a group whose figures are computed. Rule 0 of a metric is everybody.
type rule struct {
	metric int // from 1
	number int // within the metric
	name   string
	items  []wire.Item
}

// finding is a finding with the numbers of its rules.
type finding struct {
	*evidence.Finding
	metric, rule, parent int   // parent 0 = none
	steps                []int // rules
}

// ranked is a group of top.csv.
type ranked struct {
	metric, place, rule int
	group               int // index into Job.Groups
}

// mostRanked bounds the ranked groups of each metric that are computed again.
const mostRanked = 100

// rank numbers the first of the ranked groups.
func (s *script) rank() error {
	for _, top := range s.job.Tops {
		metric := s.metricOf(top.Metric)
		for i, g := range top.Groups[:min(len(top.Groups), mostRanked)] {
			rule, err := s.number(metric, search.Name(s.job.Plan.Features, s.job.Groups.At(g)))
			if err != nil {
				return err
			}
			s.groups = append(s.groups, ranked{metric: metric, place: i + 1, rule: rule, group: g})
		}
	}
	return nil
}

// gather numbers the rules of all findings, and looks for a prefix of our
// columns that the source's do not have.
func (s *script) gather() error {
	for slices.ContainsFunc(s.job.Table.Columns, func(c source.Column) bool {
		return strings.HasPrefix(strings.ToLower(c.Name), s.prefix)
	}) {
		s.prefix += "_"
	}
	for i := range s.job.metrics() {
		s.rules = append(s.rules, rule{metric: i + 1, name: "everybody"})
	}
	for i := range s.job.Evidence.Findings {
		x := &s.job.Evidence.Findings[i]
		f := finding{Finding: x, metric: s.metricOf(x.Metric)}
		var err error
		number := func(group string) int {
			n, e := s.number(f.metric, group)
			if e != nil && err == nil {
				err = e
			}
			return n
		}
		f.rule = number(x.Group)
		if x.Parent != nil {
			f.parent = number(x.Parent.Group)
		}
		for _, step := range x.Steps {
			f.steps = append(f.steps, number(step.Group))
		}
		if err != nil {
			return fmt.Errorf("finding %d of %s: %w", x.Rank, x.Metric, err)
		}
		s.findings = append(s.findings, f)
	}
	return s.rank()
}

func (s *script) metricOf(name string) int {
	for i, m := range s.job.metrics() {
		if m.Name == name {
			return i + 1
		}
	}
	return 0
}

// number returns the number of a group among the rules of a metric.
func (s *script) number(metric int, group string) (int, error) {
	if group == "" {
		return 0, nil
	}
	next := 0
	for _, r := range s.rules {
		if r.metric == metric && r.name == group {
			return r.number, nil
		}
		if r.metric == metric {
			next++
		}
	}
	items, err := search.ParseName(s.job.Plan.Features, group)
	if err != nil {
		return 0, err
	}
	s.rules = append(s.rules, rule{metric: metric, number: next, name: group, items: items})
	return next, nil
}

// condition writes items as a condition on the customers' columns.
func (s *script) condition(items []wire.Item) string {
	r := merge.Rule{}
	for _, i := range items {
		r.Conditions = append(r.Conditions, merge.Condition{Feature: i.Feature, Codes: []int{int(i.Code)}})
	}
	return s.where(r)
}

// members writes the view of who is in which group: a row for every customer
// and rule. The rules are looked at row by row, which DuckDB plans far quicker
// than a union of as many queries.
func (s *script) members() {
	s.say("\n-- 4. Who is in which group. Rule 0 is everybody, negative ones are segments.\n\n")
	from := "customers"
	if r := s.job.Segments; r != nil {
		var numbers []string
		for i := range r.Segments {
			numbers = append(numbers, strconv.Itoa(i+1))
		}
		s.say("CREATE OR REPLACE TEMP VIEW segmented AS\n  SELECT *, -(%s)::INTEGER AS %ssegment FROM customers;\n",
			merge.CaseSQL(s.job.Plan.Features, r.Segments, numbers), s.prefix)
		from = "segmented"
	}
	var everybody, members []string
	for i, m := range s.job.metrics() {
		rules := []string{"0"}
		for _, r := range s.rules {
			if r.metric == i+1 && len(r.items) > 0 {
				rules = append(rules, fmt.Sprintf("CASE WHEN %s THEN %d END", s.condition(r.items), r.number))
			}
		}
		if s.job.Segments != nil {
			rules = append(rules, s.prefix+"segment")
		}
		den := "NULL"
		if m.Den >= 0 {
			den = fmt.Sprintf("%sden_%d", s.prefix, i+1)
		}
		everybody = append(everybody, fmt.Sprintf("  SELECT %d AS metric, %snum_%[1]d AS num FROM customers", i+1, s.prefix))
		members = append(members, fmt.Sprintf("  SELECT %d AS metric, %[2]sconfirmation AS confirmation, %[2]snum_%[1]d AS num, %[3]s::BIGINT AS den,\n    unnest([rule FOR rule IN [\n      %[4]s] IF rule IS NOT NULL]) AS rule\n  FROM %[5]s",
			i+1, s.prefix, den, strings.Join(rules, ",\n      "), from))
	}
	s.say("CREATE OR REPLACE TEMP VIEW everybody AS\n%s;\n", strings.Join(everybody, "\n  UNION ALL\n"))
	s.say("CREATE OR REPLACE TEMP VIEW members AS\n%s;\n", strings.Join(members, "\n  UNION ALL\n"))
}

// numbered writes the tables that say which rule is what, the overlaps of
// findings and the curve of concentration.
func (s *script) numbered() {
	var metrics, findings, quantiles, steps []string
	for i, m := range s.job.metrics() {
		trust := s.trust(m.Name)
		metrics = append(metrics, fmt.Sprintf("(%d, %s, 1e%d, 1e%d, %t, %t, %t)",
			i+1, quoteText(m.Name), m.Digits, m.DenDigits, m.Binary && m.Den < 0, m.Den >= 0, trust.ClipLow != nil || trust.ClipHigh != nil))
	}
	for _, f := range s.findings {
		parent, money := "NULL", "NULL, NULL"
		if f.Parent != nil {
			parent = strconv.Itoa(f.parent)
		}
		if f.Money != nil {
			money = double(s.job.Config.Value) + ", " + double(s.job.Config.Cost)
		}
		findings = append(findings, fmt.Sprintf("(%d, %d, %d, %s, %s)", f.metric, f.Rank, f.rule, parent, money))
		for _, part := range f.parts() {
			if q := part.figures.Quantile; q > 0 {
				quantiles = append(quantiles, fmt.Sprintf("(%d, %d, '%s', %s)", f.metric, f.Rank, part.name, double(q)))
			}
		}
		for i, rule := range f.steps {
			steps = append(steps, fmt.Sprintf("(%d, %d, %d, %d)", f.metric, f.Rank, i, rule))
		}
	}
	s.values("metrics", "metric INTEGER, name VARCHAR, unit DOUBLE, weight_unit DOUBLE, yes_no BOOLEAN, ratio BOOLEAN, clipped BOOLEAN", metrics)
	s.values("findings", "metric INTEGER, rank INTEGER, rule INTEGER, parent INTEGER, value DOUBLE, cost DOUBLE", findings)
	s.say("-- How many standard errors an interval reaches to either side: Student's quantile\n-- for the kurtosis of the metric (docs/findings.md, 4).\n")
	s.values("quantiles", "metric INTEGER, rank INTEGER, part VARCHAR, errors DOUBLE", quantiles)
	s.say("-- The waterfall: rules from everybody to the group.\n")
	s.values("steps", "metric INTEGER, rank INTEGER, step INTEGER, rule INTEGER", steps)
	var groups []string
	for _, g := range s.groups {
		groups = append(groups, fmt.Sprintf("(%d, %d, %d)", g.metric, g.place, g.rule))
	}
	s.say("-- The best groups of each metric, found or not, on all customers.\n")
	s.values("ranked", "metric INTEGER, place INTEGER, rule INTEGER", groups)
	s.overlaps()
	s.concentration()
}

// overlaps writes who is in several findings of a metric.
func (s *script) overlaps() {
	s.say("-- Customers of discovery in several findings.\nCREATE OR REPLACE TEMP VIEW shared AS\n")
	for i := range s.job.metrics() {
		var ranks []string
		for _, f := range s.findings {
			if f.metric == i+1 {
				ranks = append(ranks, fmt.Sprintf("CASE WHEN %s THEN %d END", s.condition(f.Items), f.Rank))
			}
		}
		list := "[]::INTEGER[]"
		if ranks != nil {
			list = "[rank FOR rank IN [\n      " + strings.Join(ranks, ",\n      ") + "] IF rank IS NOT NULL]"
		}
		s.say("  SELECT * FROM (SELECT %d AS metric, %s AS ranks\n    FROM customers WHERE NOT %sconfirmation) WHERE len(ranks) > 1", i+1, list, s.prefix)
		s.next(i, "  UNION ALL\n")
	}
}

// concentration writes the curve of each metric: which share of the customers
// of confirmation, group by group without those of the groups before, holds
// which share of the metric.
func (s *script) concentration() {
	s.say("-- Which share of the customers holds which share of the metric: the groups of the\n-- curve one after the other, each without the customers of those before it.\nCREATE OR REPLACE TEMP TABLE concentration AS\n")
	for i, m := range s.job.metrics() {
		point := "1"
		if curve := s.trust(m.Name).Curve; len(curve) > 0 {
			var cases []string
			for k, items := range curve {
				cases = append(cases, fmt.Sprintf("WHEN %s THEN %d", s.condition(items), k+1))
			}
			point = fmt.Sprintf("CASE\n      %s\n      ELSE %d END", strings.Join(cases, "\n      "), len(curve)+1)
		}
		s.say("  SELECT metric, point, sum(n) OVER (ORDER BY point) / sum(n) OVER () AS customers, sum(num) OVER (ORDER BY point) / sum(num) OVER () AS brought\n"+
			"  FROM (SELECT %d AS metric, %s AS point,\n      count(*) AS n, coalesce(sum(%[3]snum_%[1]d), 0) AS num FROM customers WHERE %[3]sconfirmation GROUP BY ALL)", i+1, point, s.prefix)
		s.next(i, "  UNION ALL\n")
	}
}

// next ends the part for the i-th metric of a statement.
func (s *script) next(i int, between string) {
	if i+1 < len(s.job.metrics()) {
		s.say("\n%s", between)
	} else {
		s.say(";\n")
	}
}

func (s *script) trust(metric string) *evidence.Trust {
	for i := range s.job.Evidence.Trust {
		if t := &s.job.Evidence.Trust[i]; t.Metric == metric {
			return t
		}
	}
	return &evidence.Trust{}
}
