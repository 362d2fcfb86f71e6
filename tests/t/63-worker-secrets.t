#!/bin/bash
# SPDX-License-Identifier: MIT
# The real worker, held up in the middle of a job: its spawner and its writer hold neither
# the password of the configuration nor that of the environment; nor do log and report.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/users.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root, to look into other processes"
make_user A mp-wa || skip_all "cannot make a user"
chmod 711 "$T"
install -d -o $A "$T/home"
echo "sesame-open-7421" >"$T/in-file"
echo "abracadabra-9310" >"$T/in-environment"
mkfifo "$T/samples"
cat >"$T/mp.ini" <<-INI
	[database]
	password = $(cat "$T/in-file")
	[ssh]
	passphrase = $(cat "$T/in-file")
	[power]
	backend = csv
	logfile = $T/log
	delay_seconds = 0
	max_wait_seconds = 0
	[csv]
	input = $T/samples
	[queue]
	directory = $T/queue
INI
chmod 600 "$T/mp.ini"
env -i MONSTER_POWER_CONFIG="$T/mp.ini" MONSTER_POWER_PROGRAM=/bin/true \
	SLURM_JOB_ID=1 SLURM_CLUSTER_NAME=alpha SLURM_JOB_RESTART_COUNT=0 \
	SLURM_JOB_UID="$(id -u $A)" SLURM_JOB_GID="$(id -g $A)" SLURM_JOB_USER=$A \
	SLURM_JOB_NODELIST='rpc-91-1' SLURM_JOB_NAME=sim SLURM_JOB_WORK_DIR="$T/home" \
	SLURM_JOB_COMMENT=power_profiling SLURM_JOB_START_TIME=1760497200 \
	SLURM_JOB_END_TIME=1760500800 "$MP_BUILDDIR/monster-power-hook" epilog

env REPACSS_SSH_PASSPHRASE="$(cat "$T/in-environment")" MONSTER_POWER_CONFIG="$T/mp.ini" \
	timeout 60 "$MP" worker --drain >"$T/out" 2>&1 &
worker=$!
grep ',rpc-91-1,\|^timestamp' "$MP_SRCDIR/tests/data/recording.csv" >"$T/rows"
exec 7<>"$T/samples"
head -n 600 "$T/rows" >&7

# below PID NAME: the processes of that name among its descendants
below() {
	local p
	for p in $(pgrep -P "$1"); do
		[ "$(cat "/proc/$p/comm" 2>/dev/null)" != "$2" ] || echo "$p"
		below "$p" "$2"
	done
}
for _ in $(seq 200); do
	writer=$(below $worker mp-writer | head -n 1)
	[ -z "$writer" ] || break
	sleep 0.05
done
spawner=$(ps -o ppid= -p "${writer:-0}" | tr -d ' ')
is "a writer is at work, as the owner" "$(ps -o uid= -p "${writer:-0}" | tr -d ' ')" "$(id -u $A)"
is "... who cannot look into it" "$(stat -c %U "/proc/${writer:-0}/environ")" root
is "... a spawner's child" "$(cat "/proc/$spawner/comm" 2>/dev/null)" mp-spawner
held=
for p in $(below $worker monster-power); do
	"$MP_BUILDDIR/tests/tools/memgrep" "$p" "$T/in-file" >/dev/null && held=yes
done
is "(some process of the worker does hold the password)" "$held" yes
for p in spawner writer; do
	for secret in in-file in-environment; do
		# a sanitizer keeps a copy of the environment
		[ $secret = in-file ] || ! grep -q __asan_init "$MP" || continue
		run "$MP_BUILDDIR/tests/tools/memgrep" "${!p}" "$T/$secret"
		is "the $p has no password ($secret)" "$STATUS $OUT" "1 "
	done
done
tail -n +601 "$T/rows" >&7
exec 7>&-
wait $worker
is "then the worker finishes" "$?" 0
is "... with a report of the owner's" "$(stat -c %U "$T/home/power_1" 2>&1)" $A
is "no password in log, output and report" \
	"$(grep -rlF -e "$(cat "$T/in-file")" -e "$(cat "$T/in-environment")" "$T/log" "$T/out" "$T/home" "$T/queue")" ""
[ "$TAP_FAILED" = 0 ] || diag "$(cat "$T/out" "$T/log" 2>/dev/null)"
done_testing
