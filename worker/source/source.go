// Package source reads customer tables: Parquet, CSV, Arrow IPC files and
// streams, and stdin, all behind one streaming interface of Arrow record
// batches.
//
// A Table is found once, by the coordinator, and is plain data (JSON): it
// travels to the workers, which open its splits themselves.
package source

import (
	"context"
	"io"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
)

// Format names a file format.
type Format string

// The formats that can be read. An empty Format asks for detection by
// extension and content.
const (
	CSV     Format = "csv"
	Parquet Format = "parquet"
	Arrow   Format = "arrow" // IPC file or stream
)

// Spec says what the user wants read and how.
type Spec struct {
	Inputs    []string  `json:"inputs"`               // files, globs, directories, or "-" for stdin
	Format    Format    `json:"format,omitempty"`     // "" = detect
	Delimiter string    `json:"delimiter,omitempty"`  // CSV: one character; "" = sniff
	Quote     string    `json:"quote,omitempty"`      // CSV: one character, "none", or "" = sniff
	Header    string    `json:"header,omitempty"`     // CSV: "yes", "no", or "" = detect
	Encoding  string    `json:"encoding,omitempty"`   // CSV: an IANA or WHATWG name; "" = UTF-8
	Nulls     []string  `json:"nulls,omitempty"`      // CSV: spellings of missing, in quotes or not; nil = DefaultNulls
	SplitSize int64     `json:"split_size,omitempty"` // CSV: bytes a split; 0 = default
	TempDir   string    `json:"-"`                    // where stdin and compressed text are spooled; "" = os.TempDir()
	Stdin     io.Reader `json:"-"`                    // what "-" reads; nil = os.Stdin
}

// DefaultNulls are the spellings of a missing value in CSV.
var DefaultNulls = []string{"", "NA", "NULL", "null", "NaN"}

// Type is the type of a column. Readers deliver each Type as one Arrow type,
// or, where Compact asked for it, as dictionaries of it.
type Type string

// The column types and the Arrow type in which batches carry them.
const (
	Text      Type = "text"      // String, or Dictionary<Int32, String>; every CSV column
	Int       Type = "int"       // Int64
	Float     Type = "float"     // Float64
	Bool      Type = "bool"      // Boolean
	Date      Type = "date"      // Date32
	Timestamp Type = "timestamp" // Timestamp in microseconds, UTC
	Decimal   Type = "decimal"   // Decimal128 of the column's Scale
)

// Column is one column of a table.
type Column struct {
	Name  string `json:"name"`
	Type  Type   `json:"type"`
	Scale int32  `json:"scale,omitempty"` // Decimal: digits after the point
}

// File is one input file as it was when the table was found. Open refuses a
// file whose size or modification time differs (ErrChanged).
type File struct {
	Path    string    `json:"path"` // as opened: for spooled input, the spool file
	Name    string    `json:"name"` // as the user knows it
	Size    int64     `json:"size"` // bytes
	ModTime time.Time `json:"mod_time"`
}

// Dialect is how CSV text is read, after sniffing.
type Dialect struct {
	Delimiter string   `json:"delimiter"`
	Quote     string   `json:"quote"` // "" = none
	Header    bool     `json:"header"`
	Nulls     []string `json:"nulls"`
}

// Table is a found source: its files, columns and splits.
type Table struct {
	Format  Format   `json:"format"`
	Files   []File   `json:"files"`
	Columns []Column `json:"columns"`
	Dialect *Dialect `json:"dialect,omitempty"`
	Splits  []Split  `json:"splits"`
	Skipped []string `json:"skipped,omitempty"` // columns left out, each with the reason, for display

	spoolDir string // holds spooled files; removed by Close
}

// Split is a piece of one file that is read on its own: a range of rows of a
// Parquet row group or Arrow batch range, or a byte range of a CSV file.
type Split struct {
	File  int   `json:"file"`            // index into Table.Files
	Unit  int   `json:"unit,omitempty"`  // Parquet: row group; Arrow: first record batch
	Start int64 `json:"start,omitempty"` // CSV: first byte; always at the start of a record
	End   int64 `json:"end,omitempty"`   // CSV: records that begin before End belong to the split
	Skip  int64 `json:"skip,omitempty"`  // rows to pass over from the beginning
	Rows  int64 `json:"rows"`            // rows to deliver; -1 = to the end, count not yet known
}

// Mark is a place inside a CSV split where a record begins.
type Mark struct {
	Row    int64 `json:"row"`    // rows of the split before it
	Offset int64 `json:"offset"` // byte in the file
}

// Reader delivers the rows of one split, in order. It is for one goroutine.
type Reader interface {
	// Next returns the next batch, which the caller releases, or io.EOF. A
	// batch holds the columns asked for, in the order asked for, and at most
	// MaxBatchRows rows. It stays valid after the following call.
	Next(ctx context.Context) (arrow.Record, error)
	// Marks returns places passed so far from which a part of the split can
	// be read later (CSV, about one per 16,384 rows); nil where rows can be sought.
	Marks() []Mark
	Close() error
}

// MaxBatchRows bounds the rows of one batch.
const MaxBatchRows = 65536

// Opener opens splits: from the files themselves, or, on a worker that cannot
// reach them, from the coordinator over NATS.
type Opener interface {
	// Open starts reading the named columns of a split. Columns are names of
	// t.Columns; an unknown one is an error.
	Open(ctx context.Context, t *Table, s Split, columns []string) (Reader, error)
}
