package report

import (
	"encoding/xml"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// drawing is an SVG in the making. Lengths are in its own units, one of which
// is a pixel where the drawing is shown at its full width.
type drawing struct {
	b strings.Builder
}

// The roles of drawings: one picture, or one with links in it.
const (
	picture = "img"
	linked  = "group"
)

// draw begins a drawing with a text alternative. The id is unique in the page.
func draw(role, id string, w, h float64, title, text string) *drawing {
	d := &drawing{}
	d.raw(`<svg id="%s" class="plot" viewBox="0 0 %s %s" role="%s" aria-labelledby="%s-t %s-d">`, id, px(w), px(h), role, id, id)
	d.raw(`<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, id, escaped(title), id, escaped(text))
	return d
}

// mark begins a small drawing that repeats what the text beside it says.
func mark(class string, w, h float64) *drawing {
	d := &drawing{}
	d.raw(`<svg class="%s" viewBox="0 0 %s %s" width="%s" height="%s" aria-hidden="true">`, class, px(w), px(h), px(w), px(h))
	return d
}

func (d *drawing) raw(format string, args ...any) { fmt.Fprintf(&d.b, format, args...) }

func (d *drawing) done() template.HTML {
	d.raw("</svg>")
	return template.HTML(d.b.String())
}

func (d *drawing) rect(class string, x, y, w, h, round float64) {
	d.raw(`<rect class="%s" x="%s" y="%s" width="%s" height="%s" rx="%s"/>`, class, px(x), px(y), px(max(0, w)), px(max(0, h)), px(round))
}

func (d *drawing) line(class string, x1, y1, x2, y2 float64) {
	d.raw(`<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, px(x1), px(y1), px(x2), px(y2))
}

func (d *drawing) circle(class string, x, y, r float64) {
	d.raw(`<circle class="%s" cx="%s" cy="%s" r="%s"/>`, class, px(x), px(y), px(r))
}

func (d *drawing) path(class, path string) { d.raw(`<path class="%s" d="%s"/>`, class, path) }

// text writes a text; anchor is start, middle or end.
func (d *drawing) text(class, anchor string, x, y float64, text string) {
	d.raw(`<text class="%s" text-anchor="%s" x="%s" y="%s">%s</text>`, class, anchor, px(x), px(y), escaped(text))
}

// px writes a length with one digit at most.
func px(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		x = 0
	}
	x = math.Round(x*10) / 10
	return strconv.FormatFloat(x+0, 'f', -1, 64) // + 0: no −0
}

func at(x, y float64) string { return px(x) + " " + px(y) }

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}

// scale maps values to lengths.
type scale struct {
	low, high float64 // values
	from, to  float64 // lengths
	log       bool
}

func (s scale) at(x float64) float64 {
	low, high := s.low, s.high
	if s.log {
		low, high, x = math.Log(low), math.Log(high), math.Log(x)
	}
	if high == low {
		return (s.from + s.to) / 2
	}
	return s.from + float64((x-low)/(high-low)*(s.to-s.from)) // rounded, or some processors fuse it with the sum
}

// within draws a value in to the ends of the scale.
func (s scale) within(x float64) float64 { return s.at(min(max(x, s.low), s.high)) }

// ticks returns about n round values on the scale, ascending.
func (s scale) ticks(n int) []float64 {
	var out []float64
	if s.log {
		for e := math.Floor(math.Log10(s.low)); e <= math.Log10(s.high); e++ {
			for _, d := range []float64{1, 2, 5} {
				if x := d * math.Pow(10, e); x >= s.low*0.999 && x <= s.high*1.001 {
					out = append(out, x)
				}
			}
		}
		if len(out) > 1 {
			return out
		}
		out = nil
	}
	span := s.high - s.low
	if !(span > 0) || math.IsInf(span, 0) {
		return []float64{s.low}
	}
	step := math.Pow(10, math.Floor(math.Log10(span/float64(n))))
	for _, d := range []float64{1, 2, 5, 10} {
		if span/(d*step) <= float64(n)+0.5 {
			step *= d
			break
		}
	}
	for i := math.Ceil(s.low/step - 1e-9); i*step <= s.high+1e-9*span; i++ {
		out = append(out, i*step)
	}
	return out
}
