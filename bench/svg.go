package main

import (
	"encoding/xml"
	"fmt"
	"math"
	"os"
	"strings"
)

// chart is a line chart with logarithmic axes.
type chart struct {
	title, subtitle, x, y string
	lines                 []line
}

type line struct {
	name   string
	points [][2]float64 // x and y, both above zero, x ascending
}

// Sizes in pixels.
const (
	chartWidth, chartHeight = 820, 460
	left, right             = 80, 590
	top, bottom             = 70, 400
)

// colours can be told apart by the colour-blind (Okabe and Ito).
var colours = [...]string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"}

// svg draws the chart.
func (c *chart) svg() string {
	xs, ys := axis{}, axis{}
	for _, l := range c.lines {
		for _, p := range l.points {
			xs.hold(p[0])
			ys.hold(p[1])
		}
	}
	var s strings.Builder
	text := func(x, y float64, anchor, t string) {
		fmt.Fprintf(&s, `<text x="%.1f" y="%.1f" text-anchor="%s">`, x, y, anchor)
		_ = xml.EscapeText(&s, []byte(t)) // a Builder takes everything
		s.WriteString("</text>\n")
	}
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">`+"\n", chartWidth, chartHeight)
	fmt.Fprintf(&s, `<rect width="%d" height="%d" fill="white"/>`+"\n", chartWidth, chartHeight)
	text(left, 20, "start", c.title)
	text(left, 37, "start", c.subtitle)
	for _, v := range xs.ticks() {
		x := xs.at(v, left, right)
		fmt.Fprintf(&s, `<path d="M%.1f %d V%d" stroke="#ddd"/>`+"\n", x, top, bottom)
		text(x, bottom+20, "middle", tick(v))
	}
	for _, v := range ys.ticks() {
		y := ys.at(v, bottom, top)
		fmt.Fprintf(&s, `<path d="M%d %.1f H%d" stroke="#ddd"/>`+"\n", left, y, right)
		text(left-8, y+4, "end", tick(v))
	}
	text((left+right)/2, bottom+45, "middle", c.x)
	text(left, top-8, "start", c.y)
	for i, l := range c.lines {
		colour := colours[i%len(colours)]
		var path strings.Builder
		for k, p := range l.points {
			x, y := xs.at(p[0], left, right), ys.at(p[1], bottom, top)
			fmt.Fprintf(&path, "%c%.1f %.1f ", "ML"[min(k, 1)], x, y)
			fmt.Fprintf(&s, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>`+"\n", x, y, colour)
		}
		fmt.Fprintf(&s, `<path d="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.TrimSpace(path.String()), colour)
		y := float64(top + 18*i)
		fmt.Fprintf(&s, `<path d="M%d %.1f h20" stroke="%s" stroke-width="2"/>`+"\n", right+15, y, colour)
		text(right+42, y+4, "start", l.name)
	}
	s.WriteString("</svg>\n")
	return s.String()
}

// axis is a logarithmic axis that holds whole decades.
type axis struct {
	low, high int // powers of ten
	any       bool
}

func (a *axis) hold(v float64) {
	low, high := int(math.Floor(math.Log10(v))), int(math.Ceil(math.Log10(v)))
	if !a.any {
		a.low, a.high, a.any = low, high, true
	}
	a.low, a.high = min(a.low, low), max(a.high, high)
	if a.low == a.high {
		a.high++
	}
}

// at returns where v lies between two ends, in pixels.
func (a *axis) at(v, from, to float64) float64 {
	return from + (to-from)*(math.Log10(v)-float64(a.low))/float64(a.high-a.low)
}

// ticks are the powers of ten, and 2 and 5 times these on short axes.
func (a *axis) ticks() []float64 {
	steps := []float64{1}
	if a.high-a.low <= 2 {
		steps = []float64{1, 2, 5}
	}
	var list []float64
	for p := a.low; p <= a.high; p++ {
		for _, step := range steps {
			if p < a.high || step == 1 {
				list = append(list, step*math.Pow10(p))
			}
		}
	}
	return list
}

// tick writes a number as people do.
func tick(v float64) string {
	switch {
	case v >= 1e9:
		return fmt.Sprintf("%g b", v/1e9)
	case v >= 1e6:
		return fmt.Sprintf("%g m", v/1e6)
	case v >= 1e3:
		return fmt.Sprintf("%g k", v/1e3)
	default:
		return fmt.Sprintf("%g", v)
	}
}

// drawScaling draws the time a row that whole jobs take over the rows: a level
// line is a job whose time grows with the rows alone.
func drawScaling(path string, s *show, figures []searchFigure) error {
	c := chart{title: machine(), subtitle: s.command, x: "rows", y: "microseconds a row, whole job"}
	at := map[string]int{}
	for _, f := range figures {
		name := fmt.Sprintf("%d features, order %d, workers %d", f.Features, f.Order, f.Workers)
		if f.Processes > 0 {
			name += fmt.Sprintf(" in %d processes", f.Processes)
		}
		if f.Levels != figures[0].Levels {
			name += ", levels " + f.Levels
		}
		i, ok := at[name]
		if !ok {
			i, at[name] = len(c.lines), len(c.lines)
			c.lines = append(c.lines, line{name: name})
		}
		c.lines[i].points = append(c.lines[i].points, [2]float64{float64(f.Rows), 1e6 * f.Seconds / float64(f.Rows)})
	}
	return os.WriteFile(path, []byte(c.svg()), 0o644)
}
