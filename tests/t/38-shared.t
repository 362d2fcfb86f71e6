#!/bin/bash
# SPDX-License-Identifier: MIT
# Jobs on shared nodes: who was there comes from slurm.node_jobs, each gets its share, and the
# shares of all add up to the node; by profile, by a worker, and in a replay.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"
pg_start
S=1760497200
pg_seed nodes=3 start=$((S - 3600)) seconds=7200
umask 077
pg_ini >"$T/mp.ini"
mkdir "$T/out"
J="INSERT INTO slurm.jobs (job_id, name, job_state, user_name, cluster, nodes, cpus, start_time, end_time, restart_cnt) VALUES"
# 10 and 11 share rpc-91-1, 11 for the second half; 12 has rpc-91-2 alone; 13 is the task of an array
# beside 14; 15 is too short for a row; nobody is on rpc-91-1 in the hour before.
pg_sql zen4 -c "CREATE TABLE IF NOT EXISTS slurm.node_jobs (\"timestamp\" timestamptz, nodeid int, jobs int[], cpus int[])" \
	-c "GRANT SELECT ON ALL TABLES IN SCHEMA slurm TO monster" -c "$J
 (10, 'a', '{COMPLETED}', 'ann', 'c', '{rpc-91-1}', 1, $S, $S + 1800, 0),
 (11, 'b', '{COMPLETED}', 'bob', 'c', '{rpc-91-1}', 3, $S + 900, $S + 1800, 0),
 (12, 'c', '{COMPLETED}', 'ann', 'c', '{rpc-91-2}', 1, $S, $S + 1800, 0),
 (14, 'd', '{COMPLETED}', 'bob', 'c', '{rpc-91-3}', 6, $S, $S + 1800, 0),
 (15, 'e', '{COMPLETED}', 'ann', 'c', '{rpc-91-1}', 4, $S + 1802, $S + 1830, 0)" \
	-c "INSERT INTO slurm.jobs (job_id, array_job_id, array_task_id, name, job_state, user_name, cluster, nodes, cpus, start_time, end_time, restart_cnt)
 VALUES (16, 13, 2, 'x', '{COMPLETED}', 'ann', 'c', '{rpc-91-3}', 2, $S, $S + 1800, 0)" \
	-c "INSERT INTO slurm.node_jobs SELECT to_timestamp(t), n,
 CASE n WHEN 1 THEN CASE WHEN t < $S OR t >= $S + 1800 THEN '{}' WHEN t < $S + 900 THEN '{10}' ELSE '{10,11}' END
 WHEN 2 THEN CASE WHEN t >= $S AND t < $S + 1800 THEN '{12}' ELSE '{}' END
 ELSE CASE WHEN t >= $S AND t < $S + 1800 THEN '{16,14}' ELSE '{}' END END::int[],
 CASE n WHEN 1 THEN CASE WHEN t < $S OR t >= $S + 1800 THEN '{}' WHEN t < $S + 900 THEN '{1}' ELSE '{1,3}' END
 WHEN 2 THEN CASE WHEN t >= $S AND t < $S + 1800 THEN '{1}' ELSE '{}' END
 ELSE CASE WHEN t >= $S AND t < $S + 1800 THEN '{2,6}' ELSE '{}' END END::int[]
 FROM generate_series($S - 3600 + 20, $S + 3600, 60) t, generate_series(1, 3) n"

profile() { # ID [OPTION...]
	run "$MP" profile -c "$T/mp.ini" --job-id "$1" --outdir "$T/out" "${@:2}"
	R=$T/out/power_$1
}
value() { # FILE EXPRESSION: of the summary, through Python's own JSON reader
	sed -n "s/^ *\"$2\": *\([0-9.e+-]*\|true\|false\|null\|\"[^\"]*\"\),*\$/\1/p" "$1/summary.json" | head -n 1
}
near() { # NAME A B [PART]: to PART (1e-9) of B
	check "$1" awk -v a="$2" -v b="$3" -v part="${4:-1e-9}" 'BEGIN { d = a - b; exit !(d < 0 ? -d <= part * b : d <= part * b) }'
}
whole() { # START END NODE: the node's kWh by a report of nobody's job
	"$MP" profile -q -c "$T/mp.ini" --job-id 999 --start "$1" --end "$2" --nodelist "$3" --outdir "$T/out" >/dev/null
	value "$T/out/power_999" total
}

