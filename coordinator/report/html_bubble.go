package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/metric"
)

// bubble is a group in the picture of a metric.
type bubble struct {
	n      int64
	share  float64
	mean   float64
	excess float64
	label  string // in the bubble; "" = none
	link   string // to what is said of it; "" = none
	text   string // when pointed at
	class  string // "up", "down", and "held" where it stood up
}

// dot is a group that is only a part of the cloud.
type dot struct{ share, mean float64 }

// noise is how far a group's mean strays by chance alone.
type noise struct {
	mean   float64 // of all customers
	sigma  float64 // of one customer; NaN = not known
	n      int64   // customers in all
	tried  int
	yes    bool // the mean is a rate
	weight bool // the mean is over other weights than customers
}

// half returns how far the mean of a group of n customers drawn by chance stays
// from that of all with 95 % probability: any one, or the farthest of all tried.
func (z noise) half(share float64, tried int) float64 {
	size := math.Max(1, share*float64(z.n))
	return quantile(1-0.025/float64(max(1, tried))) * z.sigma / math.Sqrt(size) * math.Sqrt(max(0, 1-share))
}

// quantile is that of the normal distribution.
func quantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

const (
	bubbleW, bubbleH                     = 1040.0, 460.0
	padLeft, padRight, padTop, padBottom = 66.0, 18.0, 22.0, 50.0
)

// bubbles draws the groups by share and mean, with the band of noise.
func (p *document) bubbles(m metric.Metric, z noise, list []bubble, cloud []dot) template.HTML {
	x := scale{low: math.Inf(1), high: math.Inf(-1), from: padLeft, to: bubbleW - padRight, log: true}
	y := scale{low: z.mean, high: z.mean, from: bubbleH - padBottom, to: padTop}
	reach := func(share, mean float64) {
		x.low, x.high = min(x.low, share), max(x.high, share)
		y.low, y.high = min(y.low, mean), max(y.high, mean)
	}
	most := 0.0
	for _, b := range list {
		reach(b.share, b.mean)
		most = max(most, math.Abs(b.excess))
	}
	for _, c := range cloud {
		reach(c.share, c.mean)
	}
	if !(x.low > 0) || math.IsInf(x.low, 0) {
		return ""
	}
	x.low, x.high = x.low/1.15, min(1, x.high*1.15)
	pad := 0.07 * (y.high - y.low)
	if pad == 0 {
		pad = math.Max(math.Abs(y.high)*0.1, 1e-9)
	}
	if low := y.low - pad; !z.yes || low > 0 {
		y.low = low
	} else {
		y.low = 0
	}
	y.high += pad
	if z.yes {
		y.high = min(1, y.high)
	}

	title := p.t("Groups by share and %s", m.Name)
	d := draw(linked, p.id("bubbles"), bubbleW, bubbleH, title, p.t("Each bubble is a group: to the right the more customers, upwards the higher %s; its area is what it brings above or below the average. The band is what chance does. The table below has the figures.", m.Name))
	p.band(d, z, x, y)
	p.axes(d, x, y, m, p.t("share of customers"))
	d.line("mean", padLeft, y.at(z.mean), bubbleW-padRight, y.at(z.mean))
	d.text("meantext", "end", bubbleW-padRight-4, y.at(z.mean)-6, p.t("all customers: %s", mean(m, z.mean)))
	if len(cloud) > 0 {
		var path strings.Builder
		for _, c := range cloud {
			fmt.Fprintf(&path, "M%sh0", at(x.within(c.share), y.within(c.mean)))
		}
		d.path("cloud", path.String())
	}
	for i := len(list) - 1; i >= 0; i-- { // the first on top
		b := list[i]
		r := 3.0
		if most > 0 {
			r += 21 * math.Sqrt(math.Abs(b.excess)/most)
		}
		if b.label != "" {
			r = max(r, 9) // the number fits in
		}
		if b.link != "" {
			d.raw(`<a href="#%s" aria-label="%s">`, b.link, escaped(b.text))
		}
		d.raw(`<g class="bubble %s"><title>%s</title>`, b.class, escaped(b.text))
		d.circle("", x.at(b.share), y.at(b.mean), r)
		if b.label != "" {
			d.text("", "middle", x.at(b.share), y.at(b.mean)+4, b.label)
		}
		d.raw("</g>")
		if b.link != "" {
			d.raw("</a>")
		}
	}
	return d.done()
}

// band draws where chance alone puts groups: any one, and the farthest of all.
func (p *document) band(d *drawing, z noise, x, y scale) {
	if math.IsNaN(z.sigma) || z.weight {
		return
	}
	for _, tried := range []int{z.tried, 1} {
		var up, down []string
		const steps = 48
		for i := range steps + 1 {
			share := math.Exp(math.Log(x.low) + float64(float64(i)/steps*(math.Log(x.high)-math.Log(x.low))))
			half := z.half(share, tried)
			up = append(up, at(x.at(share), y.within(z.mean+half)))
			down = append(down, at(x.at(share), y.within(z.mean-half)))
		}
		path := "M" + strings.Join(up, "L")
		for i := len(down) - 1; i >= 0; i-- {
			path += "L" + down[i]
		}
		d.path("noise", path+"Z")
	}
}

// axes draws both axes of a plot: below shares, on the left the metric.
func (p *document) axes(d *drawing, x, y scale, m metric.Metric, below string) {
	bottom, right := max(y.from, y.to), max(x.from, x.to)
	for _, v := range y.ticks(6) {
		d.line("grid", x.from, y.at(v), right, y.at(v))
		d.text("tick", "end", x.from-9, y.at(v)+4, mean(m, v))
	}
	for _, v := range x.ticks(6) {
		d.line("notch", x.at(v), bottom, x.at(v), bottom+5)
		d.text("tick", "middle", x.at(v), bottom+20, short(v))
	}
	d.text("axis", "end", right, bottom+40, below)
	d.text("axis", "start", 4, min(y.from, y.to)-8, m.Name)
}

// short writes a share of an axis.
func short(share float64) string {
	return fmt.Sprintf("%.4g %%", math.Round(share*1e7)/1e5)
}
