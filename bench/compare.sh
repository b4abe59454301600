#!/usr/bin/env bash
# compare.sh COMMIT: the Go benchmarks of a commit and of this tree, in turn, so
# that a busy moment hits both, and benchstat's verdict. ROUNDS is how often
# (6: fewer give benchstat no confidence). Called by make benchcmp.
set -euo pipefail
base=${1:?say which commit to compare with: make benchcmp BASE=HEAD~1}
rounds=${ROUNDS:-6}
base=$(git rev-parse --verify --quiet "$base^{commit}") || { echo "no commit is called $1" >&2; exit 2; }
here=$PWD
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/tree"
git archive "$base" | tar -x -C "$dir/tree"

bench() { # folder, output: the packages that the folder has
	cd "$1"
	local have=()
	for p in $PKGS; do
		[ -d "${p%/...}" ] && have+=("$p")
	done
	# shellcheck disable=SC2086 # FLAGS are words
	$GO test -run '^$' -bench . $FLAGS "${have[@]}" >>"$2"
	cd "$here"
}
for i in $(seq "$rounds"); do
	echo "round $i of $rounds" >&2
	bench "$dir/tree" "$dir/base.txt"
	bench "$here" "$dir/new.txt"
done
$TOOL benchstat "base=$dir/base.txt" "new=$dir/new.txt"
