package source

import (
	"fmt"
	"hash/crc32"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// pageStream reads the pages of a column chunk from its beginning to its end,
// checks and decompresses them. Pages before the rows asked for are passed over
// without decompressing them, whether or not the file has an offset index. What
// a corrupt header can make it allocate is bounded.
type pageStream struct {
	src      io.ReaderAt
	codec    format.CompressionCodec
	at, end  int64 // of the pages not yet read, in src
	skip     int64 // rows still to pass over by whole pages; 0 once a page was read
	inside   int64 // rows to pass over in the first page read
	rows     int64 // rows of the pages not yet read
	protocol thrift.CompactProtocol

	room     *pageRoom
	windowAt int64 // offset in src of room.window[0]
}

// storedPage is a page, decompressed, its values still encoded. Its memory is
// the stream's and is used again for the next page.
type storedPage struct {
	dictionary bool
	rows       int // values, missing ones included
	levels     []byte
	complete   bool // no value is missing, whatever levels say
	prefixed   bool // levels and values are not yet told apart: levels come first, after their length
	bits       format.Encoding
	encoding   format.Encoding
	values     []byte
}

func newPageStream(src io.ReaderAt, m *format.ColumnMetaData, skip int64) *pageStream {
	start, length := chunkRange(m)
	return &pageStream{src: src, codec: m.Codec, at: start, end: start + length, skip: skip, rows: m.NumValues, room: takeRoom()}
}

func (p *pageStream) close() {
	p.room.giveBack()
	p.room = nil
}

// next reads the following page that holds rows asked for, or a dictionary.
func (p *pageStream) next() (storedPage, error) {
	for p.rows > 0 {
		header, body, err := p.header()
		if err != nil {
			return storedPage{}, err
		}
		p.at = body + int64(header.CompressedPageSize)
		rows := pageRows(header)
		if rows > p.rows {
			return storedPage{}, fmt.Errorf("a page of %d values where %d are left", rows, p.rows)
		}
		p.rows -= rows
		switch {
		case header.Type == format.IndexPage:
			continue
		case header.Type != format.DictionaryPage && rows <= p.skip:
			p.skip -= rows
			continue
		}
		if header.Type != format.DictionaryPage {
			p.inside, p.skip = p.inside+p.skip, 0
		}
		return p.read(header, body)
	}
	return storedPage{}, io.EOF
}

func pageRows(h *format.PageHeader) int64 {
	switch h.Type {
	case format.DataPage:
		return int64(h.DataPageHeader.V.NumValues)
	case format.DataPageV2:
		return int64(h.DataPageHeaderV2.V.NumValues)
	}
	return 0
}

// header reads and checks the page header at p.at and returns where the body
// begins.
func (p *pageStream) header() (*format.PageHeader, int64, error) {
	for _, size := range []int64{512, 64 << 10, 16 << 20} {
		b, err := p.stored(p.at, int(min(size, p.end-p.at)))
		if err != nil {
			return nil, 0, fmt.Errorf("page at byte %d: %w", p.at, err)
		}
		h := new(format.PageHeader)
		r := p.protocol.NewReaderFromBytes(b)
		if err := thrift.NewDecoder(r).Decode(h); err != nil {
			if size < p.end-p.at && size < 16<<20 {
				continue // statistics make long headers
			}
			return nil, 0, fmt.Errorf("page at byte %d: %w", p.at, noEOF(err))
		}
		body := p.at + int64(r.BytesRead())
		if err := p.checkHeader(h, body); err != nil {
			return nil, 0, fmt.Errorf("page at byte %d: %w", p.at, err)
		}
		return h, body, nil
	}
	return nil, 0, fmt.Errorf("page at byte %d: no header", p.at)
}

const maxPage = 1 << 30 // bytes; writers make pages of about 1 MiB

func (p *pageStream) checkHeader(h *format.PageHeader, body int64) error {
	valid := true
	switch h.Type {
	case format.DataPage:
		valid = h.DataPageHeader.Valid && h.DataPageHeader.V.NumValues >= 0
	case format.DictionaryPage:
		valid = h.DictionaryPageHeader.Valid && h.DictionaryPageHeader.V.NumValues >= 0 &&
			h.DictionaryPageHeader.V.NumValues <= max(8*h.UncompressedPageSize, 0)
	case format.DataPageV2:
		v := &h.DataPageHeaderV2.V
		valid = h.DataPageHeaderV2.Valid && v.NumValues >= 0 && v.NumNulls >= 0 && v.NumNulls <= v.NumValues &&
			v.RepetitionLevelsByteLength >= 0 && v.DefinitionLevelsByteLength >= 0 &&
			int64(v.RepetitionLevelsByteLength)+int64(v.DefinitionLevelsByteLength) <= int64(min(h.CompressedPageSize, h.UncompressedPageSize))
	case format.IndexPage:
	default:
		return fmt.Errorf("unknown page type %d", h.Type)
	}
	switch size := int64(h.CompressedPageSize); {
	case !valid, size < 0, h.UncompressedPageSize < 0, h.UncompressedPageSize > maxPage:
		return fmt.Errorf("corrupt page header")
	case size > p.end-body:
		return fmt.Errorf("a page of %d bytes where %d are left", size, p.end-body)
	}
	return nil
}

// read reads the page and decompresses it.
func (p *pageStream) read(h *format.PageHeader, body int64) (page storedPage, err error) {
	raw, err := p.stored(body, int(h.CompressedPageSize))
	if err != nil {
		return page, err
	}
	if h.CRC != 0 && crc32.ChecksumIEEE(raw) != uint32(h.CRC) {
		return page, fmt.Errorf("page at byte %d: checksum does not match", body)
	}
	plain, compressed := 0, p.codec != format.Uncompressed
	switch h.Type {
	case format.DictionaryPage:
		d := &h.DictionaryPageHeader.V
		page = storedPage{dictionary: true, rows: int(d.NumValues), encoding: d.Encoding}
	case format.DataPage:
		d := &h.DataPageHeader.V
		page = storedPage{rows: int(d.NumValues), prefixed: true, bits: d.DefinitionLevelEncoding, encoding: d.Encoding}
	default:
		d := &h.DataPageHeaderV2.V
		plain = int(d.RepetitionLevelsByteLength + d.DefinitionLevelsByteLength)
		compressed = compressed && (!d.IsCompressed.Valid || d.IsCompressed.V)
		page = storedPage{rows: int(d.NumValues), complete: d.NumNulls == 0, bits: format.RLE, encoding: d.Encoding}
		page.levels = raw[d.RepetitionLevelsByteLength:plain]
	}
	page.values = raw[plain:]
	if !compressed {
		return page, nil
	}
	room := grown(&p.room.plain, int(h.UncompressedPageSize)-plain)
	if page.values, err = decompress(p.codec, room, page.values); err != nil {
		return page, fmt.Errorf("page at byte %d: %w", body, err)
	}
	return page, nil
}

// stored returns n bytes of the file, of the chunk, which stay valid until the
// next call. It reads more at a time than it is asked for.
func (p *pageStream) stored(at int64, n int) ([]byte, error) {
	window := p.room.window
	if i := at - p.windowAt; i >= 0 && i+int64(n) <= int64(len(window)) {
		return window[i:][:n], nil
	}
	window = grown(&p.room.window, int(min(int64(max(n, readBytes)), p.end-at)))
	p.windowAt = at
	if read, err := p.src.ReadAt(window, at); read < len(window) {
		p.room.window = window[:0]
		return nil, noEOF(err)
	}
	return window[:n], nil
}

// readBytes is what is read of a chunk at a time, in bytes, or a page where that
// is longer.
const readBytes = 256 << 10

// decompress fills exactly dst.
func decompress(codec format.CompressionCodec, dst, src []byte) ([]byte, error) {
	if len(dst) == 0 {
		return nil, nil
	}
	var out []byte
	var err error
	switch codec {
	case format.Lz4Raw:
		var n int
		n, err = lz4.UncompressBlock(src, dst)
		out = dst[:max(n, 0)]
	case format.Snappy, format.Gzip, format.Brotli, format.Zstd:
		out, err = parquet.LookupCompressionCodec(codec).Decode(dst, src)
	default:
		return nil, fmt.Errorf("compressed with %v, which cannot be read; write the file with zstd, snappy or lz4_raw", codec)
	}
	if err != nil {
		return nil, fmt.Errorf("corrupt %v data: %w", codec, err)
	}
	if len(out) != len(dst) {
		return nil, fmt.Errorf("corrupt %v data: %d bytes decompressed, %d expected", codec, len(out), len(dst))
	}
	return out, nil
}

// noEOF is for ends where more should be.
func noEOF(err error) error {
	if err == nil || err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
