#!/bin/bash
# SPDX-License-Identifier: MIT
# One owner cannot starve the others: whose writers are stopped holds up himself.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/users.sh"
[ "$(id -u)" = 0 ] || skip_all "needs root, to become other users"
{ make_user A mp-sa && make_user B mp-sb; } || skip_all "cannot make users"
chmod 711 "$T"
install -d -o "$A" "$T/a"
install -d -o "$B" "$T/b"
cp "$MP_SRCDIR/tests/data/recording.csv" "$T/samples.csv"
printf '[power]\nbackend = csv\nlogfile = %s\ndelay_seconds = 0\nmax_wait_seconds = 0\ndeadline_seconds = 40\n[csv]\ninput = %s\n[queue]\ndirectory = %s\n' \
	"$T/log" "$T/samples.csv" "$T/queue" >"$T/mp.ini"
chmod 600 "$T/mp.ini"
submit() { # submit ID USER DIRECTORY
	env -i MONSTER_POWER_CONFIG="$T/mp.ini" MONSTER_POWER_PROGRAM=/bin/true \
		SLURM_JOB_ID="$1" SLURM_CLUSTER_NAME=alpha SLURM_JOB_RESTART_COUNT=0 \
		SLURM_JOB_UID="$(id -u "$2")" SLURM_JOB_GID="$(id -g "$2")" SLURM_JOB_USER="$2" \
		SLURM_JOB_NODELIST='rpc-91-[1-2]' SLURM_JOB_NAME=sim SLURM_JOB_WORK_DIR="$3" \
		SLURM_JOB_COMMENT=power_profiling SLURM_JOB_START_TIME=1760497200 \
		SLURM_JOB_END_TIME=1760497500 "$MP_BUILDDIR/monster-power-hook" epilog
}
stop_writers() { # of A, for ever
	while sleep 0.02; do
		for p in $(pgrep -u "$A"); do kill -STOP "$p" 2>/dev/null; done
	done
}
reported() { [ -s "$T/b/power_$1/summary.json" ]; }
within() { # within NAME SECONDS ID
	local from=$SECONDS
	until reported "$3" || [ $((SECONDS - from)) -ge "$2" ]; do sleep 0.2; done
	check "$1 ($((SECONDS - from)) s)" reported "$3"
}

stop_writers &
stopper=$!
at_exit 'kill $stopper; pgrep -u "$A" | xargs -r kill -KILL'
for i in {1..20}; do submit "$i" "$A" "$T/a"; done
sleep 1.1 # the neighbour's is due after all of them
submit 100 "$B" "$T/b"
"$MP" worker -c "$T/mp.ini" &
worker=$!
at_exit 'kill $worker; wait $worker 2>/dev/null'
wait_for 10 pgrep -u "$A"
first=$(pgrep -o -u "$A")
more=$(sed -n 's/^CapBnd:[[:space:]]*/0x/p' "/proc/$worker/status")
is "a worker that is root keeps six capabilities at most" $((more & ~0xeb)) 0
more=$(sed -n 's/^CapEff:[[:space:]]*/0x/p' "/proc/$worker/status")
is "... in effect, too" $((more & ~0xeb)) 0
within "a neighbour's report behind 20 jobs that stall" 60 100
sleep 5
submit 101 "$B" "$T/b"
within "... and another, while all hands have some of theirs" 60 101
gone() { [ ! -e "/proc/$1" ]; }
check "a stopped writer that was given up is killed" wait_for 60 gone "$first"
done_testing
