#!/bin/bash
# SPDX-License-Identifier: MIT
# A database server that hangs, dies, restarts, is full, or keeps a statement waiting: a clear
# error in time, nothing half-written, no session left behind.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"
pg_start log_statement=all log_connections=on max_connections=20
pg_seed nodes=2 seconds=600
umask 077
mkdir "$T/out"
S=1760497200 E=1760497799
settings() { # settings CONNECT_TIMEOUT STATEMENT_TIMEOUT DEADLINE
	pg_ini "connect_timeout = $1" "statement_timeout = $2"
	echo "deadline_seconds = $3"
}
# profile in the background, its process id in $PID; `finish` waits for it
begin() {
	"$MP" profile -c "$T/mp.ini" --job-id 7 --start $S --end $E --nodelist 'rpc-91-[1-2]' \
		--outdir "$T/out" >"$T/.out" 2>"$T/.err" &
	PID=$!
}
finish() {
	local from=$EPOCHREALTIME
	wait "$PID"
	STATUS=$?
	TOOK=$((${EPOCHREALTIME/./} - ${from/./}))
	ERR=$(cat "$T/.err")
}
fails() { # fails NAME REGEX [SECONDS]: what every failure must be like
	is "$1: exit 1" "$STATUS" 1
	like "$1: told" "$ERR" "$2"
	unlike "$1: no password" "$ERR" "$PG_PASSWORD"
	is "$1: nothing written" "$(find "$T/out" -type f)" ""
	is "$1: in time ($((TOOK / 1000)) ms)" "$((TOOK < $(slow "${3:-5}") * 1000000))" 1
}
sessions() { pg_sql postgres -c "SELECT count(*) FROM pg_stat_activity WHERE usename = 'monster'"; }
no_session() { [ "$(sessions)" = 0 ]; }
backend() { pg_sql postgres -c "SELECT pid FROM pg_stat_activity WHERE usename = 'monster' AND wait_event_type = 'Lock'"; }
is_waiting() { BACKEND=$(backend) && [ -n "$BACKEND" ]; }
# A metric table that somebody holds: the COPY waits for it as long as we like.
hold() {
	pg_sql zen4 -c 'BEGIN; LOCK TABLE idrac.totalfanpower; SELECT pg_sleep(300)' >/dev/null 2>&1 &
	HOLDER=$!
	wait_for 10 held || diag "could not lock a table"
}
held() { [ "$(pg_sql postgres -c "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted" 2>/dev/null)" = 1 ]; }
release() {
	pg_sql postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(300)'" >/dev/null 2>&1
	wait "$HOLDER" 2>/dev/null
}

settings 5 60 60 >"$T/mp.ini"
begin
finish
is "it works at all" "$STATUS" 0
rm -rf "$T/out/power_7"

# ---- a statement that waits ----

hold
settings 5 1 60 >"$T/mp.ini"
begin
finish
fails "statement_timeout" 'canceling statement due to statement timeout; .*statement_timeout'
settings 5 60 1 >"$T/mp.ini"
begin
finish
fails "deadline" 'deadline'
check "deadline: no session left" wait_for 10 no_session
"$MP" profile -c "$T/mp.ini" --job-id 7 --start $S --end $((S + 10800)) --nodelist 'rpc-91-[1-1000]' \
	--outdir "$T/out" >"$T/.out" 2>"$T/.err" &
PID=$!
finish
fails "deadline of 3,000 node-hours" 'deadline' 8
is "deadline of 3,000 node-hours: three times as long" "$((TOOK > 2000000))" 1
settings 5 60 60 >"$T/mp.ini"
for signal in INT TERM; do
	begin
	check "SIG$signal: the statement waits" wait_for 10 is_waiting
	is "its session says what it is for" \
		"$(pg_sql postgres -c "SELECT application_name FROM pg_stat_activity WHERE pid = $BACKEND")" \
		"monster-power profile 7"
	kill -$signal "$PID"
	finish
	fails "SIG$signal" 'stopped by a signal' 3
	check "SIG$signal: no session left" wait_for 10 no_session
	like "SIG$signal: the server was told" "$(grep -c 'canceling statement due to user request' "$PG_DIR/log")" '^[1-9]'
	: >"$PG_DIR/log"
done
begin
wait_for 10 is_waiting
pg_sql postgres -c "SELECT pg_terminate_backend($BACKEND)" >/dev/null
finish
fails "session ended by the administrator" 'terminating connection due to administrator command; '
begin
wait_for 10 is_waiting
kill -STOP "$BACKEND"
sleep 0.2
kill -INT "$PID"
finish
fails "SIGINT while the backend hangs" 'stopped by a signal' 4
kill -CONT "$BACKEND"
check "and no session is left when it wakes up" wait_for 10 no_session
settings 5 1 60 >"$T/mp.ini"
begin
wait_for 10 is_waiting
kill -STOP "$BACKEND"
finish
fails "the backend hangs" 'does not answer .statement_timeout = 1' 9
kill -CONT "$BACKEND"
settings 5 60 60 >"$T/mp.ini"
check "no session is left of that" wait_for 10 no_session
begin
wait_for 10 is_waiting
kill -KILL "$BACKEND"
finish
fails "the backend is killed" 'closed the connection|terminating connection|the connection was|not accepting'
up() { pg_sql postgres -c 'SELECT 1' >/dev/null 2>&1; }
wait_for 10 up # the killed backend took all sessions with it
wait "$HOLDER" 2>/dev/null
hold
begin
wait_for 10 is_waiting
pg_restart fast
finish
fails "the server restarts half-way" 'terminating connection due to administrator command|closed the connection'
release

