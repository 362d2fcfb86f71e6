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
slow() { echo "$1"; } # for tests/lib, as in tap.sh; here the machine is quiet

# row NAME OURS THEIRS RATIO BOUND: a line of the table in doc/performance.md (tests/bench/run)
row() { [ -z "${MP_BENCH_TABLE:-}" ] || printf '| %s | %s | %s | %s | %s |\n' "$@" >>"$MP_BENCH_TABLE"; }

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
# ratio NAME OURS THEIRS BOUND: of two medians; "-" for no bound
ratio() {
	local ours theirs r met
	ours=$(median "$B/$2")
	theirs=$(median "$B/$3")
	r=$(awk -v a="$ours" -v b="$theirs" 'BEGIN {printf "%.2f", a / b}')
	met=ok
	if [ "$4" != - ] && ! awk -v r="$r" -v bound="$4" 'BEGIN {exit !(r <= bound)}'; then
		met=MISSED
		BENCH_FAILED=1
	fi
	[ "$4" = - ] || set -- "$1" "$2" "$3" "$4 $met"
	ours=$(printf '%.3f s' "$ours")
	theirs=$(printf '%.3f s' "$theirs")
	printf '%s: %s (bound %s)   [%s / %s]\n' "$1" "$r" "$4" "$ours" "$theirs"
	row "$1" "$ours" "$theirs" "$r" "$4"
}
# told NAME OURS THEIRS: the same without a bound
told() { ratio "$1" "$2" "$3" -; }
# bounded NAME VALUE BOUND UNIT
bounded() {
	local met=ok
	if ! awk -v v="$2" -v bound="$3" 'BEGIN {exit !(v <= bound)}'; then
		met=MISSED
		BENCH_FAILED=1
	fi
	printf '%s: %s %s (bound %s) %s\n' "$1" "$2" "$4" "$3" "$met"
	row "$1" "$2 $4" "" "" "$3 $met"
}
# peak_mib COMMAND...: its peak memory, rounded up
peak_mib() {
	/usr/bin/time -f %M -o "$B/peak" "$@" >/dev/null 2>&1
	awk 'END {printf "%d\n", ($1 + 1023) / 1024}' "$B/peak"
}
bench_done() { exit $BENCH_FAILED; }
