package report

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Terminal writes the summary that fits a screen.
func Terminal(w io.Writer, f *Findings) error {
	if f.Evidence != nil && f.Segments != nil {
		return f.glance(w)
	}
	l := screen
	if f.Groups == nil && f.Segments == nil && f.Clusters == nil {
		l = profile
	}
	sections := f.sections(l)
	for i := range sections {
		if err := sections[i].terminal(w); err != nil {
			return err
		}
	}
	end := fmt.Sprintf("\n  %.1f s", f.Seconds)
	if f.Source.Workers > 0 {
		end += fmt.Sprintf(", %d workers, %d shards", f.Source.Workers, f.Source.Shards)
	}
	if f.Out != "" {
		end += "; everything is in " + f.Out + ": " + strings.Join(names(f.Outputs), ", ")
	}
	switch {
	case f.Out == "":
	case export.Readable(f.Out) != nil:
		end += nextInBucket
	default:
		end += "\n  next: open " + filepath.Join(f.Out, export.ReportFile)
		if f.Evidence != nil {
			end += ", or " + export.ReportHTMLFile + " beside it in a browser; in a spreadsheet, " + export.FindingsTableFile
			if len(f.Evidence.Findings) > 0 {
				end += "\n  on what grounds: headwater why 1 --from " + f.Out
			}
		}
	}
	_, err := fmt.Fprintln(w, end)
	return err
}

// Markdown writes report.md. It holds nothing that depends on how the job ran.
func Markdown(w io.Writer, f *Findings) error {
	if _, err := fmt.Fprintf(w, "# What Headwater found\n"); err != nil {
		return err
	}
	sections := f.sections(page)
	for i := range sections {
		if err := sections[i].markdown(w); err != nil {
			return err
		}
	}
	return nil
}

