#!/bin/bash
# SPDX-License-Identifier: MIT
# Old jobs: profile --job-id ID alone, from slurm.jobs of the databases.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"
pg_start
pg_seed nodes=4 seconds=1200
pg_seed database=h100 prefix=rpg nodes=2 gpus=2 seconds=1200
umask 077
pg_ini >"$T/mp.ini"
mkdir "$T/out"
S=1760497200
ROW="INSERT INTO slurm.jobs (job_id, array_job_id, array_task_id, name, job_state, user_name, cluster, nodes, start_time, end_time, restart_cnt) VALUES"
pg_sql zen4 -c "$ROW
 (100, NULL, NULL, 'plain', '{COMPLETED}', 'alice', 'lab', '{rpc-91-1,rpc-91-2}', $S, $S + 600, 0),
 (101, 0, NULL, 'both', '{FAILED}', 'bob', 'lab', '{rpc-91-3,rpg-91-1}', $S + 60, $S + 660, 2),
 (201, 200, 0, 'array', '{COMPLETED}', 'alice', 'lab', '{rpc-91-1}', $S, $S + 300, 0),
 (202, 200, 7, 'array', '{COMPLETED}', 'alice', 'lab', '{rpc-91-2}', $S, $S + 400, 0),
 (200, 200, 9, 'array', '{COMPLETED}', 'alice', 'lab', '{rpc-91-4}', $S, $S + 500, 0),
 (300, NULL, NULL, 'het', '{COMPLETED}', 'carol', 'lab', '{rpc-91-1}', $S, $S + 500, 0),
 (301, NULL, NULL, 'het', '{COMPLETED}', 'carol', 'lab', '{rpc-91-4}', $S, $S + 500, 0),
 (302, NULL, NULL, 'another', '{COMPLETED}', 'dave', 'lab', '{rpc-91-3}', $S + 1, $S + 500, 0),
 (400, NULL, NULL, 'running', '{RUNNING}', 'alice', 'lab', '{rpc-91-1}', $S, $S + 500, 0),
 (401, NULL, NULL, 'pending', '{PENDING}', 'alice', 'lab', '{}', 0, 0, 0),
 (402, NULL, NULL, 'gone', '{CANCELLED}', 'alice', 'lab', '{}', $S, $S, 0),
 (403, NULL, NULL, 'future', '{COMPLETED}', 'alice', 'lab', '{rpc-91-1}', $S, 2147483000, 0),
 (404, NULL, NULL, E'evil \"name\"\n\$(id)', '{COMPLETED,OUT_OF_MEMORY}', 'o''brien', 'lab', '{rpc-91-1}', $S, $S + 60, 0)"
pg_sql h100 -c "$ROW
 (400, NULL, NULL, 'running', '{COMPLETED}', 'alice', 'lab', '{rpc-91-1}', $S, $S + 500, 0),
 (500, NULL, NULL, 'gpu', '{COMPLETED}', 'alice', 'lab', '{rpg-91-2}', $S, $S + 300, 0)"