profile 12
is "a node of its own: exit 0" "$STATUS" 0
is "... known, and not shared" "$(value "$R" known) $(value "$R" shared)" "true false"
is "... both figures are the same" "$(value "$R" share_kwh)" "$(value "$R" total)"
unlike "... and nothing is said" "$OUT" 'share'
is "... nor any jobs.csv written" "$(cd "$R" && echo jobs*)" 'jobs*'

profile 10
is "a shared node: exit 4" "$STATUS" 4
like "... the terminal has both figures" "$OUT" "power_10: 0\.[0-9]+ .* kWh.*"
like "... by name" "$OUT" "this job's share of the shared nodes: 0\.[0-9]+ .*kWh \(0\.[0-9]+ kWh to 0\.[0-9]+ kWh\)"
like "... and with whom, as a number" "$OUT" 'shared with other jobs: rpc-91-1 \(job 11\)'
like "... the page has both" "$(grep -A9 "^<dl>" "$R/report.html" | tr "\n" " ")" \
	"This job's share</dt><dd>0\.[0-9]+ .*at least, .* at most; .*Input energy of the whole nodes</dt><dd>0\."
unlike "... never by name" "$(cat "$R/summary.json" "$R/report.txt" "$R/report.html" "$R/jobs.csv")" 'bob'
is "... jobs.csv has the job and its neighbour" "$(cut -d, -f1-3 "$R/jobs.csv" | tr '\n' ' ')" \
	"hostname,job,cpus rpc-91-1,10,1 rpc-91-1,11,3 "
is "... who came at the very second that slurm.jobs has" "$(sed -n '3p' "$R/jobs.csv" | cut -d, -f4,5)" \
	"2025-10-15T03:15:00Z,2025-10-15T03:30:00Z"
like "... its idle power is that of the hour before" "$(cat "$R/summary.json")" '"idle_measured": true'
like "... report.txt has both" "$(cat "$R/report.txt")" "^Share +0\.[0-9]+ .*is this job's by CPUs"
cp -r "$R" "$T/first"
run "$MP" profile --input "$T/first/raw_power.csv" --outdir "$T/out"
for f in jobs.csv report.txt raw_power.csv timeseries.png; do
	check "a replay says the same: $f" cmp "$T/first/$f" "$R/$f"
done
is "... summary.json, but where it comes from" \
	"$(diff "$T/first/summary.json" "$R/summary.json" | grep '^[<>]' | grep -vE '"(backend|database|backend_findings)":')" ""
A=$(value "$R" share_kwh)
profile 11
B=$(value "$R" share_kwh)
# (the second's window begins between two samples, where its first value is held back to)
near "the shares of both add up to the node" "$(awk "BEGIN { printf \"%.15g\", $A + $B }")" "$(whole $S $((S + 1800)) rpc-91-1)" 1e-5

profile 13_2
C=$(value "$R" share_kwh)
like "an array's task has neighbours like others" "$OUT" 'shared with other jobs: rpc-91-3 \(job 14\)'
profile 14
near "... and their shares add up" "$(awk "BEGIN { printf \"%.15g\", $C + $(value "$R" share_kwh) }")" "$(whole $S $((S + 1800)) rpc-91-3)"
near "... 2 of 8 CPUs are a quarter" "$(awk "BEGIN { printf \"%.15g\", 4 * $C }")" "$(value "$R" total)"

is "a window of one's own is nobody's share" "$(value "$T/out/power_999" known)" false
profile 15
is "a job too short for a row is alone where nobody else was" "$(value "$R" shared)" false

