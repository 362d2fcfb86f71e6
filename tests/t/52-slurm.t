#!/bin/bash
# SPDX-License-Identifier: MIT
# End to end on a real Slurm (SlurmUser=root) with a real PostgreSQL: what users and
# administrators see when jobs end, in good times and bad ones.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"
. "$MP_SRCDIR/tests/lib/slurm.sh"
. "$MP_SRCDIR/tests/lib/sshd.sh"

slurm_start root
pg_start log_connections=on log_disconnections=on
now=$(date +%s)
pg_seed database=zen4 prefix=rpc nodes=2 start=$((now - 100)) seconds=1000 step=1
pg_seed database=h100 prefix=rpg nodes=1 gpus=4 start=$((now - 100)) seconds=1000 step=1
Q=$SL/queue LOG=$SL/log/monster-power.log
{
	pg_ini
	printf 'delay_seconds = 1\nmax_wait_seconds = 8\nlogfile = %s\noutdir = %s\n' "$LOG" "$SL/reports"
	printf '[queue]\ndirectory = %s\n' "$Q"
} >"$SL/mp.ini"
chmod 600 "$SL/mp.ini"
mkdir -m 755 "$SL/reports"
export MONSTER_POWER_CONFIG=$SL/mp.ini
H=$SL/home/$SL_USER

count() { find "$Q/$1" -type f -name "${2:-*}" 2>/dev/null | wc -l; }
at_least() { [ "$(count "$1" "$3")" -ge "$2" ]; }
submit() { slurm_as "$SL_USER" sbatch --parsable "$@"; }
ended() { ! squeue -h -o %A -j "$1" 2>/dev/null | grep -q .; }
answers() { timeout 5 scontrol ping | grep -q 'is UP'; }
# From 23.02 on the epilog is told when the job started; before that the prolog records it.
told() { [ "$(slurm_version)" -ge 2302 ]; }
# whole DIR [USER]: all files, readable summary, all of the user
whole() {
	local f
	for f in raw_power.csv timeseries.png timeseries.pdf energy_pie.png energy_pie.pdf report.txt summary.json; do
		[ -s "$1/$f" ] && [ "$(stat -c %U "$1/$f")" = "${2:-$SL_USER}" ] || return 1
	done
	grep -q '"verdict"' "$1/summary.json" && [ "$(tail -n 1 "$1/summary.json")" = "}" ]
}
# hold DATABASE: take the samples of the future out; release DATABASE: put them back
hold() {
	pg_sql "$1" -c "DO \$\$ DECLARE t text; BEGIN
		FOR t IN SELECT table_name FROM information_schema.tables WHERE table_schema = 'idrac' LOOP
			EXECUTE format('CREATE TABLE public.held_%s AS SELECT * FROM idrac.%I WHERE timestamp > now()', t, t);
			EXECUTE format('DELETE FROM idrac.%I WHERE timestamp > now()', t);
		END LOOP; END \$\$"
}
release() {
	pg_sql "$1" -c "DO \$\$ DECLARE t text; BEGIN
		FOR t IN SELECT table_name FROM information_schema.tables WHERE table_schema = 'idrac' LOOP
			EXECUTE format('INSERT INTO idrac.%I SELECT * FROM public.held_%s', t, t);
			EXECUTE format('DROP TABLE public.held_%s', t);
		END LOOP; END \$\$"
}

# --- one job, two nodes ---
mkdir -m 755 "$H/logs"
chown "$SL_USER:" "$H/logs"
id=$(submit --comment=power_profiling -N2 -o 'logs/%x-%j.out' -J sim --wrap 'sleep 2')
quiet=$(submit --wrap 'sleep 1')
check "a job with the comment gets its report" wait_for 30 test -e "$H/logs/power_$id/summary.json"
check "... whole, the user's own, beside its .out" whole "$H/logs/power_$id"
check "... the .out is there" test -f "$H/logs/sim-$id.out"
like "... modes no wider than 0750 and 0640" \
	"$(stat -c %a "$H/logs/power_$id" "$H/logs/power_$id/summary.json" | tr '\n' ' ')" '^7[05]0 6[04]0 $'
like "... both nodes are in it" "$(cut -d, -f2 "$H/logs/power_$id/raw_power.csv" | sort -u | tr '\n' ' ')" \
	'rpc-91-1 rpc-91-2'
like "... with its owner and name" "$(tr -d '\n' <"$H/logs/power_$id/summary.json")" \
	"\"user\": *\"$SL_USER\".*\"name\": *\"sim\""
wait_for 30 grep -q "^job=$id .*reported" "$LOG" # just after the report is in place
like "... the log says who and where" "$(grep "^job=$id .*reported" "$LOG")" \
	"verdict=[a-z]+ path=$H/logs/power_$id as=$SL_USER"
