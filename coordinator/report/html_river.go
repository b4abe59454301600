package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
)

// river is the merging as a picture with a slider: streams of customers flow
// together from left to right.
type river struct {
	Picture template.HTML
	K, Most int        // clusters shown first, and at most
	Chosen  string     // what is said of the number chosen
	Head    []string   // of the grid
	Rows    []riverRow // the clusters at K
	Data    riverData  // for the script
}

// riverRow is one cluster of the table.
type riverRow struct {
	Shade int
	Cells []string
	Share template.HTML
}

// riverData is what the script needs to cut the river elsewhere. Every number
// that is shown is a text made here.
type riverData struct {
	Streams []streamData `json:"s"`
	Cuts    []float64    `json:"x"` // where K clusters are, from K = 1
	Shades  [][]int      `json:"q"` // K−1 → stream → its shade in the picture, −1 = beyond the cut
}

type streamData struct {
	Born  int      `json:"b"`
	Died  int      `json:"d"`
	Share float64  `json:"w"` // in percent
	Cells []string `json:"c"`
	Order int      `json:"o"` // in the table: by the first metric's mean, highest first
}

const (
	riverW, riverH = 1040.0, 440.0
	riverTop       = 30.0
	riverBody      = 280.0 // height of all customers
)

// river draws the merging; nil where nothing was merged.
func (p *document) river() *river {
	r := p.f.Segments
	list := streams(r, p.f.Overall.Features)
	if len(list) < 3 {
		return nil
	}
	most := list[0].born
	gap := min(7, (riverH-riverTop-riverBody-24)/float64(max(1, most-1)))
	lay(list, riverBody, gap)

	v := &river{K: min(r.K, most), Most: most}
	v.Head = []string{"", p.t("cluster"), p.t("customers"), p.t("share")}
	for _, m := range p.f.Overall.Metrics {
		v.Head = append(v.Head, m.Name, p.t("lift"))
	}
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(list[b].deviation(0), list[a].deviation(0)) })
	v.Data.Streams = make([]streamData, len(list))
	for at, i := range order {
		s := &list[i]
		v.Data.Streams[i] = streamData{Born: s.born, Died: s.died, Order: at, Cells: p.streamCells(s, &list[len(list)-1]), Share: math.Round(1000*float64(s.n)/float64(list[len(list)-1].n)) / 10}
	}
	x := scale{low: 1, high: float64(most), from: riverW - 40, to: 44, log: true}
	for k := 1; k <= most; k++ {
		v.Data.Cuts = append(v.Data.Cuts, math.Round(x.at(float64(k))*10)/10)
		v.Data.Shades = append(v.Data.Shades, shades(list, k))
	}
	v.Picture = p.drawRiver(list, v, x)
	for _, i := range order {
		if s := &list[i]; s.born >= v.K && s.died < v.K {
			row := riverRow{Shade: v.Data.Shades[v.K-1][i], Cells: v.Data.Streams[i].Cells}
			row.Share = meter("bar", v.Data.Streams[i].Share, 100, 90)
			v.Rows = append(v.Rows, row)
		}
	}
	v.Chosen = p.t("chosen: %s", fmt.Sprint(r.K))
	return v
}

// streamCells are the figures of a stream.
func (p *document) streamCells(s, root *stream) []string {
	cells := []string{s.called(root, p.f.Segments, p.f.Overall.Features), whole(s.n), percent(float64(s.n) / float64(root.n))}
	if cells[0] == "" {
		cells[0] = p.t("mixed")
	}
	for k, m := range p.f.Overall.Metrics {
		overall, x := p.overall[k], math.NaN()
		if d := s.deviation(k); !math.IsNaN(d) {
			x = overall + d
		}
		lift := math.NaN()
		if overall > 0 {
			lift = x / overall
		}
		cells = append(cells, mean(m, x), ratio(lift))
	}
	return cells
}

// middle is the shade of the average; 0 is the lowest and 2·middle the highest.
const middle = 4