profile() {
	rm -rf "$T/out"/*
	run "$MP" profile -c "$T/mp.ini" --job-id "$1" --outdir "$T/out"
	J=$(cat "$T/out/power_$1/summary.json" 2>/dev/null | tr -d '\n')
}
found() { # found NAME JOB USER NODES-REGEX SECONDS
	profile "$2"
	is "$1: exit 0" "$STATUS" 0
	[ "$STATUS" = 0 ] || diag "$ERR $OUT"
	like "$1: owner, nodes and window" "$J" "\"user\": *\"$3\".*\"nodes\": *\[$4\].*\"seconds\": *$5,"
}
fails() { # fails NAME JOB REGEX
	profile "$2"
	is "$1: exit 1" "$STATUS" 1
	like "$1: told" "$ERR" "$3"
	is "$1: nothing written" "$(find "$T/out" -type f)" ""
}

found "a job" 100 alice '"rpc-91-1", *"rpc-91-2"' 600
like "its name and cluster" "$J" '"cluster": *"lab".*"name": *"plain"'
found "a job on nodes of two databases" 101 bob '"rpc-91-3", *"rpg-91-1"' 600
like "its restart count" "$J" '"restart_count": *2'
found "an array task" 200_7 alice '"rpc-91-2"' 400
found "task 0 of it" 200_0 alice '"rpc-91-1"' 300
found "the job that gave the array its number" 200 alice '"rpc-91-4"' 500
found "an array task by its own number" 202 alice '"rpc-91-2"' 400
found "a component of a het job" 300+1 carol '"rpc-91-4"' 500
found "its leader" 300+0 carol '"rpc-91-1"' 500
found "a job that only the second database knows" 500 alice '"rpg-91-2"' 300
found "a job that the second database knows to have ended" 400 alice '"rpc-91-1"' 500
found "a hostile name and owner" 404 "o'brien" '"rpc-91-1"' 60
like "kept as they are" "$J" '"name": *"evil ."name.".n.\(id\)"'

# ---- a job that was suspended ----
pg_sql zen4 -c "INSERT INTO slurm.jobs (job_id, name, job_state, user_name, cluster, nodes, start_time, end_time, suspend_time)
 VALUES (450, 'slept', '{COMPLETED}', 'alice', 'lab', '{rpc-91-1}', $S, $S + 600, $S + 400)"
profile 450
is "a job that was suspended: exit 4" "$STATUS" 4
like "it is told, and why that matters" "$OUT" 'the job was suspended for a part of its window'
like "its verdict is partial" "$J" '"verdict": *"partial"'
like "the summary has the time" "$J" '"suspended": *"2025-10-15T03:06:40Z"'
mv "$T/out/power_450" "$T/slept"
A='"(program|backend|database)"'
for how in "--start $S --end $((S + 600)) --nodelist rpc-91-1" ''; do
	# shellcheck disable=SC2086
	run "$MP" profile -c "$T/mp.ini" --backend csv --input "$T/slept/raw_power.csv" --job-id 450 $how --outdir "$T/out"
	is "a replay of it ${how:+for a given window}: exit 4" "$STATUS" 4
	like "it is told" "$OUT" 'the job was suspended'
done
is "with all that the summary beside knew of the job" \
	"$(diff "$T/slept/summary.json" "$T/out/power_450/summary.json" | grep '^[<>]' | grep -Ecv "$A")" 0
cp "$T/slept/raw_power.csv" "$T/alone.csv"
run "$MP" profile -c "$T/mp.ini" --backend csv --input "$T/alone.csv" --job-id 450 --outdir "$T/out"
like "rows without a summary beside them: told" "$STATUS$ERR" '^2.*no summary.json of job 450 beside it'

fails "a job nobody knows" 999 'job 999 is not in slurm.jobs of zen4, h100; give --start, --end and --nodelist'
fails "a task nobody knows" 200_8 'job 200_8 is not in slurm.jobs'
fails "a component that is another job" 300+2 'does not tell its components apart'
fails "a job that waits" 401 'has not ended.*PENDING'
fails "a job that never ran" 402 'never ran'
fails "a job that ends in the future" 403 'has not ended'
pg_sql zen4 -c 'ALTER TABLE slurm.jobs DROP CONSTRAINT jobs_pkey' -c "$ROW
 (600, 600, 1, 'requeued', '{NODE_FAIL}', 'alice', 'lab', '{rpc-91-1}', $S, $S + 60, 0),
 (600, 600, 1, 'requeued', '{COMPLETED}', 'alice', 'lab', '{rpc-91-2}', $S + 100, $S + 300, 1),
 (600, 600, 1, 'requeued', '{PENDING}', 'alice', 'lab', '{}', 0, 0, 2)"
found "a row for each run of a requeued job: the last that began" 600 alice '"rpc-91-2"' 200
found "the same of an array task" 600_1 alice '"rpc-91-2"' 200
pg_sql h100 -c 'DROP TABLE slurm.jobs'
found "one database has no slurm.jobs" 100 alice '"rpc-91-1", *"rpc-91-2"' 600
fails "and the other does not know the job" 500 'job 500 is not in slurm.jobs of zen4, h100'
pg_sql zen4 -c 'REVOKE USAGE ON SCHEMA slurm FROM monster'
fails "no slurm.jobs may be read" 100 'job 100 is not in slurm.jobs of zen4, h100'
run "$MP" fetch -c "$T/mp.ini" --job-id 100
is "fetch says the same" "$STATUS" 1

done_testing
