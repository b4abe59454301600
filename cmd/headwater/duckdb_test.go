package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// duckDB runs a file of SQL and returns the rows of its last statement. It is
// Python's module where that is installed, else the program of bench/peers,
// which is built once.
func duckDB(t *testing.T, script string) [][]any {
	t.Helper()
	command, err := duckDBCommand()
	if err != nil {
		t.Fatal(err)
	}
	if command == nil {
		t.Skip("no python3 with duckdb 1.3 or later here, and building DuckDB takes longer than -short allows")
	}
	cmd := exec.CommandContext(t.Context(), command[0], append(command[1:], script)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	var rows [][]any
	if err := json.Unmarshal(out, &rows); err != nil {
		t.Fatalf("%s: %v in %.200q", script, err, out)
	}
	return rows
}

const pythonScript = `
import json, sys, duckdb
if len(sys.argv) < 2:
    sys.exit(tuple(map(int, duckdb.__version__.split(".")[:2])) < (1, 3))
db = duckdb.connect()
db.execute("SET enable_progress_bar = false")
print(json.dumps(db.execute(open(sys.argv[1]).read()).fetchall()))
`

// duckDBCommand is a command line that lacks the script's path; nil = none.
var duckDBCommand = sync.OnceValues(func() ([]string, error) {
	if exec.Command("python3", "-c", pythonScript).Run() == nil {
		return []string{"python3", "-c", pythonScript}, nil
	}
	if testing.Short() && os.Getenv("CI") == "" {
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "headwater-duckdb-")
	if err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "duckdb")
	build := exec.Command("go", "build", "-C", filepath.Join("..", "..", "bench", "peers", "duckdb"), "-o", program, ".")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, err
	}
	builtDuckDB = dir
	return []string{program, "-script"}, nil
})

// builtDuckDB is the folder of the program, which TestMain removes.
var builtDuckDB string