# ---- the connection breaks in the middle ----

pg_seed database=h100 prefix=rpg nodes=2 gpus=4 seconds=86400 step=3
settings 5 60 120 >"$T/mp.ini"
day() { "$MP" fetch -c "$T/mp.ini" --start $S --end $((S + 86399)) --nodelist 'rpg-91-[1-2]'; }
day >"$T/whole.csv"
like "a day of samples" "$(wc -l <"$T/whole.csv")" '^5[0-9]{5}$'
mkfifo "$T/rows"
day >"$T/rows" 2>"$T/.err" &
PID=$!
exec 8<"$T/rows"
read -r header <&8
: >"$PG_DIR/log"
kill -KILL "$(pg_sql postgres -c "SELECT pid FROM pg_stat_activity WHERE usename = 'monster' AND datname = 'h100'")"
{ echo "$header" && cat <&8; } >"$T/resumed.csv"
wait $PID
is "the server's backend is killed half-way: exit 0" $? 0
exec 8<&-
check "and the rows are the same bytes" cmp "$T/whole.csv" "$T/resumed.csv"
like "it went on where it was, not from the start" "$(grep -c 'statement: .*COPY (SELECT 0::int4' "$PG_DIR/log")" '^0$'
like "in a new session" "$(grep -c 'statement: .*on; COPY (SELECT [1-9]' "$PG_DIR/log")" '^[1-9]'
wait_for 10 up

# ---- connecting ----

pg_stop
settings 5 60 2 >"$T/mp.ini"
begin
finish
fails "nobody listens" 'Connection refused.*; does PostgreSQL run and listen there\? check host and port'
like "nobody listens: tried for a while" "$((TOOK > 700000))" 1
settings 5 60 30 >"$T/mp.ini"
begin
sleep 0.5
PG_KEEP_PORT=yes pg_up
finish
is "a server that comes up while we try: exit 0" "$STATUS" 0
rm -rf "$T/out/power_7"
pg_sql postgres -c 'ALTER ROLE monster CONNECTION LIMIT 0'
settings 5 60 2 >"$T/mp.ini"
begin
finish
fails "too many connections" 'too many connections for role "monster"; no connection is free'
settings 5 60 30 >"$T/mp.ini"
begin
sleep 0.5
pg_sql postgres -c 'ALTER ROLE monster CONNECTION LIMIT 5'
finish
is "a connection that becomes free while we try: exit 0" "$STATUS" 0
rm -rf "$T/out/power_7"

settings 1 60 3 >"$T/mp.ini"
kill -STOP "$(pg_postmaster)"
begin
finish
kill -CONT "$(pg_postmaster)"
fails "a server that hangs at connect" 'does not answer (.connect_timeout = 1|in time)'
check "no session is left of that" wait_for 10 no_session
settings 1 60 30 >"$T/mp.ini"
: >"$PG_DIR/log"
kill -STOP "$(pg_postmaster)"
begin
sleep 1.8
kill -CONT "$(pg_postmaster)"
finish
is "a server that wakes up while we try: exit 0" "$STATUS" 0
rm -rf "$T/out/power_7"
like "connect_timeout: the first connection was given up, another was tried" \
	"$(grep -c 'connection received: host=127.0.0.1' "$PG_DIR/log")" '^([2-9]|[1-9][0-9])$'
settings 30 60 60 >"$T/mp.ini"
kill -STOP "$(pg_postmaster)"
begin
sleep 0.3
kill -TERM "$PID"
finish
kill -CONT "$(pg_postmaster)"
fails "SIGTERM while connecting" 'stopped by a signal' 2
settings 5 60 5 | sed 's/^host = .*/host = no-such-host.invalid/' >"$T/mp.ini"
begin
finish
fails "a host nobody knows" 'could not translate host name.*; check host' 8

# ---- the reader ----

settings 5 60 60 >"$T/mp.ini"
if [ -w /dev/full ]; then
	"$MP" fetch -c "$T/mp.ini" --start $S --end $E --nodelist 'rpc-91-[1-2]' >/dev/full 2>"$T/.err"
	is "fetch to a full disk: exit 1" $? 1
	like "fetch to a full disk: told" "$(cat "$T/.err")" 'No space left'
	check "and no session is left" wait_for 10 no_session
else
	skip "fetch to a full disk" "no /dev/full"
fi

done_testing
