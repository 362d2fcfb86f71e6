# SPDX-License-Identifier: MIT
# bench.sh - what the benchmarks share: timing, medians, ratios.  Source it.
# shellcheck shell=bash
set -u
: "${MP_SRCDIR:?}" "${MP_BUILDDIR:?}"
export LC_ALL=C.UTF-8 TZ=UTC
unset "${!REPACSS_@}" "${!MONSTER_POWER_@}" "${!PG@}" 2>/dev/null
MP=$MP_BUILDDIR/monster-power
B=$(mktemp -d "${MP_BENCH_DIR:-${TMPDIR:-/tmp}}/mp-bench.XXXXXX") || exit 99
trap 'rm -rf "$B"' EXIT
trap 'exit 130' INT TERM HUP
MONSTER_POWER_CONFIG=$B/empty.ini
export MONSTER_POWER_CONFIG
: >"$MONSTER_POWER_CONFIG"
chmod 600 "$MONSTER_POWER_CONFIG"
BENCH_FAILED=0

# timed FILE COMMAND...: append its wall time in seconds to FILE; the command's exit status.
timed() {
	local file=$1 start end status
	shift
	start=$EPOCHREALTIME
	"$@"
	status=$?
	end=$EPOCHREALTIME
	awk -v a="$start" -v b="$end" 'BEGIN {printf "%.6f\n", b - a}' >>"$file"
	return $status
}
# alternate N A B: run the functions A and B in turn N times after one unmeasured turn; their
# times in $B/A and $B/B.  `before` is called before each run, if it exists.
alternate() {
	local n=$1 i
	shift
	for f; do
		! declare -F before >/dev/null || before
		"$f"
		: >"$B/$f"
	done
	for ((i = 0; i < n; i++)); do
		for f; do
			! declare -F before >/dev/null || before
			timed "$B/$f" "$f"
		done
	done
}
median() { sort -n "$1" | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
# ratio NAME OURS THEIRS BOUND: of two medians
ratio() {
	local ours theirs
	ours=$(median "$B/$2")
	theirs=$(median "$B/$3")
	awk -v name="$1" -v a="$ours" -v b="$theirs" -v bound="$4" 'BEGIN {
		r = a / b
		printf "%s: %.2f (bound %s) %s   [%.3f s / %.3f s]\n", name, r, bound, r <= bound ? "ok" : "MISSED", a, b
		exit r > bound }' || BENCH_FAILED=1
}
# told NAME OURS THEIRS: the same without a bound
told() {
	printf '%s: %s\n' "$1" "$(awk -v a="$(median "$B/$2")" -v b="$(median "$B/$3")" \
		'BEGIN {printf "%.2f   [%.3f s / %.3f s]", a / b, a, b}')"
}
# bounded NAME VALUE BOUND UNIT
bounded() {
	awk -v name="$1" -v v="$2" -v bound="$3" -v unit="$4" 'BEGIN {
		printf "%s: %s %s (bound %s) %s\n", name, v, unit, bound, v <= bound ? "ok" : "MISSED"
		exit v > bound }' || BENCH_FAILED=1
}
# peak_mib COMMAND...: its peak memory, rounded up
peak_mib() {
	/usr/bin/time -f %M -o "$B/peak" "$@" >/dev/null 2>&1
	awk 'END {printf "%d\n", ($1 + 1023) / 1024}' "$B/peak"
}
bench_done() { exit $BENCH_FAILED; }
