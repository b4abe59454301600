package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// show is how results are shown.
type show struct {
	command  string // as it was typed
	json     bool
	markdown bool
}

// machine says where and when a measurement was made.
func machine() string {
	return fmt.Sprintf("%s, %d cores, %s/%s, %s, %s", processor(), runtime.GOMAXPROCS(0),
		runtime.GOOS, runtime.GOARCH, runtime.Version(), time.Now().Format(time.DateOnly))
}

// processor returns the model's name where the system tells it.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "processor not named"
	}
	defer f.Close()
	model := map[string]string{}
	for s := bufio.NewScanner(f); s.Scan(); {
		key, value, _ := strings.Cut(s.Text(), ":")
		if key = strings.TrimSpace(key); key != "" && model[key] == "" {
			model[key] = strings.TrimSpace(value)
		}
	}
	name := model["model name"]
	if name == "" {
		return "processor not named"
	}
	if model["model"] != "" {
		name += fmt.Sprintf(" (family %s, model %s)", model["cpu family"], model["model"])
	}
	return name
}

// header prints the machine and the command above the tables.
func (s *show) header(w io.Writer) {
	fmt.Fprintf(w, "%s\n%s\n\n", machine(), s.command)
}

// table prints rows of cells, text columns first; others are aligned right.
func (s *show) table(w io.Writer, texts int, head []string, rows [][]string) {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true}
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	var configs []table.ColumnConfig
	for i := range head {
		if i >= texts {
			configs = append(configs, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	t.SetColumnConfigs(configs)
	t.AppendHeader(tableRow(head))
	for _, r := range rows {
		t.AppendRow(tableRow(r))
	}
	if s.markdown {
		t.RenderMarkdown()
	} else {
		t.Render()
	}
	fmt.Fprintln(w)
}

func tableRow(texts []string) table.Row {
	row := make(table.Row, len(texts))
	for i, t := range texts {
		row[i] = t
	}
	return row
}

// writeJSON prints v, indented.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// figure prints a number with three significant digits, and "–" for none.
func figure(x float64) string {
	switch {
	case x == 0:
		return "–"
	case x >= 100 || x <= -100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	default:
		return fmt.Sprintf("%.2f", x)
	}
}

// percent prints a share as a percentage, and "–" for none.
func percent(x float64) string {
	if x == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", 100*x)
}

// count prints a number of rows as people write it: 16,384.
func count[T int | int64](n T) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