# --- a worker, and what it hears of a suspension ---
pg_sql zen4 -c "UPDATE slurm.jobs SET suspend_time = $S + 600 WHERE job_id = 11"
OWNER=$(id -un)
mkdir "$T/home"
if [ "$OWNER" = root ]; then # root gets no reports of its own
	OWNER=nobody
	chmod 711 "$T"
	chown $OWNER "$T/home"
fi
{
	cat "$T/mp.ini"
	printf 'logfile = %s\ndelay_seconds = 0\nmax_wait_seconds = 0\n' "$T/log"
	printf '[queue]\ndirectory = %s\nworkers = 1\n' "$T/queue"
	printf '[site]\nprice_per_kwh = 0.5\ncurrency = EUR\ncarbon_g_per_kwh = 400\npue = 1.2\n'
} >"$T/worker.ini"
for id in 10 11; do
	env -i MONSTER_POWER_CONFIG="$T/worker.ini" MONSTER_POWER_PROGRAM=/bin/true SLURM_JOB_ID=$id \
		SLURM_CLUSTER_NAME=c SLURM_JOB_RESTART_COUNT=0 SLURM_JOB_UID="$(id -u "$OWNER")" \
		SLURM_JOB_GID="$(id -g "$OWNER")" SLURM_JOB_USER="$OWNER" SLURM_JOB_NODELIST=rpc-91-1 \
		SLURM_JOB_NAME=sim SLURM_JOB_WORK_DIR="$T/home" SLURM_JOB_COMMENT=power_profiling \
		SLURM_JOB_START_TIME=$((id == 10 ? S : S + 900)) SLURM_JOB_END_TIME=$((S + 1800)) \
		"$MP_BUILDDIR/monster-power-hook" epilog
done
run "$MP" worker -c "$T/worker.ini" --drain
is "a worker's reports: exit 0" "$STATUS" 0
is "... the same share" "$(value "$T/home/power_10" share_kwh)" "$A"
check "... the same jobs.csv" cmp "$T/first/jobs.csv" "$T/home/power_10/jobs.csv"
like "... a suspension is known" "$(cat "$T/home/power_11/summary.json")" 'the job was suspended'
like "... cost, of the share, with its factors" "$(cat "$T/home/power_10/report.txt")" \
	"^Cost +0\.[0-9]+ EUR \(0\.5 a kWh, PUE 1\.2\)$"
near "... in summary.json" "$(value "$T/home/power_10" cost)" "$(awk "BEGIN { printf \"%.15g\", $A * 1.2 * 0.5 }")"
near "... carbon" "$(value "$T/home/power_10" carbon_g)" "$(awk "BEGIN { printf \"%.15g\", $A * 1.2 * 400 }")"

# --- what can go wrong ---
pg_sql zen4 -c 'REVOKE SELECT ON slurm.node_jobs FROM monster'
profile 10
is "without leave to read node_jobs: exit 0" "$STATUS" 0
is "... it is not known" "$(value "$R" known)" false
like "... said once" "$(cat "$R/summary.json")" "who else was on the nodes is not known"
errors=$(grep -c 'ERROR' "$PG_DIR/log")
is "... and no error is left in the server's log" "$errors" 0
pg_sql zen4 -c 'GRANT SELECT ON slurm.node_jobs TO monster' -c "ALTER TABLE slurm.node_jobs ALTER COLUMN cpus TYPE text"
profile 10
is "columns of another type: not known" "$STATUS $(value "$R" known)" "0 false"
printf 'hostname,job,cpus,start,end\nrpc-91-1,11,x,2025-10-15T03:15:00Z,2025-10-15T03:30:00Z\n' >"$T/first/jobs.csv"
run "$MP" profile --input "$T/first/raw_power.csv" --outdir "$T/out"
like "a jobs.csv that is broken is named" "$STATUS $ERR" '^1 .*jobs\.csv: line 2, column 3 \(cpus\): "x" is no number of CPUs'
printf 'name,age\n' >"$T/first/jobs.csv"
run "$MP" profile --input "$T/first/raw_power.csv" --outdir "$T/out"
is "a jobs.csv of somebody else's is none" "$STATUS" 0

done_testing
