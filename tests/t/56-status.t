#!/bin/bash
# SPDX-License-Identifier: MIT
# `monster-power queue` of an ordinary user: their own jobs, and nothing of others; with a
# worker that is root, and with one that is SlurmUser.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/users.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root, to be other users"
{ make_user A mp-qa && make_user B mp-qb && make_user S mp-qs; } || skip_all "cannot make users"
chmod 755 "$T"
cp "$MP" "$MP_BUILDDIR/monster-power-hook" "$T/"
cp "$MP_SRCDIR/tests/data/recording.csv" "$T/samples.csv"
chmod 755 "$T/monster-power" "$T/monster-power-hook"
Q=$T/queue ST=$T/status
A_ID=$(id -u $A) B_ID=$(id -u $B)

# begin OWNER: a queue of theirs, and a configuration that only they can read
begin() {
	rm -rf "$Q" "$ST" "$T/log" "$T/w"
	install -d -m 0700 -o "$1" "$Q"
	install -d -m 0711 -o "$1" "$ST"
	install -d -m 0777 "$T/w"
	printf '[power]\nbackend = csv\nlogfile = %s\ndelay_seconds = 0\nmax_wait_seconds = 0\n' "$T/w/log" >"$T/mp.ini"
	printf '[csv]\ninput = %s\n[queue]\ndirectory = %s\nstatus = %s\n' "$T/samples.csv" "$Q" "$ST" >>"$T/mp.ini"
	chown "$1" "$T/mp.ini"
	chmod 600 "$T/mp.ini"
}
# submit AS ID UID USER [VAR=VALUE...]
submit() {
	local by=$1 id=$2 uid=$3 user=$4
	shift 4
	as "$by" env -i MONSTER_POWER_CONFIG="$T/mp.ini" MONSTER_POWER_PROGRAM=/bin/true \
		SLURM_JOB_ID="$id" SLURM_CLUSTER_NAME=alpha SLURM_JOB_RESTART_COUNT=0 \
		SLURM_JOB_UID="$uid" SLURM_JOB_GID="$uid" SLURM_JOB_USER="$user" \
		SLURM_JOB_NODELIST='rpc-91-[1-2]' SLURM_JOB_NAME=secretname SLURM_JOB_WORK_DIR="$T/w" \
		SLURM_JOB_COMMENT=power_profiling SLURM_JOB_START_TIME=1760497200 \
		SLURM_JOB_END_TIME=1760497500 "$@" "$T/monster-power-hook" epilog
}
# mine USER: what their `queue` prints
mine() { as "$1" env MONSTER_POWER_QUEUE_STATUS="$ST" MONSTER_POWER_CONFIG="$T/mp.ini" "$T/monster-power" queue 2>&1; }
drain() { run timeout 60 runuser -u "$1" -- env MONSTER_POWER_CONFIG="$T/mp.ini" "$T/monster-power" worker --drain; }

for owner in root $S; do
	begin "$owner"
	submit "$owner" 1 "$A_ID" $A SLURM_JOB_NODELIST=unknown-1
	submit "$owner" 2 "$B_ID" $B SLURM_JOB_NODELIST=unknown-1
	submit "$owner" 3 "$A_ID" $A SLURM_ARRAY_JOB_ID=3 SLURM_ARRAY_TASK_ID=7
	touch -d '+1 hour' "$Q/waiting/alpha.3.0.1760497200"
	drain "$owner"
	run mine $A
	like "worker $owner: A sees a job that failed" "$OUT" '^1 +failed +0 [0-9]{2}-'
	like "... and one that waits, under its own name" "$OUT" '^3_7 +waiting +0 [0-9]{2}-'
	unlike "... and nothing of B's" "$OUT" '^2 '
	unlike "... no reason, name or path of the queue" "$OUT" "route|secretname|$Q|$A"
	run mine $B
	like "B sees theirs" "$OUT" '^2 +failed'
	unlike "... and nothing of A's" "$OUT" '^[13]'
	run mine nobody
	is "somebody without jobs: none, exit 0" "$STATUS $(grep -c -E 'failed|waiting' <<<"$OUT")" "0 0"
	run as $B cat "$ST/$A_ID/now/queue"
	like "B cannot read A's" "$STATUS $ERR" '^1 .*Permission denied'
	run as $B stat "$ST/$A_ID/now/queue"
	like "... nor see its size or time" "$STATUS $ERR" '^1 .*Permission denied'
	run as $B ls "$ST"
	like "... nor who has any" "$ERR" 'Permission denied'
	before=$(stat -c '%Y %Z %s %i' "$ST/$A_ID")
	submit "$owner" 4 "$A_ID" $A SLURM_JOB_NODELIST=unknown-1
	drain "$owner"
	is "what others see of A's folder stays the same ..." "$(stat -c '%Y %Z %s %i' "$ST/$A_ID")" "$before"
	run mine $A
	like "... while A sees what came" "$OUT" '^4 +failed'
	is "... whole, and nothing is left over" "$(find "$ST/$A_ID" -type f)" "$ST/$A_ID/now/queue"
	is "A can read it, not change it" "$(as $A sh -c "echo x >$ST/$A_ID/now/queue" 2>&1 | grep -c denied)" 1
	is "... nor put anything beside it" "$(as $A sh -c "echo x >$ST/$A_ID/now/x" 2>&1 | grep -c denied)" 1
	rm -f "$Q/waiting/"* "$Q/failed/"*
	drain "$owner"
	is "no jobs any more: no files any more" "$(find "$ST" -type f)" ""
	chmod 777 "$ST"
	submit "$owner" 5 "$A_ID" $A SLURM_JOB_NODELIST=unknown-1
	drain "$owner"
	like "a folder that others can write to is not used, says the log" "$(cat "$T/w/log")" 'event=no_status reason='
	is "... and nothing is there" "$(find "$ST" -type f)" ""
done

# an owner of the directory who plants links makes a root worker write nowhere else
begin $S
submit $S 6 "$A_ID" $A SLURM_JOB_NODELIST=unknown-1
install -d -m 755 "$T/precious"
as $S ln -s "$T/precious" "$ST/$A_ID"
chown root "$T/mp.ini"
drain root
chown $S "$T/mp.ini"
is "a link in the way: not followed" "$(find "$T/precious" -mindepth 1)" ""
like "... the log says so" "$(cat "$T/w/log")" 'event=no_status'
run mine $B
is "the others have theirs all the same" "$STATUS" 0

# the queue's own user sees the queue
run as $S env MONSTER_POWER_CONFIG="$T/mp.ini" "$T/monster-power" queue
like "SlurmUser sees the whole" "$OUT" '^6 +failed .*no route knows'
run as $A env MONSTER_POWER_CONFIG="$T/mp.ini" "$T/monster-power" queue retry 6
like "nobody else moves anything" "$STATUS $ERR" '^[12] .*denied'

done_testing
