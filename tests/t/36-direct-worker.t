#!/bin/bash
# SPDX-License-Identifier: MIT
# A worker keeps its sessions from job to job, and finds out between two jobs, not in the
# middle of the next, that the server was restarted meanwhile.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"
pg_start log_connections=on
pg_seed nodes=2 seconds=600
OWNER=$(id -un)
mkdir "$T/home"
if [ "$OWNER" = root ]; then # root gets no reports of its own
	OWNER=nobody
	chmod 711 "$T"
	chown $OWNER "$T/home"
fi
umask 077
{
	pg_ini
	printf 'logfile = %s\ndelay_seconds = 0\nmax_wait_seconds = 0\n' "$T/log"
	printf '[queue]\ndirectory = %s\nworkers = 1\n' "$T/queue"
} >"$T/mp.ini"
submit() { # ID [VARIABLE]: what the epilog of job $1 does
	env -i MONSTER_POWER_CONFIG="$T/mp.ini" MONSTER_POWER_PROGRAM=/bin/true SLURM_JOB_ID="$1" \
		SLURM_CLUSTER_NAME=alpha SLURM_JOB_RESTART_COUNT=0 SLURM_JOB_UID="$(id -u "$OWNER")" \
		SLURM_JOB_GID="$(id -g "$OWNER")" SLURM_JOB_USER="$OWNER" SLURM_JOB_NODELIST='rpc-91-[1-2]' \
		SLURM_JOB_NAME=sim SLURM_JOB_WORK_DIR="$T/home" SLURM_JOB_COMMENT=power_profiling \
		"${2:-SLURM_JOB_START_TIME=1760497200}" SLURM_JOB_END_TIME=1760497790 \
		"$MP_BUILDDIR/monster-power-hook" epilog
}
reported() { # reported ID: within 20 s
	wait_for 20 test -f "$T/home/power_$1/summary.json" && wait_for 20 grep -q "^job=$1 .*reported" "$T/log"
}
connections() { grep -c 'connection received: host=127.0.0.1' "$PG_DIR/log"; }
submit 1
"$MP" worker -c "$T/mp.ini" >"$T/.out" 2>"$T/.err" &
WORKER=$!
at_exit 'kill $WORKER 2>/dev/null; wait $WORKER 2>/dev/null'
check "a job is reported" reported 1
FIRST=$(connections)
submit 2
check "and another" reported 2
is "over the same session" "$(connections)" "$FIRST"
pg_sql zen4 -c "INSERT INTO slurm.jobs (job_id, name, job_state, user_name, cluster, nodes, start_time, end_time, suspend_time)
 VALUES (4, 'sim', '{COMPLETED}', '$OWNER', 'alpha', '{rpc-91-1,rpc-91-2}', 1760497200, 1760497790, 1760497500)"
submit 4 NO_START=1
check "a job whose start only the database knows" reported 4
like "it was suspended, which reaches the writer" "$(cat "$T/home/power_4/summary.json")" \
	'the job was suspended for a part'
pg_restart fast
submit 3
check "and one after the server was restarted" reported 3
unlike "at the first try" "$(cat "$T/log")" 'retry|failed'
kill $WORKER
wait $WORKER
check "no session is left" test \
	"$(pg_sql postgres -c "SELECT count(*) FROM pg_stat_activity WHERE usename = 'monster'")" = 0

done_testing
