package engine

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/headwater-dev/headwater/worker/wire"
)

var rewrite = flag.Bool("rewrite", false, "write what the scenarios give into testdata")

// TestScenarios plays the scripts of testdata: each line is an event, the
// indented lines below it are the actions that it causes.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(want))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func play(t *testing.T, script string) string {
	limits := DefaultLimits
	limits.WaitTicks = 3
	s := NewState("t", limits)
	var out bytes.Buffer
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "    ") {
			continue // an expected action
		}
		fmt.Fprintln(&out, line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if line == "show" {
			show(&out, s)
			continue
		}
		e, err := parseEvent(strings.Fields(line))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		for _, a := range s.Step(e) {
			fmt.Fprintf(&out, "    %s\n", describe(a))
		}
	}
	return out.String()
}

// parseEvent reads an event; keys are written round.attempt.assignment, with
// the term before it where it is another one.
func parseEvent(f []string) (e Event, err error) {
	num := func(i int) int {
		n, numErr := strconv.Atoi(f[i])
		err = errors.Join(err, numErr)
		return n
	}
	key := func(i int) Key {
		parts := strings.Split(f[i], ".")
		term := "t"
		if len(parts) == 4 {
			term, parts = parts[0], parts[1:]
		}
		k := Key{Term: term}
		_, keyErr := fmt.Sscanf(strings.Join(parts, " "), "%d %d %d", &k.Round, &k.Attempt, &k.Assignment)
		err = errors.Join(err, keyErr)
		return k
	}
	held := func() wire.Held { return wire.Held{Shard: num(2), Delivery: num(3)} }
	rows := func(n int, kind string) (rows []int64, where []string) {
		for i := range n {
			rows, where = append(rows, 100), append(where, fmt.Sprintf("%s %d", kind, i))
		}
		return rows, where
	}
	switch f[0] {
	case "joined":
		e = Joined{f[1]}
	case "lost":
		e = Lost{f[1]}
	case "seen":
		e = Seen{f[1]}
	case "full":
		e = Full{Worker: f[1], Needed: 10, Free: 5}
	case "tick":
		e = Tick{}
	case "load":
		rows, where := rows(num(1), "row group")
		e = LoadStarted{Rows: rows, Where: where}
	case "loading":
		e = Loading{f[1], held()}
	case "load-advanced":
		e = LoadAdvanced{f[1], held(), int64(num(4))}
	case "resident":
		e = Resident{f[1], held()}
	case "load-failed":
		e = LoadFailed{Worker: f[1], Held: held(), Reason: strings.Join(f[4:], " "), Permanent: f[4] == "permanent:"}
	case "over-shards":
		e = RoundStarted{Op: "count", Shards: true}
	case "over-splits":
		rows, where := rows(num(1), "split")
		e = RoundStarted{Op: "profile", Rows: rows, Where: where}
	case "answered":
		e = Answered{f[1], key(2)}
	case "arrived":
		e = Arrived{f[1], key(2)}
	case "answer-failed":
		e = AnswerFailed{Worker: f[1], Key: key(2), Reason: strings.Join(f[3:], " "), Final: f[3] == "final:"}
	case "not-resident":
		e = AnswerFailed{Worker: f[1], Key: key(2), Reason: "not resident", Missing: []int{num(3)}}
	case "advanced":
		e = Advanced{f[1], key(2), int64(num(3))}
	case "abort":
		e = RoundAborted{}
	default:
		err = errors.New("unknown event")
	}
	return e, err
}

func describe(a Action) string {
	key := func(k Key) string { return fmt.Sprintf("%d.%d.%d", k.Round, k.Attempt, k.Assignment) }
	switch a := a.(type) {
	case PlaceLeases:
		return "place leases"
	case Assign:
		return fmt.Sprintf("assign %s %s: %v", a.Worker, key(a.Key), a.Units)
	case Fetch:
		return fmt.Sprintf("fetch %s %s", a.Worker, key(a.Key))
	case Accept:
		return fmt.Sprintf("accept %s %s: %v", a.Worker, key(a.Key), a.Units)
	case Revoke:
		return fmt.Sprintf("revoke %s %s", a.Worker, key(a.Key))
	case Drop:
		return fmt.Sprintf("drop %s shard %d delivery %d", a.Worker, a.Shard, a.Delivery)
	case Retire:
		return "retire " + a.Worker
	case Terminate:
		return fmt.Sprintf("terminate the lease of shard %d", a.Shard)
	case Loaded:
		return "loaded"
	case RoundDone:
		return "round done"
	case RoundFailed:
		return fmt.Sprintf("round failed: %v", a.Err)
	case JobFailed:
		return fmt.Sprintf("job failed: %v", a.Err)
	}
	return fmt.Sprintf("%T", a)
}

func show(out *bytes.Buffer, s *State) {
	for i, sh := range s.shards {
		fmt.Fprintf(out, "    shard %d: %s", i, sh.state)
		if sh.holder != nil {
			fmt.Fprintf(out, " at %s", sh.holder.name)
		}
		fmt.Fprintln(out)
	}
	p := s.Progress()
	fmt.Fprintf(out, "    round %s; %s: %d of %d rows, %d of %d units, %d workers\n", s.round.state, p.Stage, p.Done, p.Total, p.Units, p.Of, p.Workers)
}