// shades colours the streams at a cut by the mean of the cluster that each
// flows into: as far from the average, by square root, as the farthest cluster
// on the same side is by the full scale.
func shades(list []stream, k int) []int {
	cut := atCut(list, k)
	var most, least float64
	for _, c := range cut {
		if c >= 0 && !math.IsNaN(list[c].deviation(0)) {
			most, least = max(most, list[c].deviation(0)), min(least, list[c].deviation(0))
		}
	}
	out := make([]int, len(list))
	for i, c := range cut {
		switch {
		case c < 0:
			out[i] = -1
		case list[c].deviation(0) < 0:
			out[i] = middle - shade(list[c].deviation(0)/least)
		default:
			out[i] = middle + shade(list[c].deviation(0)/most)
		}
	}
	return out
}

// shade is 0 to middle for a part of the farthest deviation.
func shade(part float64) int {
	if !(part > 0) {
		return 0
	}
	return int(math.Round(middle * math.Sqrt(math.Min(1, part))))
}

// drawRiver draws every stream from where it is born to where it dies, and on
// into its place in the union.
func (p *document) drawRiver(list []stream, v *river, x scale) template.HTML {
	text := p.t("Streams of customers flow together, the most alike first; a stream is as wide as it has customers. At the line there are %s clusters; the table has their figures.", fmt.Sprint(v.K))
	d := draw(picture, "river", riverW, riverH, p.t("How the customers were merged"), text)
	for k := 1; k <= v.Most; k++ {
		if k <= 10 || k == 12 || k == 16 || k == 24 || k == 32 {
			d.text("tick", "middle", x.at(float64(k)), riverH-6, fmt.Sprint(k))
			d.line("notch", x.at(float64(k)), riverH-24, x.at(float64(k)), riverH-20)
		}
	}
	first := v.Data.Shades[v.K-1]
	for i := range list {
		class := "beyond"
		if first[i] >= 0 {
			class = fmt.Sprintf("q%d", first[i])
		}
		d.raw(`<path class="stream %s" data-i="%d" d="%s"><title>%s</title></path>`, class, i, p.outline(list, i, x), escaped(p.streamText(&v.Data.Streams[i])))
	}
	at := x.at(float64(v.K))
	d.raw(`<g id="cut" transform="translate(%s 0)">`, px(at))
	d.line("cut", 0, 16, 0, riverH-24)
	d.text("cuttext", "middle", 0, 11, "K = "+fmt.Sprint(v.K))
	d.raw("</g>")
	return d.done()
}

// streamText is what is said of a stream when it is pointed at.
func (p *document) streamText(s *streamData) string {
	text := s.Cells[0] + ": " + p.t("%s customers", s.Cells[1]) + ", " + s.Cells[2]
	for k, m := range p.f.Overall.Metrics {
		text += ", " + m.Name + " " + s.Cells[3+2*k]
	}
	return text
}

// outline is the outline of a stream.
func (p *document) outline(list []stream, i int, x scale) string {
	s := &list[i]
	from, to, top := x.at(float64(s.born)), x.at(float64(max(1, s.died))), riverTop+s.y
	if s.children[0] < 0 {
		from = 0
	}
	if s.parent < 0 {
		to = riverW - 4
		return fmt.Sprintf("M%sH%sV%sH%sZ", at(from, top), px(to), px(top+s.height), px(from))
	}
	u := &list[s.parent]
	into := riverTop + u.y // the place in the union
	if u.children[1] == i {
		into += list[u.children[0]].height
	}
	turn := max(from, to-90)
	bend := (turn + to) / 2
	return fmt.Sprintf("M%sL%sC%s %s %sV%sC%s %s %sL%sZ", at(from, top), at(turn, top),
		at(bend, top), at(bend, into), at(to, into), px(into+s.height),
		at(bend, into+s.height), at(bend, top+s.height), at(turn, top+s.height), at(from, top+s.height))
}
