package source

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

var extensions = map[string]Format{
	".csv": CSV, ".tsv": CSV, ".tab": CSV, ".psv": CSV, ".txt": CSV, ".data": CSV,
	".parquet": Parquet, ".pq": Parquet,
	".arrow": Arrow, ".arrows": Arrow, ".feather": Arrow, ".ipc": Arrow,
}

var compressions = map[string]string{".gz": "gzip", ".gzip": "gzip", ".zst": "zstd", ".zstd": "zstd"}

var (
	magicParquet   = []byte("PAR1")
	magicEncrypted = []byte("PARE")
	magicArrow     = []byte("ARROW1")
	magicGzip      = []byte{0x1f, 0x8b}
	magicZstd      = []byte{0x28, 0xb5, 0x2f, 0xfd}
	markUTF16LE    = []byte{0xff, 0xfe}
	markUTF16BE    = []byte{0xfe, 0xff}
)

// headBytes are enough of a file to tell its format.
const headBytes = 4096

// detectFormat tells the format of a file by its extension and, where that is
// unknown, by its first bytes: text is CSV.
func detectFormat(name string, head []byte) (Format, error) {
	if f, ok := extensions[strings.ToLower(filepath.Ext(name))]; ok {
		return f, nil
	}
	switch {
	case bytes.HasPrefix(head, magicParquet), bytes.HasPrefix(head, magicEncrypted):
		return Parquet, nil
	case bytes.HasPrefix(head, magicArrow), arrowStream(head):
		return Arrow, nil
	case bytes.IndexByte(head, 0) < 0, utf16Name(head) != "":
		return CSV, nil
	}
	return "", fmt.Errorf("%s: neither CSV text nor Parquet nor Arrow IPC; give the format if it is one of them", name)
}

// arrowStream reports whether the bytes begin an Arrow IPC stream: the
// continuation marker and the length of a schema message.
func arrowStream(head []byte) bool {
	if len(head) < 8 || binary.LittleEndian.Uint32(head) != 0xFFFFFFFF {
		return false
	}
	n := int32(binary.LittleEndian.Uint32(head[4:]))
	return n > 0 && n < 64<<20
}

// compression tells how a file is compressed, by its first bytes, and its name
// without the extension that says so.
func compression(name string, head []byte) (kind, plainName string) {
	ext := filepath.Ext(name)
	plainName = name
	if _, ok := compressions[strings.ToLower(ext)]; ok {
		plainName = strings.TrimSuffix(name, ext)
	}
	switch {
	case bytes.HasPrefix(head, magicGzip):
		return "gzip", plainName
	case bytes.HasPrefix(head, magicZstd):
		return "zstd", plainName
	}
	return "", plainName
}

// utf16Name returns the encoding that a byte order mark of UTF-16 announces.
func utf16Name(head []byte) string {
	switch {
	case bytes.HasPrefix(head, markUTF16LE):
		return "utf-16le"
	case bytes.HasPrefix(head, markUTF16BE):
		return "utf-16be"
	}
	return ""
}

// bomLength returns the length of the UTF-8 byte order mark that begins src: 3
// or 0.
func bomLength(src io.ReaderAt) int64 {
	var head [3]byte
	if n, _ := src.ReadAt(head[:], 0); n == 3 && string(head[:]) == "\ufeff" {
		return 3
	}
	return 0
}