wait_for 20 ended "$quiet"
sleep 0.5
is "a job without it leaves nothing" \
	"$(find "$SL/home" "$Q" "$SL/reports" -name "power_$quiet" -o -name "mptest.$quiet" \
		-o -name "mptest.$quiet.*" | grep -c .)$(grep -c "^job=$quiet " "$LOG")" 00
is "the prolog's records are closed" "$(count start "*[0-9]")" 0

# --- kinds of jobs ---
array=$(submit --comment=power_profiling --array=0-99 -o 'logs/%A_%a.out' --wrap 'sleep 2')
het=$(submit --comment=power_profiling -N1 -w rpc-91-1 : -N1 -w rpg-91-1 --comment=power_profiling --wrap 'sleep 3')
long=$(submit --comment=power_profiling --wrap 'sleep 300')
pending=$(submit --comment=power_profiling --begin=now+1hour --wrap true)
again=$(submit --comment=power_profiling --requeue --wrap 'sleep 4')
odd=$(submit --comment='x power_profiling "$(touch /tmp/mp-owned)" y' -J $'a\nb/../%j' --wrap 'sleep 2')
wait_for 20 sh -c "scontrol show job $again | grep -q RUNNING && scontrol show job $long | grep -q RUNNING"
sleep 1.5
scontrol requeue "$again"
scancel "$long" "$pending"
wait_for 20 sh -c "scontrol show job $again | grep -q 'JobState=PENDING'"
scontrol update jobid="$again" starttime=now
check "a cancelled job gets its report" wait_for 40 test -e "$H/power_$long/summary.json"
check "... whole" whole "$H/power_$long"
check "a het job: its first component" wait_for 30 test -e "$H/power_$het+0/summary.json"
check "... and its second" wait_for 30 test -e "$H/power_$het+1/summary.json"
like "... each with its own node" "$(tail -n 1 "$H/power_$het+1/raw_power.csv")" ',rpg-91-1,.*PowerConsumption$'
check "a name with a newline and patterns" wait_for 30 whole "$H/power_$odd"
check "... executes nothing" test ! -e /tmp/mp-owned
all_there() { [ "$(find "$H/logs" -path "*power_${array}_*/summary.json" | wc -l)" = 100 ]; }
wait_for 100 all_there
bad=0
for i in $(seq 0 99); do whole "$H/logs/power_${array}_$i" || bad=$((bad + 1)); done
is "an array of 100: every task has its report" "$bad" 0
# The server logs each login and each end, so that none is missed between two looks.
most=$(awk '/connection authorized: user=monster/ {if (++n > most) most = n}
	/disconnection: .*user=monster/ {n--} END {print most + 0}' "$PG_DIR/log")
check "... over at most four database connections at a time (seen: $most)" test "$most" -ge 1 -a "$most" -le 4
check "a requeued job: both runs are taken up" wait_for 40 at_least "done" 2 "*.$again.*"
is "... and reported, in order" "$(grep "^job=$again .*event=reported" "$LOG" | wc -l)" 2
last=$(cd "$Q/done" && echo mptest.$again.*)
if told; then # by then the count of the first run is the second's
	like "... each with its own start" "$last" "^mptest\.$again\.[01]\.[0-9]+ mptest\.$again\.1\.[0-9]+\$"
else
	like "... with what the prolog said of each" "$last" "^mptest\.$again\.0\.[0-9]+ mptest\.$again\.1\.[0-9]+\$"
fi
like "... the last run has power_$again" "$(cat "$H/power_$again/summary.json")" \
	"\"start\": \"$(date -u -d "@${last##*.}" +%FT%T)"
is "a job cancelled while pending leaves nothing" "$(grep -c "^job=$pending " "$LOG")" 0
is "nothing failed" "$(count failed) $(grep -c 'level=error' "$LOG")" "0 0"

# --- when the job started ---
if told; then
	id=$(submit --comment=power_profiling --wrap 'sleep 1')
	wait_for 30 grep -q "^job=$id .*event=queued" "$LOG"
	like "Slurm tells the epilog when the job started and ended" \
		"$(grep "^job=$id .*event=queued" "$LOG")" 'start_from=slurm end_from=slurm'
	is "... and the prolog records nothing" "$(find "$Q/start" -type f 2>/dev/null | wc -l)" 0
	wait_for 40 whole "$H/power_$id"
else
	id=$(submit --comment=power_profiling --wrap 'sleep 3')
	lost=$(submit --comment=power_profiling --wrap 'sleep 3')
	wait_for 20 test -e "$Q/start/mptest.$id" && wait_for 20 test -e "$Q/start/mptest.$lost"
	read -r start _ <"$Q/start/mptest.$id"
	rm "$Q/start/mptest.$id" "$Q/start/mptest.$lost"
	pg_sql zen4 -c "INSERT INTO slurm.jobs (job_id, nodes, start_time, end_time, restart_cnt, user_name)
		VALUES ($id, '{rpc-91-1}', $start, $((start + 3)), 0, '$SL_USER')"
	check "without the prolog's record the database is asked" wait_for 40 whole "$H/power_$id"
	check "... and if it does not know: failed" wait_for 40 at_least failed 1 "mptest.$lost.*"
	run "$MP" queue
	like "... with the reason" "$OUT" "^$lost +failed .*start of the job is not known"
	rm -f "$Q/failed/"*
fi

# --- samples that come late ---
hold zen4
id=$(submit --comment=power_profiling -w rpc-91-1 --wrap 'sleep 1')
wait_for 20 at_least waiting 1 "*.$id.*"
sleep 3
check "no report before the samples of the job's end are there" test ! -e "$H/power_$id"
release zen4
check "... and one as soon as they are" wait_for 20 whole "$H/power_$id"

# --- the database away ---
pg_stop fast
id=$(submit --comment=power_profiling --wrap 'sleep 1')
check "the database away: the job is tried again later" wait_for 30 grep -q "^job=$id .*event=retry" "$LOG"
run "$MP" queue
like "... queue says why" "$OUT" "^$id +waiting .* [1-9][0-9]* .*(refused|connect)"
PG_KEEP_PORT=yes pg_up
check "... it comes back: the report" wait_for 40 whole "$H/power_$id"

# --- 200 at once, the controller and the worker killed in the middle ---
before=$(count "done")
many=$(submit --comment=power_profiling --array=0-199 -o 'logs/%A_%a.out' \
	--wrap "while [ ! -e $SL/go ]; do sleep 0.5; done")
wait_for 60 sh -c "[ \$(squeue -h -t R -j $many -r | wc -l) = 200 ]"
touch "$SL/go"
wait_for 30 at_least "done" $((before + 20))
slurm_stop_worker -KILL
unanswered=0
answers || unanswered=1
slurm_ctld kill
slurm_ctld start
wait_for 20 answers
for ((i = 0; i < 200; i++)); do
	answers || unanswered=$((unanswered + 1))
	[ "$i" != 5 ] || slurm_stop_worker -KILL
	[ "$(count "done")" -lt $((before + 200)) ] || break
	# a quiet cluster: any job's end restarts a killed worker
	[ $((i % 10)) != 9 ] || submit -o /dev/null --wrap true >/dev/null
	sleep 0.4
done
bad=0
for i in $(seq 0 199); do whole "$H/logs/power_${many}_$i" || bad=$((bad + 1)); done
is "200 at once, slurmctld and the worker killed: every report is whole" "$bad" 0
is "... every entry is done" "$(($(count "done") - before)) $(count waiting) $(count running) $(count failed)" "200 0 0 0"
is "... the controller answered throughout" "$unanswered" 0
is "... no leftovers" "$(find "$SL/home" -name '.power_*' | wc -l) $(count tmp)" "0 0"
is "no job waits for its epilog" "$(squeue -h -t CG | wc -l)" 0
is "slurmctld has no complaint" "$(grep -ciE 'epilog.*(error|fail|status|timeout)' "$SL/log/slurmctld.log")" 0
is "no password in the log" "$(grep -cF "$PG_PASSWORD" "$LOG")" 0

# --- the fallback directory ---
chmod 700 "$H"
mkdir "$H/gone" && chown "$SL_USER:" "$H/gone"
id=$(submit --comment=power_profiling -o "$H/gone/x.out" --wrap "sleep 2; rm -rf $H/gone")
check "the job's directory gone: the report is in outdir" wait_for 40 test -e "$SL/reports/power_$id/summary.json"
wait_for 30 grep -q "^job=$id .*reported" "$LOG"
like "... and the log says why" "$(grep "^job=$id .*reported" "$LOG")" 'fallback=yes why='

# --- through SSH ---
if PATH=$SL_PATH command -v sshd >/dev/null; then
	sshd_setup
	sshd_start
	slurm_stop_worker -TERM # the next one reads the new configuration
	sed -i "s/^backend = .*/backend = ssh/" "$SL/mp.ini"
	ssh_ini >>"$SL/mp.ini"
	id=$(submit --comment=power_profiling -N2 --wrap "sleep 2")
	check "the ssh backend: the report" wait_for 40 test -e "$H/power_$id/summary.json"
	check "... is whole" whole "$H/power_$id"
	like "... and came through SSH" "$(cat "$H/power_$id/summary.json")" '"backend": "ssh"'
	is "... no session is left when the worker ends" "$(slurm_stop_worker -TERM; wait_for 30 test -z "$(sshd_sessions)"; sshd_sessions | wc -l)" 0
else
	skip "the ssh backend" "no sshd found"
fi

done_testing
