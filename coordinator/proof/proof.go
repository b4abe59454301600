// Package proof writes evidence.sql: a script with which DuckDB computes every
// figure of the findings and segments again, from the raw file, and sets the
// reported ones beside them. It shares nothing with the job but the rules: the
// table is read, split, summed and compared in SQL.
package proof

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/persona"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/source"
)

// Job is what a job read and found.
type Job struct {
	Table    *source.Table
	Encoding string  // of CSV text, as the user named it; "" = UTF-8
	First    []int64 // file → ordinal of its first row
	Plan     *encoder.Plan
	Overall  *export.Overall
	Evidence *evidence.Result
	Config   evidence.Config
	Groups   *search.Groups   // that Tops refers to
	Tops     []export.Ranking // the ranked groups of each metric
	Segments *merge.Result    // nil = none were made
	Personas *persona.Result  // of the segments
}

// metrics are what the figures are of.
func (j *Job) metrics() []metric.Metric { return j.Overall.Metrics }

//go:embed figures.sql
var figuresSQL string

const preface = `-- Every figure of the findings and segments, computed once more by DuckDB (1.3 or
-- later) from the raw file, beside the one reported. Where the job was started:
--
--     duckdb < evidence.sql                          with the path of this file
--     duckdb.sql(open('evidence.sql').read())        in Python
--
-- The last statement tells how many figures agree, and shows those that do not:
-- counts must be equal, quotients to a billionth. Only temporary tables are made.
--
-- Left out is what DuckDB has no functions for, the tails of the normal and of
-- Student's distribution (p, q and the choice of the quantiles in step 4), and
-- what comes from fitting a model (unexplained, and the R² of the segments). Of the
-- ranked groups (top.csv) there are the first %d of each metric.
`

// Write writes the script.
func Write(w io.Writer, j *Job) error {
	s := &script{Writer: bufio.NewWriter(w), job: j, prefix: "hw_"}
	s.say(preface, mostRanked)
	if reason := j.unreadable(); reason != "" {
		s.say("\n-- This table cannot be read by DuckDB: %s.\n", comment(reason))
		return s.Flush()
	}
	if err := s.gather(); err != nil {
		return err
	}
	s.hash()
	s.source()
	s.customers()
	s.members()
	s.numbered()
	s.reported()
	s.say("\n%s", figuresSQL)
	return s.Flush()
}

// script is an evidence.sql being written. Errors of writing come from Flush.
type script struct {
	*bufio.Writer
	job    *Job
	prefix string // of our columns beside those of the source, which none of these has

	rules    []rule
	findings []finding
	groups   []ranked
}

func (s *script) say(format string, args ...any) { fmt.Fprintf(s, format, args...) }

// values writes a table of rows, which may be none.
func (s *script) values(table, columns string, rows []string) {
	s.say("CREATE OR REPLACE TEMP TABLE %s (%s);\n", table, columns)
	if len(rows) > 0 {
		s.say("INSERT INTO %s VALUES\n  %s;\n", table, strings.Join(rows, ",\n  "))
	}
}

// comment keeps text in its comment.
func comment(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == 0 {
			return ' '
		}
		return r
	}, s)
}
