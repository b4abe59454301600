package source

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"unicode/utf8"
)

const (
	windowBytes = 256 << 10 // small enough to stay in a core's cache while it is split and copied
	maxRecord   = 64 << 20  // bytes; a longer record is an unclosed quote or not CSV
)

// scanner splits CSV text into records and fields. It reads what encoding/csv
// reads with LazyQuotes off: blank lines are passed over, lines end in LF or
// CRLF, a quoted field may hold delimiters, doubled quotes and line ends (CRLF
// becomes LF), and a quote anywhere else is a fault. That strictness is what
// makes the parity of quotes tell whether a byte lies inside a quoted field.
type scanner struct {
	src     io.ReaderAt
	size    int64 // bytes of src
	delim   byte
	quote   byte
	quoting bool

	window []byte // a part of src
	base   int64  // offset in src of window[0]
	pos    int    // in window, of the record last read, or of the next byte to read
	length int    // bytes of the record last read, its line end included
	fields []span // of the record last read, relative to pos
}

// span is a field inside a record, without its quotes.
type span struct {
	start, end int
	escaped    bool // holds doubled quotes or line ends
}

// fault is a record that breaks the rules of CSV.
type fault struct {
	at     int64 // offset of the offending byte
	reason string
	remedy string

	unclosed bool // a quote without its other
}

func (f *fault) Error() string { return f.reason + "; " + f.remedy }

func newScanner(src io.ReaderAt, size, start int64, d *Dialect) *scanner {
	s := &scanner{src: src, size: size, base: start, delim: d.Delimiter[0]}
	if d.Quote != "" {
		s.quoting, s.quote = true, d.Quote[0]
	}
	return s
}

// offset returns where the record last read begins, or, before the first, where
// reading begins.
func (s *scanner) offset() int64 { return s.base + int64(s.pos) }

// after returns where the record last read ends.
func (s *scanner) after() int64 { return s.base + int64(s.pos+s.length) }

// next reads a record into fields. It returns io.EOF at the end of the text and
// a *fault for a record that is not CSV.
func (s *scanner) next() error {
	s.pos += s.length
	s.length = 0
	for {
		end, next, err := s.lineEnd(0)
		if err != nil {
			return err
		}
		if end > 0 {
			return s.split(end, next)
		}
		s.pos += next
	}
}

// lineEnd finds the end of the line that begins from bytes after pos: end is
// where its text stops and next where the following line begins, both relative
// to pos. It returns io.EOF when no byte is left.
func (s *scanner) lineEnd(from int) (end, next int, err error) {
	searched := from
	for {
		if i := bytes.IndexByte(s.window[s.pos+searched:], '\n'); i >= 0 {
			end = searched + i
			next = end + 1
			break
		}
		searched = len(s.window) - s.pos
		if s.base+int64(len(s.window)) >= s.size {
			if searched == from {
				return 0, 0, io.EOF
			}
			end, next = searched, searched
			break
		}
		if err := s.fill(); err != nil {
			return 0, 0, err
		}
	}
	if end > from && s.window[s.pos+end-1] == '\r' {
		end--
	}
	return end, next, nil
}

// fill reads more of src behind the window, after moving pos to its front.
func (s *scanner) fill() error {
	kept := copy(s.window, s.window[s.pos:])
	s.base += int64(s.pos)
	s.pos = 0
	s.window = s.window[:kept]
	if kept > maxRecord {
		return &fault{at: s.base, reason: fmt.Sprintf("a record longer than %d MiB", maxRecord>>20), remedy: s.quoteRemedy()}
	}
	if cap(s.window) < kept+windowBytes/2 {
		grown := make([]byte, kept, max(windowBytes, 2*cap(s.window)))
		copy(grown, s.window)
		s.window = grown
	}
	want := min(int64(cap(s.window)-kept), s.size-s.base-int64(kept))
	n, err := s.src.ReadAt(s.window[kept:kept+int(want)], s.base+int64(kept))
	s.window = s.window[:kept+n]
	if int64(n) < want {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("at byte %d: %w", s.base+int64(kept+n), err)
	}
	return nil
}

// split cuts the record that begins at pos into fields. Its first line ends at
// end, and the following one begins at next.
func (s *scanner) split(end, next int) error {
	s.fields = s.fields[:0]
	rec := s.window[s.pos:]
	i := 0
	if !s.quoting || bytes.IndexByte(rec[:end], s.quote) < 0 {
		s.splitBare(rec[:end])
		s.length = next
		return nil
	}
	for {
		stop := end
		if i < end && rec[i] == s.quote {
			field, e, n, err := s.quoted(i, end, next)
			if err != nil {
				return err
			}
			s.fields = append(s.fields, field)
			rec, end, next = s.window[s.pos:], e, n
			stop = field.end + 1
			if stop < end && rec[stop] != s.delim {
				return s.faultAt(stop, "text after the closing quote of a field")
			}
		} else {
			if j := bytes.IndexByte(rec[i:end], s.delim); j >= 0 {
				stop = i + j
			}
			if j := bytes.IndexByte(rec[i:stop], s.quote); j >= 0 {
				return s.faultAt(i+j, "a quote inside an unquoted field")
			}
			s.fields = append(s.fields, span{start: i, end: stop})
		}
		if stop == end {
			s.length = next
			return nil
		}
		i = stop + 1
	}
}

