package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/headwater-dev/headwater/coordinator"
	"github.com/headwater-dev/headwater/coordinator/engine"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/worker"
	"github.com/headwater-dev/headwater/worker/ops"
	"github.com/headwater-dev/headwater/worker/store"
	"github.com/headwater-dev/headwater/worker/store/storetest"
	"github.com/headwater-dev/headwater/worker/wire"
)

// segmented is a table of so many splits and the model of its segments.
func segmented(t *testing.T, splits int, rows string) (table, model string) {
	t.Helper()
	dir := t.TempDir()
	for i := range splits {
		mustRun(t, "gen", "--rows", rows, "--seed", strconv.Itoa(i), "--out", filepath.Join(dir, fmt.Sprintf("%02d.parquet", i)), "--quiet")
	}
	table = filepath.Join(dir, "*.parquet")
	mustRun(t, "segment", "--input", filepath.Join(dir, "00.parquet"), "--metric", "responded=yes", "--exclude", "revenue", "--out", filepath.Join(dir, "out"), "--quiet")
	return table, filepath.Join(dir, "out", "model.json")
}

// objects are the names of a bucket's objects below a prefix.
func objects(t *testing.T, server *storetest.Server, prefix string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(server.Objects, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir // the server's own
		}
		name, _ := filepath.Rel(server.Objects, path)
		if rest, ok := strings.CutPrefix(name, prefix+"/"); ok && err == nil && !d.IsDir() {
			names = append(names, rest)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// uploads are the names of the objects that nobody has completed.
func uploads(t *testing.T, out string) (names []string) {
	t.Helper()
	at, err := store.Parse(out)
	if err != nil {
		t.Fatal(err)
	}
	b, err := store.Dial(at)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	open, err := b.Uploads(t.Context(), "assignments/")
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range open {
		names = append(names, u.Name)
	}
	return names
}

// compareWithLocal holds a folder of a bucket's objects against that of a local
// job: everything is the same, but that parts are named by their term.
func compareWithLocal(t *testing.T, folder, local string) {
	t.Helper()
	got, want := written(t, folder), written(t, local)
	var ours, theirs export.Manifest
	readJSON(t, &ours, folder, export.ManifestFile)
	readJSON(t, &theirs, local, export.ManifestFile)
	for i, part := range ours.Parts {
		name := "assignments/" + part.Name
		if got[name] != want["assignments/"+theirs.Parts[i].Name] {
			t.Errorf("%s differs from the part of the same split in a folder", name)
		}
		delete(got, name)
		delete(want, "assignments/"+theirs.Parts[i].Name)
		ours.Parts[i].Name = theirs.Parts[i].Name
	}
	for _, files := range []map[string]string{got, want} {
		delete(files, export.ManifestFile)
		delete(files, ".headwater.json") // lists the parts by name
	}
	if !slices.Equal(ours.Parts, theirs.Parts) || !maps.Equal(got, want) {
		t.Errorf("there are %q, a folder has %q", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

// TestAssignToBucket holds what is written to a bucket against a local folder,
// however the work is cut, and replaces it.
func TestAssignToBucket(t *testing.T) {
	server := storetest.Start(t)
	table, model := segmented(t, 4, "10000")
	local := filepath.Join(t.TempDir(), "local")
	args := []string{"assign", "--model", model, "--input", table, "--audiences", "csv", "--quiet", "--out"}
	mustRun(t, append(args, local)...)
	out := "s3://" + storetest.Bucket + "/july/assigned/"
	folder := filepath.Join(server.Objects, "july/assigned")
	mustRun(t, append(args, out, "--workers", "3")...)
	compareWithLocal(t, folder, local)
	var run struct{ Engine engine.Stats }
	readJSON(t, &run, folder, "run.json")
	if parts := len(written(t, folder)["assignments/manifest.json"]); run.Engine.Pulled > 10*int64(parts) {
		t.Errorf("%d bytes came to the coordinator, so the parts did", run.Engine.Pulled)
	}
	first := objects(t, server, "july/assigned")

	var stdout, stderr bytes.Buffer
	if code := execute(append(args, out), &stdout, &stderr); code != exitFailed || !strings.Contains(stderr.String(), "is not empty") {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	// Through the coordinator, over what is there, and over what a job that was
	// killed has left.
	orphan := "assignments/part-00001-0123456789abcdef.1-1-1-2.parquet"
	if err := os.WriteFile(filepath.Join(folder, orphan), []byte("PAR1"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, append(args, out, "--workers", "1", "--ship", "--force")...)
	compareWithLocal(t, folder, local)
	second := objects(t, server, "july/assigned")
	if len(second) != len(first) || slices.Equal(first, second) || slices.Contains(second, orphan) {
		t.Errorf("first %q, then %q", first, second)
	}
	if open := uploads(t, out); len(open) > 0 {
		t.Errorf("uploads nobody completed: %q", open)
	}
	// A file that no job wrote stays in the way.
	if err := os.WriteFile(filepath.Join(folder, "top.csv"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	stderr.Reset()
	if code := execute(append(args, out, "--force"), &stdout, &stderr); code != exitFailed || !strings.Contains(stderr.String(), "top.csv was not written by an earlier job") {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
}

// TestAssignWithoutKeys: parts of workers that may not write to the bucket go
// through the coordinator, and somebody is told.
func TestAssignWithoutKeys(t *testing.T) {
	server := storetest.Start(t)
	table, model := segmented(t, 2, "5000")
	local, out := filepath.Join(t.TempDir(), "local"), "s3://"+storetest.Bucket+"/out/"
	mustRun(t, "assign", "--model", model, "--input", table, "--out", local, "--quiet")
	url, key := natsServer(t), os.Getenv("AWS_SECRET_ACCESS_KEY")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "another")
	startWorker(t, url)
	t.Setenv("AWS_SECRET_ACCESS_KEY", key)
	var stdout, stderr bytes.Buffer
	if code := execute([]string{"assign", "--model", model, "--input", table, "--out", out, "--nats", url}, &stdout, &stderr); code != exitOK || strings.Count(stderr.String(), "give them keys") != 1 {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	compareWithLocal(t, filepath.Join(server.Objects, "out"), local)
}

// TestBucketsAreNotRead: commands that read a finished job say that it is to be
// copied.
func TestBucketsAreNotRead(t *testing.T) {
	for _, args := range [][]string{
		{"assign", "--model", "s3://customers/out/model.json", "--input", "t.csv", "--out", "to"},
		{"compare", "s3://customers/july/", "august/"},
		{"segment", "--from", "s3://customers/july/", "--k", "7"},
		{"recheck", "s3://customers/july/", "--input", "t.csv"},
	} {
		var stdout, stderr bytes.Buffer
		if code := execute(args, &stdout, &stderr); code == exitOK || !strings.Contains(stderr.String(), "copy it to one first") {
			t.Errorf("%q: exit code %d: %s", args, code, stderr.String())
		}
	}
}

// slowly takes its time over a part that is finished.
func slowly(ctx context.Context, env *ops.Env, kind string, params []byte) (any, error) {
	answer, err := ops.Run(ctx, env, kind, params)
	select {
	case <-ctx.Done():
	case <-time.After(200 * time.Millisecond):
	}
	return answer, err
}

// TestAssignInterrupted stops a job at the beginning of each stage, and in the
// midst of the parts: nothing is visible, nothing waits, nothing runs.
func TestAssignInterrupted(t *testing.T) {
	table, model := segmented(t, 4, "10000")
	for _, place := range []string{"folder", "bucket"} {
		for _, when := range []string{"assign", "half the parts", "audiences"} {
			t.Run(place+"/"+when, func(t *testing.T) {
				out := filepath.Join(t.TempDir(), "out")
				var server *storetest.Server
				if place == "bucket" {
					server = storetest.Start(t)
					out = "s3://" + storetest.Bucket + "/out/"
				}
				defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
				temp := t.TempDir()
				t.Setenv("TMPDIR", temp)
				j := &jobFlags{}
				j.defaults()
				j.config.Input.Inputs, j.config.Out = []string{table}, out
				j.connect(io.Discard)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				j.config.Stage = func(name string) {
					if name == when {
						cancel()
					}
				}
				j.config.Progress = func(p engine.Progress) {
					if when == "half the parts" && p.Units > 0 {
						cancel()
					}
				}
				j.config.Local = func(ctx context.Context, conn *wire.Conn, slots int) error {
					return worker.Run(ctx, worker.Config{Conn: conn, Slots: slots, Op: slowly})
				}
				_, err := coordinator.Assign(ctx, &j.config, coordinator.AssignConfig{Model: model, Audiences: export.AudienceCSV})
				if !errors.Is(err, context.Canceled) {
					t.Errorf("the job ended with: %v", err)
				}
				if server != nil {
					if visible, open := objects(t, server, "out"), uploads(t, out); len(visible)+len(open) > 0 {
						t.Errorf("visible: %q; waiting: %q", visible, open)
					}
				} else if _, err := os.Stat(out); err == nil {
					t.Error("the out folder was left behind")
				}
				if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
					t.Errorf("left behind: %v, %v", left, err)
				}
			})
		}
	}
}
