package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/metric"
)

// cases are the jobs that a page must be able to show.
var cases = map[string]func() *Findings{
	"profile, no metric": func() *Findings { return findings(10000) },
	"profile, one metric": func() *Findings {
		f := findings(10000)
		f.measure(metric.Metric{Name: "y=yes", Binary: true}, 1170)
		return f
	},
	"no columns, no customers": func() *Findings {
		f := findings(0)
		f.Columns, f.Ranking, f.Overall.Features = nil, nil, nil
		return f
	},
	"groups, no segments": func() *Findings {
		f := findings(10000)
		f.measure(metric.Metric{Name: nasty, Binary: true}, 1170)
		f.addGroups(40, func(g, _ int) int64 { return int64(g) })
		return f
	},
	"segments, no groups": func() *Findings {
		f := findings(10000)
		f.measure(metric.Metric{Name: "y=yes", Binary: true}, 1170)
		f.addSegments(50)
		return f
	},
	"context and levers": func() *Findings {
		f := findings(10000)
		f.measure(metric.Metric{Name: "y=yes", Binary: true}, 1170)
		f.measure(metric.Metric{Name: "margin", Digits: 2}, -312345)
		f.addSegments(9)
		f.addAsides()
		return f
	},
	"two points only": func() *Findings {
		f := findings(10000)
		f.measure(metric.Metric{Name: "y=yes", Binary: true}, 1170)
		f.addSegments(2)
		return f
	},
	"everything, negative values": func() *Findings {
		f := findings(10000)
		f.measure(metric.Metric{Name: "margin", Digits: 2}, -312345)
		f.measure(metric.Metric{Name: nasty, Binary: true}, 1170)
		f.addGroups(90, func(g, m int) int64 { return int64(g*(1-m) - 45*(1-m)) })
		f.addSegments(40)
		return f
	},
	"mean zero": func() *Findings {
		f := findings(10000)
		f.measure(metric.Metric{Name: "change"}, 0)
		f.addGroups(10, func(int, int) int64 { return 0 })
		f.addSegments(5)
		return f
	},
}

func write(t *testing.T, f *Findings, lang string) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, f, lang); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHTMLOfEveryKind(t *testing.T) {
	for name, make := range cases {
		for _, lang := range Languages {
			for _, proven := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/evidence=%v", name, lang, proven), func(t *testing.T) {
					make := func() *Findings {
						f := make()
						if proven {
							f.prove()
						}
						return f
					}
					page := write(t, make(), lang)
					wellFormed(t, page)
					for _, bad := range []string{"NaN", "Inf", "%!", "<no value>", "ZgotmplZ", "<script>alert", "undefined"} {
						if at := strings.Index(content(page), bad); at >= 0 {
							t.Errorf("the page contains %q: …%.160s…", bad, content(page)[max(0, at-80):])
						}
					}
					if other := write(t, make(), lang); other != page {
						t.Error("written again, the page differs")
					}
				})
			}
		}
	}
}

// content is a page without its style and scripts.
func content(page string) string {
	return regexp.MustCompile(`(?s)<style>.*?</style>|<script[ >].*?</script>`).ReplaceAllString(page, "")
}

// wellFormed checks tags, pictures, names and that nothing comes from outside.
func wellFormed(t *testing.T, page string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(content(page)))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	ids := map[string]bool{}
	var open, links []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			open = append(open, e.Name.Local)
			named := false
			for _, a := range e.Attr {
				switch a.Name.Local {
				case "id":
					if ids[a.Value] {
						t.Errorf("two elements are called %s", a.Value)
					}
					ids[a.Value] = true
				case "href":
					links = append(links, a.Value)
				case "src", "style", "onclick":
					t.Errorf("<%s> has %s", e.Name.Local, a.Name.Local)
				case "aria-labelledby", "aria-hidden":
					named = true
				case "width", "height", "x", "y", "r", "cx", "cy":
					if strings.HasPrefix(a.Value, "-") && !slices.Contains([]string{"x", "y", "cx", "cy"}, a.Name.Local) {
						t.Errorf("<%s %s=%q>", e.Name.Local, a.Name.Local, a.Value)
					}
				}
			}
			if e.Name.Local == "svg" && !named {
				t.Error("a picture has no text alternative")
			}
		case xml.EndElement:
			if last := open[len(open)-1]; last != e.Name.Local {
				t.Fatalf("<%s> is closed by </%s>", last, e.Name.Local)
			}
			open = open[:len(open)-1]
		}
	}
	for _, l := range links {
		if !strings.HasPrefix(l, "#") || !ids[l[1:]] {
			t.Errorf("a link leads to %q, which is not in the page", l)
		}
	}
	if strings.Contains(page, "url(") || strings.Contains(page, "@import") {
		t.Error("the style loads something")
	}
}

