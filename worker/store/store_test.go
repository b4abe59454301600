package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/headwater-dev/headwater/worker/store"
	"github.com/headwater-dev/headwater/worker/store/storetest"
	"github.com/headwater-dev/headwater/worker/wire"
)

func TestMain(m *testing.M) {
	code := m.Run()
	storetest.Clean()
	if err := goleak.Find(); err != nil && code == 0 {
		os.Stderr.WriteString(err.Error())
		code = 1
	}
	os.Exit(code)
}

// content is n bytes that do not repeat.
func content(n int) []byte {
	b := make([]byte, n)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(b) // never fails
	return b
}

// write writes in odd pieces.
func write(t *testing.T, f store.File, data []byte) {
	t.Helper()
	for len(data) > 0 {
		n := min(len(data), 777_777)
		if _, err := f.Write(data[:n]); err != nil {
			t.Fatal(err)
		}
		data = data[n:]
	}
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func TestLocal(t *testing.T) {
	folder := t.TempDir()
	place := &wire.PartPlace{Folder: folder, Out: "out", Token: "x"}
	var w store.Writers
	create := func(p *wire.PartPlace, name string) (store.File, error) { return w.Create(t.Context(), p, name) }
	// A folder that does not exist here, or is another one.
	for _, token := range []string{"", "y"} {
		if token != "" {
			if err := os.WriteFile(filepath.Join(folder, wire.TokenFile), []byte(token), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := create(place, "p"); !errors.Is(err, store.ErrOutOfReach) {
			t.Fatalf("token %q: %v", token, err)
		}
	}
	place.Token = "y"
	name := store.PartName(3, "term-1")
	f, err := create(place, name)
	if err != nil {
		t.Fatal(err)
	}
	data := content(3 << 20)
	write(t, f, data)
	left, err := f.Close()
	if err != nil || left.Name != name || left.Bytes != int64(len(data)) || left.SHA256 != sum(data) {
		t.Fatalf("%+v, %v", left, err)
	}
	if got, err := os.ReadFile(filepath.Join(folder, name)); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%d bytes: %v", len(got), err)
	}
	if _, err := create(place, name); err == nil || errors.Is(err, store.ErrOutOfReach) {
		t.Errorf("a file that is there was overwritten: %v", err)
	}
	other, err := create(place, store.PartName(3, "term-2"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, other, data)
	if err := errors.Join(other.Abort(), other.Abort()); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(folder, "part-*")); err != nil || len(left) != 1 {
		t.Errorf("there is %v: %v", left, err)
	}
	// The coordinator has gone, and the folder with it: no file comes back.
	late, err := create(place, store.PartName(4, "term-1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	write(t, late, data)
	if _, err := late.Close(); err != nil {
		t.Error(err) // its file is no more than an open descriptor
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("a late worker made the folder anew")
	}
}

func TestParse(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL_S3", "")
	t.Setenv("AWS_ENDPOINT_URL", "http://localhost:9000")
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "eu-central-1")
	b, err := store.Parse("s3://customers/july/assigned")
	if want := (wire.Bucket{Endpoint: "http://localhost:9000", Region: "eu-central-1", Name: "customers", Prefix: "july/assigned/"}); err != nil || *b != want {
		t.Errorf("%+v, %v", b, err)
	}
	for _, name := range []string{"s3://", "s3://customers", "s3://customers//", "out/"} {
		if _, err := store.Parse(name); err == nil || !strings.Contains(err.Error(), "s3://BUCKET/PREFIX/") {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Setenv("AWS_ENDPOINT_URL", "localhost:9000")
	if _, err := store.Parse("s3://customers/july"); err == nil || !strings.Contains(err.Error(), "AWS_ENDPOINT_URL") {
		t.Error(err)
	}
}

// TestBucket: an upload of several pieces appears only when the coordinator
// completes it, from another connection; one thrown away leaves nothing.
func TestBucket(t *testing.T) {
	server := storetest.Start(t)
	at, err := store.Parse("s3://" + storetest.Bucket + "/july/assigned/")
	if err != nil {
		t.Fatal(err)
	}
	b, err := store.Dial(at)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var w store.Writers
	defer w.Close()
	place := &wire.PartPlace{Bucket: at}
	name := store.PartName(0, "term-1")
	f, err := w.Create(t.Context(), place, name)
	if err != nil {
		t.Fatal(err)
	}
	data := content(20 << 20)
	write(t, f, data)
	left, err := f.Close()
	if err != nil || left.Bytes != int64(len(data)) || left.SHA256 != sum(data) || len(left.ETags) != 3 {
		t.Fatalf("%+v, %v", left, err)
	}
	object := filepath.Join(server.Objects, "july/assigned", name)
	if _, err := os.Stat(object); err == nil {
		t.Error("what nobody completed is visible")
	}
	// One that is stopped in its second piece.
	ctx, cancel := context.WithCancel(t.Context())
	stopped, err := w.Create(ctx, place, store.PartName(0, "term-2"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, stopped, data[:12<<20])
	cancel()
	if _, err := stopped.Write(data); err == nil {
		t.Error("an upload goes on after its end")
	}
	if open, err := b.Uploads(t.Context(), "part-"); err != nil || len(open) != 2 {
		t.Fatalf("%v: %v", open, err)
	}
	if err := stopped.Abort(); err != nil {
		t.Fatal(err)
	}
	if open, err := b.Uploads(t.Context(), "part-"); err != nil || len(open) != 1 || open[0].Name != name {
		t.Fatalf("%v: %v", open, err)
	}
	for range 2 { // as where the first answer is lost
		if err := b.Complete(t.Context(), left); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(object); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%d bytes: %v", len(got), err)
	}
	if err := b.Discard(t.Context(), left.Name, left.Upload); err != nil {
		t.Error(err)
	}
	copied := filepath.Join(t.TempDir(), "copy")
	if err := b.Get(t.Context(), name, copied); err != nil {
		t.Fatal(err)
	}
	// Only over the object that was there.
	small := filepath.Join(t.TempDir(), "small")
	if err := os.WriteFile(small, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	none, etag := "", ""
	for i, want := range []error{nil, store.ErrTaken} {
		if err := b.Put(t.Context(), "manifest.json", small, &none); !errors.Is(err, want) {
			t.Errorf("put %d: %v", i, err)
		}
	}
	listed, err := b.List(t.Context(), "manifest", 0)
	if err != nil || len(listed) != 1 {
		t.Fatal(listed, err)
	}
	if etag = listed[0].ETag; b.Put(t.Context(), "manifest.json", copied, &etag) != nil {
		t.Error("the object of that ETag cannot be replaced")
	}
	if err := b.Put(t.Context(), "manifest.json", small, &etag); !errors.Is(err, store.ErrTaken) {
		t.Errorf("another object was replaced: %v", err)
	}
	if data, err := b.Read(t.Context(), "none"); data != nil || err != nil {
		t.Error(data, err)
	}
	if listed, err := b.List(t.Context(), "", 1); err != nil || len(listed) != 1 {
		t.Error(listed, err)
	}
}

// TestBucketRefuses says what is wrong.
func TestBucketRefuses(t *testing.T) {
	storetest.Start(t)
	list := func(name string) error {
		at, err := store.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := store.Dial(at)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		var w store.Writers
		defer w.Close()
		if _, err := w.Create(t.Context(), &wire.PartPlace{Bucket: at}, "part"); !errors.Is(err, store.ErrOutOfReach) {
			t.Errorf("%s: %v", name, err)
		}
		_, err = b.List(t.Context(), "", 1)
		return err
	}
	if err := list("s3://nobodys/x"); err == nil || !strings.Contains(err.Error(), `there is no bucket "nobodys"`) {
		t.Error(err)
	}
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wrong")
	if err := list("s3://" + storetest.Bucket + "/x"); err == nil || !strings.Contains(err.Error(), "check the keys") {
		t.Error(err)
	}
}
