package wire

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/headwater-dev/headwater/worker/source"
)

// Shipping moves a split's record batches from the coordinator to a worker
// that cannot open the source. The coordinator writes them as Arrow IPC
// streams (LZ4) and cuts the bytes into chunks that fit a message; the worker
// asks for the chunks by number, several at a time. Asking again for the last
// few chunks is allowed, so that a lost reply costs nothing but time.

const (
	// shipAhead is how many chunks a worker asks for beyond the one it reads.
	shipAhead = 4
	// shipKept is how many chunks the coordinator keeps of a reader, to give
	// them again: no fewer than can be outstanding.
	shipKept = 2 * shipAhead
	// shipChunk bounds a chunk in bytes: with shipKept and shipReaders it bounds
	// the coordinator's memory to some 130 MiB beside one batch a reader.
	shipChunk = 1 << 20
	// shipReaders bounds the splits that are read at once; further workers wait.
	shipReaders = 16
)

// shipRequest asks for chunk Seq of what the named reader reads; the first
// request for a reader opens it.
type shipRequest struct {
	Reader  string       `json:"reader"`
	Split   source.Split `json:"split"`
	Columns []string     `json:"columns"`
	Seq     int          `json:"seq"` // from 0
	Close   bool         `json:"close,omitempty"`
}

func parseShipRequest(data []byte) (r shipRequest, err error) {
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("request for rows: %w", err)
	}
	if r.Reader == "" || r.Seq < 0 {
		return r, errors.New("request for rows without a reader or with a negative number")
	}
	return r, nil
}

// shipHeader goes before the bytes of a chunk.
type shipHeader struct {
	Seq     int           `json:"seq"`
	End     bool          `json:"end,omitempty"`   // nothing follows
	Marks   []source.Mark `json:"marks,omitempty"` // passed since the chunk before
	Busy    bool          `json:"busy,omitempty"`  // too many readers: ask again
	Failure *Failure      `json:"failure,omitempty"`
}

// encodeChunk makes a reply: CRC-32C of the rest, length of the header, header
// as JSON, bytes.
func encodeChunk(h shipHeader, body []byte) ([]byte, error) {
	head, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 8, 8+len(head)+len(body))
	binary.LittleEndian.PutUint32(out[4:], uint32(len(head)))
	out = append(append(out, head...), body...)
	binary.LittleEndian.PutUint32(out, crc32.Checksum(out[4:], castagnoli))
	return out, nil
}

var errChunk = errors.New("a chunk of rows arrived damaged")

func decodeChunk(data []byte) (h shipHeader, body []byte, err error) {
	if len(data) < 8 || crc32.Checksum(data[4:], castagnoli) != binary.LittleEndian.Uint32(data) {
		return h, nil, errChunk
	}
	n := binary.LittleEndian.Uint32(data[4:])
	if uint64(n) > uint64(len(data)-8) {
		return h, nil, errChunk
	}
	if err := json.Unmarshal(data[8:8+n], &h); err != nil {
		return h, nil, fmt.Errorf("%w: %w", errChunk, err)
	}
	return h, data[8+n:], nil
}

// ReadError is an error of the source that the coordinator met while reading
// for a worker.
type ReadError struct {
	Message string
	Again   bool // reading again may succeed
}

func (e *ReadError) Error() string { return e.Message }

// Is makes an error that may pass a Transient one.
func (e *ReadError) Is(target error) bool { return e.Again && target == context.Canceled }