// splitBare cuts a line without quotes at its delimiters, eight bytes at a time:
// fields are mostly shorter than a call of bytes.IndexByte is worth.
func (s *scanner) splitBare(line []byte) {
	const low, ones = 0x7f7f7f7f7f7f7f7f, 0x0101010101010101
	pattern := uint64(s.delim) * ones
	fields, from, i := s.fields, 0, 0
	for ; i+8 <= len(line); i += 8 {
		x := binary.LittleEndian.Uint64(line[i:]) ^ pattern
		// The top bit of each byte of hits is set where x has a zero byte.
		for hits := ^((x&low + low) | x | low); hits != 0; hits &= hits - 1 {
			at := i + bits.TrailingZeros64(hits)/8
			fields = append(fields, span{start: from, end: at})
			from = at + 1
		}
	}
	for ; i < len(line); i++ {
		if line[i] == s.delim {
			fields = append(fields, span{start: from, end: i})
			from = i + 1
		}
	}
	s.fields = append(fields, span{start: from, end: len(line)})
}

// quoted reads the quoted field whose opening quote is at open, over as many
// lines as it takes, and returns the end and next of its last line.
func (s *scanner) quoted(open, end, next int) (field span, e, n int, err error) {
	field.start = open + 1
	i := open + 1
	for {
		rec := s.window[s.pos:]
		j := bytes.IndexByte(rec[i:end], s.quote)
		if j < 0 {
			field.escaped = true
			i = next
			end, next, err = s.lineEnd(next)
			if err == io.EOF {
				f := s.faultAt(open, "a quote is opened here and never closed")
				f.unclosed = true
				return field, 0, 0, f
			}
			if err != nil {
				var f *fault
				if errors.As(err, &f) {
					f.at += int64(open)
				}
				return field, 0, 0, err
			}
			continue
		}
		i += j + 1
		if i < end && rec[i] == s.quote {
			field.escaped = true
			i++
			continue
		}
		field.end = i - 1
		return field, end, next, nil
	}
}

func (s *scanner) faultAt(i int, reason string) *fault {
	return &fault{at: s.base + int64(s.pos+i), reason: reason, remedy: s.quoteRemedy()}
}

func (s *scanner) quoteRemedy() string {
	if !s.quoting {
		return "give the right --delimiter or --encoding"
	}
	return fmt.Sprintf("double the quote, or read quotes as text with --quote none (now %q)", s.quote)
}

// check returns a fault unless the record last read has want fields in valid
// UTF-8.
func (s *scanner) check(want int) error {
	rec := s.window[s.pos : s.pos+s.length]
	if len(s.fields) != want {
		return &fault{
			at:     s.offset(),
			reason: fmt.Sprintf("%d fields expected, %d found", want, len(s.fields)),
			remedy: fmt.Sprintf("mend the line, or give the right --delimiter (now %q)", s.delim),
		}
	}
	if utf8.Valid(rec) {
		return nil
	}
	return s.notUTF8(rec)
}

func (s *scanner) notUTF8(rec []byte) error {
	at := 0
	for at < len(rec) {
		r, n := utf8.DecodeRune(rec[at:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	column := 0
	for column < len(s.fields)-1 && at >= s.fields[column+1].start {
		column++
	}
	return &fault{
		at:     s.offset() + int64(at),
		reason: fmt.Sprintf("column %d is not valid UTF-8 (byte 0x%02X)", column+1, rec[at]),
		remedy: "name the encoding with --encoding, e.g. gb18030, windows-1252 or utf-16",
	}
}

// appendField appends the text of a field to dst: without its quotes, doubled
// quotes made single and CRLF made LF.
func (s *scanner) appendField(dst []byte, f span) []byte {
	text := s.window[s.pos+f.start : s.pos+f.end]
	if !f.escaped {
		return append(dst, text...)
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == s.quote || (c == '\r' && i+1 < len(text) && text[i+1] == '\n') {
			i++
			c = text[i]
		}
		dst = append(dst, c)
	}
	return dst
}

// text returns field i of the record last read.
func (s *scanner) text(i int) string { return string(s.appendField(nil, s.fields[i])) }
