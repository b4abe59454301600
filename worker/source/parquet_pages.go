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

// pageStream reads the pages of a column chunk, checks and decompresses them
// and serves them, with new headers, as an uncompressed column chunk. Between
// the file and parquet-go it
//   - passes over pages before the rows asked for without decompressing them,
//     whether or not the file has an offset index;
//   - reads LZ4_RAW, where parquet-go keeps the buffer that it wrongly sized,
//     not the one that it decoded into, and on corrupt input never ends;
//   - bounds what a corrupt header makes parquet-go allocate.
//
// It is read from its beginning to its end, once.
type pageStream struct {
	src      io.ReaderAt
	codec    format.CompressionCodec
	at, end  int64 // of the pages not yet read, in src
	skip     int64 // rows still to pass over by whole pages; 0 once a page was served
	inside   int64 // rows to pass over in the first page served
	rows     int64 // rows of the pages not yet read
	protocol thrift.CompactProtocol

	raw    []byte // a page as stored
	page   []byte // a page as served, header first
	served int64  // bytes served before page
}

func newPageStream(src io.ReaderAt, m *format.ColumnMetaData, skip int64) *pageStream {
	start, length := chunkRange(m)
	return &pageStream{src: src, codec: m.Codec, at: start, end: start + length, skip: skip, rows: m.NumValues}
}

// ReadAt serves the bytes that follow those served before.
func (p *pageStream) ReadAt(b []byte, off int64) (int, error) {
	n := 0
	for n < len(b) {
		i := off + int64(n) - p.served
		if i < 0 {
			return n, fmt.Errorf("page stream read backwards, from %d to %d", p.served, off)
		}
		if i < int64(len(p.page)) {
			n += copy(b[n:], p.page[i:])
			continue
		}
		if n > 0 {
			return n, nil // bufio and io.ReadFull come back for the rest
		}
		p.served += int64(len(p.page))
		p.page = p.page[:0]
		if err := p.next(); err != nil {
			return n, err
		}
	}
	return n, nil
}

// next prepares the following page that holds rows asked for, or a dictionary.
func (p *pageStream) next() error {
	for p.rows > 0 {
		header, body, err := p.header()
		if err != nil {
			return err
		}
		p.at = body + int64(header.CompressedPageSize)
		rows := pageRows(header)
		if rows > p.rows {
			return fmt.Errorf("a page of %d values where %d are left", rows, p.rows)
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
		return p.serve(header, body)
	}
	return io.EOF
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
		b := p.grow(&p.raw, int(min(size, p.end-p.at)))
		if n, err := p.src.ReadAt(b, p.at); n < len(b) {
			return nil, 0, fmt.Errorf("page at byte %d: %w", p.at, noEOF(err))
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

// serve decompresses the page and puts it behind a header that says so.
func (p *pageStream) serve(h *format.PageHeader, body int64) error {
	raw := p.grow(&p.raw, int(h.CompressedPageSize))
	if n, err := p.src.ReadAt(raw, body); n < len(raw) {
		return noEOF(err)
	}
	if h.CRC != 0 && crc32.ChecksumIEEE(raw) != uint32(h.CRC) {
		return fmt.Errorf("page at byte %d: checksum does not match", body)
	}
	plain, compressed := 0, p.codec != format.Uncompressed
	if h.Type == format.DataPageV2 {
		v := &h.DataPageHeaderV2.V
		plain = int(v.RepetitionLevelsByteLength + v.DefinitionLevelsByteLength)
		compressed = compressed && (!v.IsCompressed.Valid || v.IsCompressed.V)
		v.IsCompressed = thrift.New(false)
		v.Statistics = format.Statistics{}
	}
	h.DataPageHeader.V.Statistics = format.Statistics{}
	if !compressed {
		h.UncompressedPageSize = h.CompressedPageSize
	}
	h.CompressedPageSize, h.CRC = h.UncompressedPageSize, 0
	header, err := thrift.Marshal(&p.protocol, h)
	if err != nil {
		return err
	}
	size := len(header) + int(h.UncompressedPageSize)
	out := append(p.grow(&p.page, size)[:0], header...)
	out = append(out, raw[:plain]...)
	if !compressed {
		p.page = append(out, raw[plain:]...)
		return nil
	}
	data, err := decompress(p.codec, out[len(out):size], raw[plain:])
	if err != nil {
		return fmt.Errorf("page at byte %d: %w", body, err)
	}
	p.page = append(out, data...) // in place when decompress used the room
	return nil
}

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

// grow returns *b with a length of n, keeping nothing.
func (p *pageStream) grow(b *[]byte, n int) []byte {
	if cap(*b) < n {
		*b = make([]byte, n)
	}
	*b = (*b)[:n]
	return *b
}

// noEOF is for ends where more should be.
func noEOF(err error) error {
	if err == nil || err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
