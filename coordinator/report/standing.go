package report

import (
	"strings"

	"github.com/headwater-dev/headwater/coordinator/evidence"
)

// standing lists the findings of one metric: the groups that hold on customers
// they were not found on.
func (f *Findings) standing(l length, at int) section {
	m, trust := f.Overall.Metrics[at], f.Evidence.Trust[at]
	s := section{
		title: "Findings: " + m.Name,
		head:  []string{"", "group", "share", "on unseen customers", "95 % interval", "excess", ""},
		right: []int{0, 2, 3, 4, 5},
	}
	if !l.glance {
		s.say("%s groups tried on %s customers: %s stood out, %s of them differ from each other and from every shorter rule",
			whole(trust.Tried), whole(trust.Discovery), whole(trust.Gated), whole(trust.Distinct))
	}
	var found []*evidence.Finding
	for i := range f.Evidence.Findings {
		if x := &f.Evidence.Findings[i]; x.Metric == m.Name {
			found = append(found, x)
		}
	}
	if len(found) == 0 {
		s.say("nothing found that holds on unseen customers; looked for were groups %s the average", sought(trust.Direction))
		return s
	}
	if l.glance {
		s.say("of %s groups tried, %s hold on %s customers that they were not found on", whole(trust.Tried), whole(trust.Confirmed), whole(trust.Confirmation))
	} else {
		s.say("%s held on the other %s customers", whole(trust.Confirmed), whole(trust.Confirmation))
	}
	if !l.glance && found[0].Confirmation.Winsorised != nil {
		s.note("means, intervals and excess are of winsorised values: the largest 0.5 %% that are not zero are taken for the 99.5th percentile")
	}
	for i, x := range found {
		if i == l.groups {
			s.note("and %d more: findings.csv has them", len(found)-i)
			break
		}
		c := &x.Confirmation
		at, excess := c.Mean, x.All.Excess
		if c.Winsorised != nil && x.All.Winsorised != nil {
			at, excess = c.Winsorised.Mean, x.All.Winsorised.Excess
		}
		s.add(whole(x.Rank), x.Group, percent(x.All.Share), mean(m, value(at)),
			mean(m, value(c.Low))+" – "+mean(m, value(c.High)), averaged(value(excess)), remarks(x))
	}
	return s
}

// sought says on which side of the average groups were looked for.
func sought(direction string) string {
	switch direction {
	case "up":
		return "above"
	case "down":
		return "below"
	}
	return "above and below"
}

// averaged writes an excess in words: "+801 above average".
func averaged(x float64) string {
	if x < 0 {
		return signed(x) + " below average"
	}
	return signed(x) + " above average"
}

// remarks are what the reader should know of a finding beside its figures.
func remarks(x *evidence.Finding) string {
	var out []string
	if x.Status != evidence.New {
		out = append(out, x.Status)
	}
	if x.Heavy {
		out = append(out, "one customer brings "+percent(x.Largest))
	}
	if x.Money != nil {
		out = append(out, "profit "+signed(x.Money.Profit))
	}
	return strings.Join(out, ", ")
}