// names lists outputs, part files as one.
func names(outputs []export.Output) []string {
	var out []string
	for _, o := range outputs {
		name, _, _ := strings.Cut(o.Name, "/")
		if name != o.Name {
			name += "/"
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// length says how much of each list is shown.
type length struct {
	features, groups, levels int
	columns                  bool // what became of every column
	glance                   bool // findings with as few words as can be
	every                    bool // rules and descriptions of segments, and all lists of groups
}

var (
	screen = length{features: 8, groups: 8, levels: 3}
	// A profile is all about columns and features.
	profile = length{features: 1 << 20, columns: true}
	page    = length{features: 1 << 20, groups: 25, levels: 8, columns: true, every: true}
)

func (f *Findings) sections(l length) []section {
	out := []section{f.customers()}
	if len(f.Overall.Features) > 0 {
		out = append(out, f.features(l))
	}
	if l.columns {
		out = append(out, f.columns())
	}
	if f.Evidence != nil {
		for i := range f.Evidence.Trust {
			out = append(out, f.standing(l, i))
		}
	}
	// On a screen the findings are enough, unless groups were asked for.
	if l.every || f.MaxShare == 1 || f.Evidence == nil {
		for i, top := range f.Tops {
			out = append(out, f.groups(l, i, top))
		}
	}
	if f.Segments != nil {
		out = append(out, f.segments(), f.portraits(l))
		if f.Evidence != nil && len(f.Evidence.Findings) > 0 && f.Evidence.Findings[0].Segments != nil {
			out = append(out, f.overlaps(l))
		}
	}
	if f.Clusters != nil {
		out = append(out, f.numbersOfClusters(), f.clusters(), f.clusterPortraits(l))
	}
	return append(out, f.asides(l, func(text string) string { return text })...)
}

// customers says what was read and what the metrics are overall.
func (f *Findings) customers() section {
	s := section{title: "Customers", head: []string{"metric", "known for", "overall", "total"}, right: []int{1, 2, 3}}
	s.say("%s customers × %d columns from %s", whole(f.Source.Rows), f.Source.Columns, f.Source.files())
	if len(f.Columns) > 0 {
		s.say("%s", f.rolesInWords())
	}
	for _, m := range f.Overall.Metrics {
		v := m.At(&f.Overall.All, 0)
		x, _ := m.Mean(v)
		s.add(m.Name, whole(v.Known), mean(m, x), amount(m.Sum(v)))
	}
	for _, n := range f.warnings() {
		s.note("! %s", n)
	}
	return s
}

// features ranks what the features tell of the first metric.
func (f *Findings) features(l length) section {
	s := section{title: "Features", right: []int{1, 2, 3}}
	metrics := f.Overall.Metrics
	s.head = []string{"feature", "levels", "filled", "evenness"}
	for _, m := range metrics {
		for _, column := range shown(associations(m), metrics) {
			s.head = append(s.head, strings.TrimSpace(column+" "+several(metrics, m.Name)))
			s.right = append(s.right, len(s.head)-1)
		}
	}
	order := feature.ByStrength(f.Ranking, 0)
	for i, at := range order {
		if i == l.features {
			s.note("and %d weaker ones", len(order)-i)
			break
		}
		r := f.Ranking[at]
		levels := whole(len(f.Overall.Features[at].Levels))
		if r.LeftOut != "" {
			levels += " (left out)"
		}
		cells := []string{r.Name, levels, percent(r.Completeness), fmt.Sprintf("%.2f", r.Evenness)}
		for k, m := range metrics {
			a := r.Metrics[k]
			figures := []*float64{a.EtaSquared, a.Correlation}
			if yesNo(m) {
				figures = []*float64{a.Gain, a.IV, a.AUC}
			}
			for _, x := range shown(figures, metrics) {
				cells = append(cells, figure(x))
			}
		}
		s.add(cells...)
	}
	return s
}

func yesNo(m metric.Metric) bool { return m.Binary && m.Den < 0 }

// associations are the figures of a feature against a metric, the foremost first.
func associations(m metric.Metric) []string {
	if yesNo(m) {
		return []string{"gain (bits)", "IV", "AUC"}
	}
	return []string{"η²", "correlation"}
}

// shown keeps all figures of one metric, and of several metrics, whose columns
// would not fit a screen, the foremost of each.
func shown[T any](figures []T, metrics []metric.Metric) []T {
	if len(metrics) > 1 {
		return figures[:1]
	}
	return figures
}

// several names the metric where there are several.
func several(metrics []metric.Metric, name string) string {
	if len(metrics) == 1 {
		return ""
	}
	return name
}

func figure(x *float64) string {
	if x == nil {
		return "–"
	}
	return fmt.Sprintf("%.4f", *x)
}

// columns says what became of every column, and why.
func (f *Findings) columns() section {
	s := section{title: "Columns", head: []string{"column", "type", "role", "missing", "distinct", "levels", "why"}, right: []int{3, 4}}
	for _, c := range f.Columns {
		distinct := whole(c.Distinct)
		if c.About {
			distinct = "about " + distinct
		}
		s.add(c.Name, string(c.Type), string(c.Role), percent(float64(c.Missing)/float64(max(c.Rows, 1))), distinct, f.levels(c),
			strings.Join(append([]string{c.Reason}, c.Notes...), "; "))
	}
	return s
}

// levels names the levels that a column was cut into, the middle ones of many
// left out.
func (f *Findings) levels(c feature.Column) string {
	var names []string
	for _, i := range c.Features {
		for _, l := range f.Overall.Features[i].Levels {
			names = append(names, l.Name)
		}
	}
	if len(names) > 6 {
		names = slices.Concat(names[:4], []string{"…"}, names[len(names)-1:])
	}
	return strings.Join(names, ", ")
}

// groups lists the top of one metric without variants.
func (f *Findings) groups(l length, at int, top export.Ranking) section {
	m := f.Overall.Metrics[at]
	all := m.At(&f.Overall.All, 0)
	s := section{
		title: f.kind() + " by " + top.Measure + " of " + m.Name,
		head:  []string{"group", "customers", "share", m.Name, "lift", "excess"},
		right: []int{1, 2, 3, 4, 5},
	}
	var looked int
	for _, level := range f.Levels {
		looked += level.Kept
	}
	s.say("%s groups of at least %s customers were counted", whole(looked), whole(f.Minimum))
	if f.MaxShare < 1 {
		s.say("ranked are those of at most %s of the customers", percent(f.MaxShare))
	}
	var shown []int
	variants := 0
	for _, g := range top.Groups {
		if slices.ContainsFunc(shown, func(other int) bool { return f.variants(g, other) }) {
			variants++
			continue
		}
		if len(shown) == l.groups {
			break
		}
		shown = append(shown, g)
		items := f.Groups.At(g)
		n := f.Groups.Counts.N[g]
		v := m.At(&f.Groups.Counts, g)
		x, _ := m.Mean(v)
		lift, _ := m.Lift(v, all)
		excess, _ := m.Excess(v, all)
		s.add(search.Name(f.Overall.Features, items), whole(n), percent(float64(n)/float64(f.Source.Rows)),
			mean(m, x), ratio(lift), signed(excess))
	}
	if variants > 0 {
		s.note("variants of these (longer, shorter, or of the same customers) are left out here; top.csv has them")
	}
	return s
}

// kind is what the ranked groups are called.
func (f *Findings) kind() string {
	if f.MaxShare < 1 {
		return "Niche groups"
	}
	return "Groups"
}

// variants reports whether two groups are one finding in two forms: the items
// of one are among those of the other, or their customers agree in number and
// in every sum.
func (f *Findings) variants(a, b int) bool {
	x, y := f.Groups.At(a), f.Groups.At(b)
	if within(x, y) || within(y, x) {
		return true
	}
	c := &f.Groups.Counts
	return c.N[a] == c.N[b] && !slices.ContainsFunc(c.Measures, func(m partial.MeasureCounts) bool {
		return m.Sum.Big(a).Cmp(m.Sum.Big(b)) != 0
	})
}

// within reports whether every item of a is in b.
func within(a, b []wire.Item) bool {
	return !slices.ContainsFunc(a, func(i wire.Item) bool { return !slices.Contains(b, i) })
}
