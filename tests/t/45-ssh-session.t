#!/bin/bash
# SPDX-License-Identifier: MIT
# One SSH session for the many jobs of a worker: what is used again, and what is made anew
# when the SSH server or the database went away between two jobs.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"
. "$MP_SRCDIR/tests/lib/sshd.sh"
HOOK=$MP_BUILDDIR/monster-power-hook
[ -x "$MP_BUILDDIR/tests/tools/tunnel_probe" ] || skip_all "the ssh backend is not built"
KEEPALIVE=2
sshd_setup
sshd_start
pg_start
pg_seed nodes=2 seconds=600
pg_seed database=h100 prefix=rpg nodes=1 gpus=4 seconds=600

OWNER=$(id -un) Q=$T/queue HOME_DIR=$T/home
mkdir "$HOME_DIR"
if [ "$OWNER" = root ]; then # root gets no reports of its own
	OWNER=nobody
	chmod 711 "$T"
	chown $OWNER "$HOME_DIR"
fi
{
	printf '[database]\nhost = 127.0.0.1\nport = %s\nuser = monster\n' "$PG_PORT"
	printf 'password = %s\nconnect_timeout = 30\n' "$PG_PASSWORD"
	ssh_ini "keepalive = $KEEPALIVE" "connect_timeout = 20"
	printf '[power]\nbackend = ssh\nlogfile = %s\ndelay_seconds = 0\nmax_wait_seconds = 0\n' "$T/log"
	printf '[queue]\ndirectory = %s\nworkers = 1\n' "$Q"
} >"$T/mp.ini"
chmod 600 "$T/mp.ini"
export MONSTER_POWER_CONFIG=$T/mp.ini

submit() { # ID
	env -i MONSTER_POWER_CONFIG="$T/mp.ini" MONSTER_POWER_PROGRAM=/bin/true \
		SLURM_JOB_ID="$1" SLURM_CLUSTER_NAME=alpha SLURM_JOB_RESTART_COUNT=0 \
		SLURM_JOB_UID="$(id -u $OWNER)" SLURM_JOB_GID="$(id -g $OWNER)" SLURM_JOB_USER="$OWNER" \
		SLURM_JOB_NODELIST="${NODES:-rpc-91-[1-2],rpg-91-1}" SLURM_JOB_NAME=sim \
		SLURM_JOB_WORK_DIR="$HOME_DIR" SLURM_JOB_COMMENT=power_profiling \
		SLURM_JOB_START_TIME=1760497200 SLURM_JOB_END_TIME=1760497500 "$HOOK" epilog
}
logged() { grep -qE "^job=$1 .*$2" "$T/log"; }
logins() { grep -c 'Accepted publickey' "$SSHD_DIR/log"; }
retries() { grep -cE "^job=$1 .*(retry|failed)" "$T/log"; }
# job ID NAME LOGINS: it is reported at the first try, after so many logins
job() {
	submit "$1"
	check "$2: the job is reported" wait_for 30 logged "$1" reported
	is "... at the first try" "$(retries "$1")" 0
	is "... with $3 logins so far" "$(logins)" "$3"
}
now() { date +%s%3N; }

start_worker() {
	"$MP" worker >"$T/worker.out" 2>&1 &
	worker=$!
	wait_for 30 grep -q "event=worker_starts pid=$worker" "$T/log"
}
stop_worker() {
	kill "$worker" 2>/dev/null
	wait "$worker" 2>/dev/null
}
at_exit stop_worker
child() { pgrep -P "$worker" -x monster-power | head -n 1; }
start_worker
job 1 "the first job" 1
CHILD=$(child)
job 2 "the next" 1

# --- what ended between two jobs ---
kill -9 $(sshd_sessions)
job 3 "the session's server was killed" 2
sshd_restart
job 4 "the SSH server was restarted" 3
pg_restart fast
job 5 "the database was restarted" 3
end_sessions() {
	pg_sql postgres -c "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'monster'" >/dev/null
}
end_sessions
sleep 0.3
job 6 "the database ended its sessions" 3
end_sessions
sleep 0.3
kill -9 $(sshd_sessions)
sleep 0.1
job 7 "it did, and then the session's server was killed" 4

# --- what went silent ---
stop_server() {
	STOPPED=$(sshd_sessions)
	kill -STOP $STOPPED
}
forget_stopped() {
	[ -z "$STOPPED" ] || kill -9 $STOPPED 2>/dev/null
	STOPPED=''
}
STOPPED=''
at_exit forget_stopped
stop_server
sleep $((3 * KEEPALIVE))
job 8 "the server fell silent three keepalives ago" 5
forget_stopped
# silent ID NAME LOGINS: the job finds the silence, and is reported at the second try
silent() {
	local t0
	t0=$(now)
	submit "$1"
	check "$2: the job fails" wait_for 30 logged "$1" retry
	t0=$(($(now) - t0))
	check "... within three keepalives (took $t0 ms)" [ "$t0" -le "$(slow $((3 * KEEPALIVE * 1000)))" ]
	like "... and says why" "$(grep "^job=$1 .*retry" "$T/log")" \
		"SSH connection to 127.0.0.1:$SSHD_PORT broke: nothing heard from it for"
	check "... the next try reports it" wait_for 30 logged "$1" reported
	is "... and was the only one" "$(retries "$1")" 1
	is "... with $3 logins so far" "$(logins)" "$3"
	forget_stopped
}
stop_server
silent 9 "a server that falls silent with connections open" 6
end_sessions
sleep 0.3
stop_server
silent 10 "a server that falls silent with none open" 7

is "it was one worker child all the time" "$(child)" "$CHILD"

# --- silence that is found by connect_timeout, long before the keepalives find it ---
stop_worker
sed -i 's/^keepalive = .*/keepalive = 30/; s/^connect_timeout = 20/connect_timeout = 4/' "$T/mp.ini"
start_worker
job 11 "a worker with rare keepalives" 8
end_sessions
sleep 2.5
stop_server
silent 12 "a server that falls silent is not taken for a database out of reach" 9

stop_worker
wait_for 10 sh -c '[ -z "$(pgrep -P '"$SSHD_PID"')" ]'
is "no session is left on the server" "$(sshd_sessions)" ""
done_testing