// The security policy lets the page's own style and script run, and no others.
func TestHTMLPolicyNamesItsContent(t *testing.T) {
	page := write(t, cases["everything, negative values"](), "")
	for _, tag := range []string{"style", "script"} {
		found := regexp.MustCompile(`(?s)<` + tag + `>(.*?)</` + tag + `>`).FindStringSubmatch(page)
		if found == nil || !strings.Contains(page, strings.ReplaceAll(digest([]byte(found[1])), "+", "&#43;")) {
			t.Errorf("the policy does not name the %s", tag)
		}
	}
}

func TestHTMLOfThousandGroupsIsSmall(t *testing.T) {
	f := findings(100000)
	f.measure(metric.Metric{Name: "y=yes", Binary: true}, 11700)
	f.addGroups(1000, func(g, _ int) int64 { return int64(g % 90) })
	f.addSegments(3000)
	f.prove()
	if page := write(t, f, "en"); len(page) > 2<<20 {
		t.Errorf("%d bytes", len(page))
	} else if rows := strings.Count(page, `id="g`); rows < 1000 {
		t.Errorf("%d groups are listed", rows)
	}
}

func TestHTMLRefusesALanguage(t *testing.T) {
	if err := HTML(io.Discard, findings(1), "fr"); err == nil || !strings.Contains(err.Error(), `"fr"`) {
		t.Errorf("got %v", err)
	}
}

// Every text of the page has its Chinese, with the same verbs.
func TestHTMLWordsAreComplete(t *testing.T) {
	translated := map[string]string{}
	if err := json.Unmarshal(chinese, &translated); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for name := range cases {
		for _, prepare := range []func(*Findings){
			func(*Findings) {},
			(*Findings).prove,
			func(f *Findings) { f.Evidence = &evidence.Result{Trust: []evidence.Trust{{Metric: "y=yes"}}} },
		} {
			f := cases[name]()
			prepare(f)
			record := func(text string) string { used[text] = true; return text }
			if err := newDocument(f, record, nil).write(io.Discard, "en"); err != nil {
				t.Fatal(err)
			}
		}
	}
	verbs := regexp.MustCompile(`%(\[\d\])?s`)
	for text := range used {
		other, ok := translated[text]
		if !ok {
			t.Errorf("no Chinese for %q", text)
		} else if len(verbs.FindAllString(text, -1)) != len(verbs.FindAllString(other, -1)) {
			t.Errorf("%q and %q have different verbs", text, other)
		}
	}
}

// TestSentencesAreTranslated: what a job notes is put into Chinese with all that
// was put into it, and what is not known stays.
func TestSentencesAreTranslated(t *testing.T) {
	made, err := sentencesOf("zh")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"excluded": "已排除",
		"LEFT OUT: spend alone separates visit (AUC 1.0000): it looks like a result of it, not a reason; --keep spend brings it back": "已剔除：仅凭 spend 就能区分 visit（AUC 1.0000）：它更像结果而不是原因；用 --keep spend 可恢复",
		"conversion is never met where visit is 0 (54,606 rows): if that is so by definition, exclude it":                             "当 visit 为 0 时从不出现 conversion（54,606 行）：若由定义所致，请排除该列",
		"Metric spend is known for 12.5 % of the customers; means are over these.":                                                    "12.5 % 的客户的指标 spend 已知；均值按这些客户计算。",
		"something else": "something else",
	} {
		if got := made.say(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	for _, s := range made {
		if n := strings.Count(s.text, "%"); n != s.pattern.NumSubexp() {
			t.Errorf("%q has %d verbs for %d parts of %s", s.text, n, s.pattern.NumSubexp(), s.pattern)
		}
	}
}

func TestNoiseBandAgainstTheNormalDistribution(t *testing.T) {
	z := noise{mean: 0.1, sigma: 0.3, n: 10000}
	if got, want := z.half(0.01, 1), 1.959963984540054*0.3/10*math.Sqrt(0.99); math.Abs(got-want) > 1e-12 {
		t.Errorf("one group: %v, want %v", got, want)
	}
	if q := quantile(1 - 0.025/1000); math.Abs(q-4.055627) > 1e-4 { // Φ⁻¹(0.999975)
		t.Errorf("thousand groups: %v", q)
	}
}
