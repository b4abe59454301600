package wire

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/headwater-dev/headwater/worker/source"
)

func FuzzMessages(f *testing.F) {
	for _, seed := range []string{
		`{"term":"a.1","assign":{"key":{"round":1,"attempt":1,"assignment":1},"op":"count","params":{"size":0},"units":[0,1]}}`,
		`{"term":"a.1","forget":{"round":1}}`, `{"drop":{"shard":1,"delivery":2},"retire":{}}`,
		`{"worker":"w","join":{"version":"1"}}`, `{"worker":"w","answer":{"partial":{"size":3,"inline":"AAAA"}}}`,
		`{"worker":"w","answer":{"partial":{"size":-1}}}`, `{"reader":"r","split":{"file":1},"columns":["a"],"seq":3}`, `[]`, `{`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if m, err := parseToWorker(data); err == nil && m.Assign != nil {
			if a := m.Assign; len(a.Splits) > 0 && len(a.Splits) != len(a.Units) || a.Params.check() != nil {
				t.Errorf("taken: %+v", m.Assign)
			}
		}
		if m, err := parseToCoordinator(data); err == nil {
			if m.Worker == "" || m.Answer != nil && m.Answer.Partial.check() != nil {
				t.Errorf("taken: %+v", m)
			}
		}
		if q, err := parseShipRequest(data); err == nil && (q.Seq < 0 || q.Reader == "") {
			t.Errorf("taken: %+v", q)
		}
	})
}

// FuzzChunk: a damaged chunk is an error, never rows.
func FuzzChunk(f *testing.F) {
	whole, err := encodeChunk(shipHeader{Seq: 1, Marks: []source.Mark{{Row: 1, Offset: 2}}}, []byte("body"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		h, body, err := decodeChunk(data)
		if err != nil {
			return
		}
		again, err := encodeChunk(h, body)
		if err != nil {
			t.Fatal(err)
		}
		if h2, body2, err := decodeChunk(again); err != nil || h2.Seq != h.Seq || !bytes.Equal(body, body2) {
			t.Errorf("%+v, %v", h2, err)
		}
	})
}

// FuzzBatches: what passes the checksum and still is no IPC stream is an
// error, never a panic.
func FuzzBatches(f *testing.F) {
	var stream bytes.Buffer
	r := &textReader{x: &texts{width: 10, batches: 5}, end: 20}
	rec, err := r.Next(context.Background())
	if err != nil {
		f.Fatal(err)
	}
	w := ipc.NewWriter(&stream, ipc.WithSchema(rec.Schema()), ipc.WithLZ4())
	if err := w.Write(rec); err != nil {
		f.Fatal(err)
	}
	f.Add(stream.Bytes())
	f.Add(stream.Bytes()[:stream.Len()/2])
	f.Add([]byte("not a stream"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := &shipReader{body: data, end: true}
		for range 100 {
			rec, err := r.Next(context.Background())
			if err == io.EOF || err != nil {
				return
			}
			rec.Release()
		}
	})
}

func FuzzDecode(f *testing.F) {
	data, err := Encode(CountParams{Order: 2, Items: []Item{{1, 2}}, Survivors: [][]uint64{{3}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		var p CountParams
		_ = Decode(data, &p) // an error or not, but no panic
	})
}
