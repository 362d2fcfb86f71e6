# SPDX-License-Identifier: MIT
# tap.sh - what every shell test starts with: TAP output, a private temporary directory that
# goes away, a fixed zone and locale.  Source it; end with `done_testing`.
#
# Limits are for a quiet machine and stretched by MP_TEST_SLOW, which is taken from the load
# if it is not set: wait_for and timeout by themselves, others as $(slow N).
#
# shellcheck shell=bash
set -u
: "${MP_SRCDIR:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${MP_BUILDDIR:=$MP_SRCDIR}"
export MP_SRCDIR MP_BUILDDIR
export TZ=UTC LC_ALL=C.UTF-8
unset MONSTER_POWER_CONFIG "${!REPACSS_@}" "${!MONSTER_POWER_@}" "${!PG@}" 2>/dev/null
MP=$MP_BUILDDIR/monster-power
TAP_N=0
TAP_FAILED=0
T=$(mktemp -d "${TMPDIR:-/tmp}/mp-test.XXXXXX") || exit 99
TAP_CLEANUP=()

# at_exit COMMAND: run at the end, last one first, whatever happens.
at_exit() { TAP_CLEANUP+=("$1"); }
tap_exit() {
	local i
	for ((i = ${#TAP_CLEANUP[@]} - 1; i >= 0; i--)); do eval "${TAP_CLEANUP[i]}"; done
	chmod -R u+rwx "$T" 2>/dev/null
	rm -rf "$T"
}
trap tap_exit EXIT
trap 'exit 130' INT TERM HUP

# On a machine with twice as many busy processes as processors everything takes twice as long.
# The load is an average that comes late, therefore one more.
if [ -z "${MP_TEST_SLOW:-}" ]; then
	read -r MP_TEST_SLOW _ </proc/loadavg
	MP_TEST_SLOW=$((2 + ${MP_TEST_SLOW%.*} / $(getconf _NPROCESSORS_ONLN)))
fi
export MP_TEST_SLOW
slow() { echo $(($1 * MP_TEST_SLOW)); }
timeout() { # SECONDS COMMAND...
	local seconds=$1
	shift
	command timeout $((seconds * MP_TEST_SLOW)) "$@"
}
# wait_for SECONDS COMMAND...: until it succeeds; 1 when it does not.
wait_for() {
	local end=$((SECONDS + $1 * MP_TEST_SLOW))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

diag() { printf '%s\n' "$*" | sed 's/^/# /'; }
# result STATUS NAME: one TAP line; 0 is good.
result() {
	TAP_N=$((TAP_N + 1))
	if [ "$1" = 0 ]; then
		echo "ok $TAP_N - $2"
	else
		TAP_FAILED=$((TAP_FAILED + 1))
		echo "not ok $TAP_N - $2"
		return 1
	fi
}
# check NAME COMMAND...: passes when the command succeeds.
check() {
	local name=$1
	shift
	if "$@" >"$T/.check" 2>&1; then
		result 0 "$name"
	else
		result 1 "$name"
		diag "failed: $*"
		diag "$(head -n 20 "$T/.check")"
		return 1
	fi
}
# is NAME GOT WANT
is() {
	if [ "$2" = "$3" ]; then
		result 0 "$1"
	else
		result 1 "$1"
		diag "got:  $2"
		diag "want: $3"
		return 1
	fi
}
# like NAME GOT REGEX (grep -E)
like() {
	if printf '%s\n' "$2" | grep -Eq -- "$3"; then
		result 0 "$1"
	else
		result 1 "$1"
		diag "got:        $2"
		diag "want match: $3"
		return 1
	fi
}
# unlike NAME GOT REGEX
unlike() {
	if printf '%s\n' "$2" | grep -Eq -- "$3"; then
		result 1 "$1"
		diag "got:      $2"
		diag "unwanted: $3"
		return 1
	else
		result 0 "$1"
	fi
}
# run COMMAND...: its output in $OUT, error output in $ERR, exit status in $STATUS.
run() {
	"$@" >"$T/.out" 2>"$T/.err"
	STATUS=$?
	OUT=$(cat "$T/.out")
	ERR=$(cat "$T/.err")
}
# skip NAME WHY: counted as a failure where MP_NO_SKIP is set (CI).
skip() {
	if [ -n "${MP_NO_SKIP:-}" ]; then
		result 1 "$1"
		diag "skipped, which CI does not allow: $2"
	else
		TAP_N=$((TAP_N + 1))
		echo "ok $TAP_N - $1 # SKIP $2"
	fi
}
skip_all() {
	if [ -n "${MP_NO_SKIP:-}" ]; then
		skip "everything" "$1"
		done_testing
	fi
	echo "1..0 # SKIP $1"
	exit 0
}
done_testing() {
	echo "1..$TAP_N"
	[ "$TAP_FAILED" = 0 ]
	exit
}
