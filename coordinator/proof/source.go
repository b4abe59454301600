package proof

import (
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/text/encoding/htmlindex"

	"github.com/headwater-dev/headwater/worker/source"
)

// unreadable says why DuckDB cannot tell the table's columns apart; "" = it can.
func (j *Job) unreadable() string {
	seen := map[string]string{}
	for _, c := range j.Table.Columns {
		lower := strings.ToLower(c.Name)
		if other, ok := seen[lower]; ok {
			return fmt.Sprintf("it takes the columns %q and %q for one", other, c.Name)
		}
		seen[lower] = c.Name
	}
	return ""
}

// source writes the view of the raw table: its columns as they are, and the
// place of each row.
func (s *script) source() {
	t := s.job.Table
	s.say("\n-- 2. The raw table, and the place of each row in it, from 0.\n\n")
	switch {
	case t.Format == source.Arrow:
		s.say("-- DuckDB does not read Arrow IPC by itself: load the table as \"input\", its rows in\n" +
			"-- their order, for example in Python: input = pyarrow.feather.read_table('FILE').\n")
		s.say("CREATE OR REPLACE TEMP VIEW source AS\n  SELECT row_number() OVER () - 1 AS %sordinal, * FROM input;\n", s.prefix)
	case t.Format == source.Parquet:
		s.parquet()
	default:
		s.csv()
	}
}

func (s *script) parquet() {
	t := s.job.Table
	s.say("CREATE OR REPLACE TEMP VIEW source AS\n")
	for i := range t.Files {
		if i > 0 {
			s.say("  UNION ALL BY NAME\n")
		}
		s.say("  SELECT file_row_number + %d AS %sordinal, * EXCLUDE (file_row_number)\n  FROM read_parquet(%s, file_row_number = true, binary_as_string = true)",
			s.job.First[i], s.prefix, quoteText(s.name(i)))
		if i+1 < len(t.Files) {
			s.say("\n")
		}
	}
	s.say(";\n")
}

// csv reads every column as text, by the dialect that the job found.
func (s *script) csv() {
	t := s.job.Table
	var names, columns, nulls []string
	spooled := false
	for i, f := range t.Files {
		names = append(names, quoteText(s.name(i)))
		spooled = spooled || f.Path != f.Name
	}
	for _, c := range t.Columns {
		columns = append(columns, quoteText(c.Name)+": 'VARCHAR'")
	}
	for _, n := range t.Dialect.Nulls {
		nulls = append(nulls, quoteText(n))
	}
	encoding := encodingOf(s.job.Encoding)
	if spooled && encoding == "" && !s.packed() {
		encoding = "utf-16" // told by its byte order mark: why else was it copied
	}
	if encoding != "" {
		s.say("-- DuckDB reads utf-16 and latin-1 by itself, others after INSTALL encodings; LOAD encodings;\n")
	}
	s.say("CREATE OR REPLACE TEMP VIEW source AS\n  SELECT row_number() OVER () - 1 AS %sordinal, *\n  FROM read_csv([%s],\n", s.prefix, strings.Join(names, ", "))
	s.say("    auto_detect = false, header = %t, delim = %s, quote = %s, escape = %s,\n",
		t.Dialect.Header, quoteText(t.Dialect.Delimiter), quoteText(t.Dialect.Quote), quoteText(t.Dialect.Quote))
	if encoding != "" {
		s.say("    encoding = %s,\n", quoteText(encoding))
	}
	s.say("    nullstr = [%s], allow_quoted_nulls = true,\n    columns = {%s});\n", strings.Join(nulls, ", "), strings.Join(columns, ", "))
}

// encodingOf is an encoding by DuckDB's name, "" for UTF-8. What browsers read
// as windows-1252, and so do we, is latin-1 but for a few signs.
func encodingOf(name string) string {
	e, err := htmlindex.Get(name)
	if err != nil {
		return "" // none was given: any other was refused before the table was read
	}
	switch canonical, _ := htmlindex.Name(e); canonical {
	case "utf-8":
		return ""
	case "windows-1252":
		return "latin-1"
	case "utf-16le", "utf-16be":
		return "utf-16"
	default:
		return canonical
	}
}

// packed reports whether a file was copied because it is compressed, or was
// standard input.
func (s *script) packed() bool {
	for _, f := range s.job.Table.Files {
		switch strings.ToLower(filepath.Ext(f.Name)) {
		case ".gz", ".gzip", ".zst", ".zstd":
			return true
		}
		if f.Name == "stdin" {
			return true
		}
	}
	return false
}

// name is what the i-th file is called; of standard input it says what to put
// in its place.
func (s *script) name(i int) string {
	f := &s.job.Table.Files[i]
	if f.Name == "stdin" && f.Path != f.Name {
		return "FILE WITH WHAT CAME FROM STANDARD INPUT"
	}
	return f.Name
}

func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
