package report

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headwater-dev/headwater/coordinator/metric"
)

// browser is a headless Chromium, driven by its protocol over a pipe.
type browser struct {
	t       *testing.T
	in      *os.File
	answers chan frame
	session string
	id      int
	events  []frame // as they came
}

type frame struct {
	ID     int             `json:"id,omitempty"`
	Method string          `json:"method,omitempty"`
	Params json.RawMessage `json:"params,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  json.RawMessage `json:"error,omitempty"`
}

// openBrowser starts Chromium, or skips the test where there is none.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" || testing.Short() {
		t.Skip("no Chromium here: the page is not tried in a browser (apt-get install chromium)")
	}
	theirIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--no-first-run", "--disable-dev-shm-usage",
		"--user-data-dir="+t.TempDir(), "--remote-debugging-pipe", "about:blank")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirIn.Close()
	theirOut.Close()
	b := &browser{t: t, in: in, answers: make(chan frame, 1<<16)}
	t.Cleanup(func() {
		b.session = ""
		b.send("Browser.close", nil)
		in.Close()
		if cmd.Wait() != nil {
			_ = cmd.Process.Kill()
		}
		out.Close()
	})
	go func() {
		defer close(b.answers)
		for r := bufio.NewReader(out); ; {
			line, err := r.ReadBytes(0)
			if err != nil {
				return
			}
			var m frame
			if json.Unmarshal(line[:len(line)-1], &m) == nil {
				b.answers <- m
			}
		}
	}()
	return b
}

// send sends a command and returns its number.
func (b *browser) send(method string, params any) int {
	b.id++
	m := map[string]any{"id": b.id, "method": method}
	if params != nil {
		m["params"] = params
	}
	if b.session != "" {
		m["sessionId"] = b.session
	}
	data, err := json.Marshal(m)
	if err != nil {
		b.t.Fatal(err)
	}
	_, _ = b.in.Write(append(data, 0)) // a browser that is gone does not answer
	return b.id
}

// do runs a command and reads its result.
func (b *browser) do(method string, params, result any) {
	b.t.Helper()
	id := b.send(method, params)
	m := b.until(method, func(m frame) bool { return m.ID == id })
	if m.Error != nil {
		b.t.Fatalf("%s: %s", method, m.Error)
	}
	if result != nil {
		if err := json.Unmarshal(m.Result, result); err != nil {
			b.t.Fatal(err)
		}
	}
}

// until waits for a message and keeps what comes before.
func (b *browser) until(what string, wanted func(frame) bool) frame {
	b.t.Helper()
	timeout := time.After(60 * time.Second)
	for {
		select {
		case m, ok := <-b.answers:
			if !ok {
				b.t.Fatalf("%s: the browser has ended", what)
			}
			if wanted(m) {
				return m
			}
			b.events = append(b.events, m)
		case <-timeout:
			b.t.Fatalf("%s: no answer from the browser", what)
		}
	}
}

// open shows a page.
func (b *browser) open(file string) {
	var target struct{ TargetID string }
	b.do("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	b.do("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session)
	b.session = session.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.do(domain+".enable", nil, nil)
	}
	b.do("Page.navigate", map[string]any{"url": (&url.URL{Scheme: "file", Path: file}).String()}, nil)
	b.until("load", func(m frame) bool { return m.Method == "Page.loadEventFired" })
}

// eval evaluates an expression in the page.
func eval[T any](b *browser, expression string) (value T) {
	b.t.Helper()
	var out struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	b.do("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "userGesture": true}, &out)
	if out.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, out.ExceptionDetails)
	}
	if len(out.Result.Value) > 0 {
		if err := json.Unmarshal(out.Result.Value, &value); err != nil {
			b.t.Fatalf("%s: %v", expression, err)
		}
	}
	return value
}

// key presses a key.
func (b *browser) key(name string, code int) {
	for _, kind := range []string{"rawKeyDown", "keyUp"} {
		b.do("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code}, nil)
	}
}

func TestHTMLInABrowser(t *testing.T) {
	b := openBrowser(t)
	f := findings(10000)
	f.measure(metric.Metric{Name: "y=yes", Binary: true}, 1170)
	f.addGroups(60, func(g, _ int) int64 { return int64(g) })
	f.addSegments(40)
	f.prove()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(write(t, f, "en")), 0o600); err != nil {
		t.Fatal(err)
	}
	b.open(path)

	if n := eval[int](b, `document.querySelectorAll("#cuts tbody tr").length`); n != 3 {
		t.Errorf("there are %d clusters at first, not 3", n)
	}
	before := eval[string](b, `document.querySelector("#cuts tbody").innerText`)
	eval[any](b, `document.getElementById("k").focus()`)
	b.key("ArrowRight", 39)
	b.key("ArrowRight", 39)
	if n := eval[int](b, `document.querySelectorAll("#cuts tbody tr").length`); n != 5 {
		t.Errorf("two steps to the right there are %d clusters, not 5", n)
	}
	if shown := eval[string](b, `document.getElementById("kout").textContent + document.querySelector("#cut text").textContent`); shown != "5K = 5" {
		t.Errorf("the slider says %q", shown)
	}
	if n := eval[int](b, `Array.from(document.querySelectorAll("#cuts tbody tr")).reduce((n, r) => n + +r.cells[2].textContent.replace(/,/g, ""), 0)`); n != 10000 {
		t.Errorf("the clusters hold %d customers", n)
	}
	b.key("ArrowLeft", 37)
	b.key("ArrowLeft", 37)
	if after := eval[string](b, `document.querySelector("#cuts tbody").innerText`); after != before {
		t.Errorf("there and back the table is\n%s\nnot\n%s", after, before)
	}

	column := func(i int) string {
		return eval[string](b, `Array.from(document.querySelectorAll("#groups table.sortable tbody tr")).slice(0, 3).map(r => r.cells[`+string(rune('0'+i))+`].textContent).join(" ")`)
	}
	header := `document.querySelectorAll("#groups table.sortable th button")[2]`
	eval[any](b, header+`.focus()`)
	b.key("Enter", 13)
	eval[any](b, header+`.click()`)
	if eval[string](b, header+`.closest("th").getAttribute("aria-sort")`) == "" {
		t.Error("the sorted column does not say so")
	}
	if got := column(2); got != "159 158 157" && got != "100 101 102" {
		t.Errorf("sorted by customers the table begins with %s", got)
	}
	eval[any](b, header+`.click()`)
	first := column(2)
	eval[any](b, header+`.click()`)
	if second := column(2); first == second {
		t.Errorf("clicked again the order stays %s", second)
	}

	dark := eval[string](b, `getComputedStyle(document.body).backgroundColor`)
	eval[any](b, `document.getElementById("theme").click()`)
	if eval[string](b, `getComputedStyle(document.body).backgroundColor`) == dark {
		t.Error("the theme does not change")
	}
	if n := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); n > 0 {
		t.Errorf("the page is %d pixels too wide", n)
	}
	if low := eval[[]string](b, faint); len(low) > 0 {
		t.Errorf("too little contrast: %v", low)
	}
	var pdf struct{ Data string }
	b.do("Page.printToPDF", map[string]any{"printBackground": true}, &pdf)
	if data, err := base64.StdEncoding.DecodeString(pdf.Data); err != nil || !strings.HasPrefix(string(data), "%PDF") {
		t.Errorf("printed: %v", err)
	}
	b.quiet("file://" + path)
}

// faint lists texts that stand out too little from what they are on: less
// than 4.5 to 1, in either theme.
const faint = `(function () {
	function parse(c) { return c.match(/[\d.]+/g).map(Number); }
	function light(c) { return c.slice(0, 3).map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4); }).reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0); }
	function ground(e) { for (; e; e = e.parentElement) { var c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; }
	var found = [];
	["light", "dark"].forEach(function (theme) {
		document.documentElement.dataset.theme = theme;
		document.querySelectorAll("p, li, td, th, h1, h2, h3, dt, dd, a, summary, label, button, caption, .chip, .muted, .rank, .pill, .value, text").forEach(function (e) {
			if (!e.textContent.trim() || e.closest(".bubble, .hidden, .skip")) return;
			var svg = e.tagName === "text", style = getComputedStyle(e);
			var a = light(parse(svg ? style.fill : style.color)), b = light(ground(e));
			var ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
			if (ratio < 4.5) found.push(theme + " " + e.tagName + "." + (e.getAttribute("class") || "") + " " + ratio.toFixed(2));
		});
	});
	return Array.from(new Set(found));
})()`

// quiet reports what the page wrote to the console, and what it asked for
// beside itself.
func (b *browser) quiet(page string) {
	b.t.Helper()
	for _, e := range b.events {
		switch e.Method {
		case "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded":
			b.t.Errorf("%s: %s", e.Method, e.Params)
		case "Network.requestWillBeSent":
			var p struct{ Request struct{ URL string } }
			if err := json.Unmarshal(e.Params, &p); err != nil || p.Request.URL != page {
				b.t.Errorf("the page asked for %s", p.Request.URL)
			}
		}
	}
}
