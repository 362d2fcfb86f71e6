#!/bin/bash
# SPDX-License-Identifier: MIT
# monster-power account: rows of jobs, users, nodes and days that add up to what the nodes drew,
# each job's as its own report has it; a connection that is cut costs a day.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"
pg_start
export TZ=UTC
S=1760486400 # 2025-10-15 00:00 UTC
pg_seed nodes=4 start=$S seconds=10800
# Beside it a day and a half of one node, a sample a minute.
pg_sql zen4 -c "CREATE TABLE slurm.node_jobs (\"timestamp\" timestamptz, nodeid int, jobs int[], cpus int[])" \
	-c "ALTER TABLE slurm.jobs ADD COLUMN account text" -c "GRANT SELECT ON slurm.node_jobs TO monster" \
	-c "INSERT INTO idrac.systeminputpower SELECT to_timestamp(t), 4, 2, 2, 300 + t / 60 % 100 FROM generate_series($S + 10800, $S + 129600, 60) t"
J="INSERT INTO slurm.jobs (job_id, name, job_state, user_name, account, partition, cluster, nodes, cpus, start_time, end_time, restart_cnt) VALUES"
pg_sql zen4 -c "$J
 (10, 'a', '{COMPLETED}', 'ann', 'phys', 'main', 'c', '{rpc-91-1,rpc-91-2}', 2, $S + 600, $S + 6000, 0),
 (11, 'b', '{COMPLETED}', 'bob', 'chem', 'main', 'c', '{rpc-91-1}', 3, $S + 1800, $S + 3600, 0),
 (12, 'c', '{COMPLETED}', 'ann', 'phys', 'long', 'c', '{rpc-91-4}', 1, $S + 80000, $S + 95000, 0)" \
	-c "INSERT INTO slurm.node_jobs SELECT to_timestamp(t), n,
 (SELECT coalesce(array_agg(j ORDER BY j), '{}') FROM (VALUES (10, 1, 600, 6000), (10, 2, 600, 6000), (11, 1, 1800, 3600),
  (12, 4, 80000, 95000), (99, 2, 7200, 9000)) v(j, k, a, b) WHERE k = n AND t >= $S + a AND t < $S + b),
 (SELECT coalesce(array_agg(c ORDER BY j), '{}') FROM (VALUES (10, 1, 600, 6000, 1), (10, 2, 600, 6000, 1), (11, 1, 1800, 3600, 3),
  (12, 4, 80000, 95000, 1), (99, 2, 7200, 9000, 1)) v(j, k, a, b, c) WHERE k = n AND t >= $S + a AND t < $S + b)
 FROM generate_series($S, $S + 129600, 60) t, unnest('{1,2,4}'::int[]) n"
umask 077
pg_ini >"$T/mp.ini"
mkdir "$T/out"
account() { # OPTION...
	run "$MP" account -c "$T/mp.ini" --start $S --end $((S + 129600)) "$@"
}
cell() { awk -F, -v key="$1" -v column="$2" '$1 == key { print $column }' "$T/.out"; } # of the CSV
near() { # NAME A B [PART]
	check "$1" awk -v a="$2" -v b="$3" -v part="${4:-1e-9}" 'BEGIN { d = a - b; exit !(b != 0 && (d < 0 ? -d <= part * b : d <= part * b)) }'
}
adds_up() { # NAME: rows and rests of the CSV are its total
	near "$1" "$(awk -F, 'NR > 1 && $1 != "(total)" { s += $5 } END { printf "%.15g", s }' "$T/.out")" "$(cell '(total)' 5)"
}

account --format csv
is "by job: exit 0" "$STATUS" 0
is "... a row a job, the rests and the total" "$(cut -d, -f1 "$T/.out" | sort | tr '\n' ' ')" \
	"(jobs without a record) (nobody: idle or drained) (nodes nobody watches) (suspect sensors) (total) 10 11 12 job "
adds_up "... they add up"
cp "$T/.out" "$T/jobs.csv"
for id in 10 11 12; do
	"$MP" profile -q -c "$T/mp.ini" --job-id $id --outdir "$T/out" >/dev/null
	near "job $id: as its own report has it" "$(cell $id 5)" \
		"$(sed -n 's/^ *"share_kwh": *\([0-9.e+-]*\),*$/\1/p' "$T/out/power_$id/summary.json" | head -n 1)"
	near "... the nodes' too" "$(cell $id 4)" "$(sed -n 's/^ *"total": *\([0-9.e+-]*\),*$/\1/p' "$T/out/power_$id/summary.json" | head -n 1)"
	# (of several nodes the report takes the job's ± in proportion, the account each node's)
	near "... and its ±" "$(cell $id 6)" "$(sed -n 's/^ *"share_uncertainty_kwh": *\([0-9.e+-]*\),*$/\1/p' "$T/out/power_$id/summary.json" | head -n 1)" 0.05
done
is "node-hours" "$(cell 10 3) $(cell 11 3)" "3 0.5"
check "a job without a record has a row" awk -v v="$(cell '(jobs without a record)' 5)" 'BEGIN { exit !(v > 0.1) }'
check "nodes nobody watches have one" awk -v v="$(cell '(nodes nobody watches)' 5)" 'BEGIN { exit !(v > 0.1) }'
ann=$(awk -F, '$1 == 10 || $1 == 12 { s += $5 } END { printf "%.15g", s }' "$T/jobs.csv")
total=$(cell '(total)' 5)

account --format csv --by user
near "by user: theirs together" "$(cell ann 5)" "$ann"
is "... two jobs" "$(cell ann 2)" 2
adds_up "... they add up"
for by in account partition node day; do
	account --format csv --by $by
	adds_up "by $by: the rows add up"
	[ $by = day ] || near "... to the same" "$(cell '(total)' 5)" "$total"
done
is "by day: the days" "$(cut -d, -f1 "$T/.out" | grep -c '^2025-10-1[56]$')" 2
account --nodelist rpc-91-1 --format csv
is "some nodes: their jobs" "$(cut -d, -f1 "$T/.out" | grep -c '^1[0-9]$')" 2
adds_up "... add up"

account --by user
like "the table says that it adds up" "$OUT" 'the shares add up to what the nodes drew, [0-9.]+ kWh \(off by [0-9.e-]+\)'
account --by user --format json
like "JSON: rows and sums" "$OUT" '"user": "ann", "jobs": 2'
check "... that jansson reads" sh -c "command -v jq >/dev/null || exit 0; jq . '$T/.out' >/dev/null"
printf '[site]\nprice_per_kwh = 0.4\ncurrency = EUR\npue = 1.5\n' >>"$T/mp.ini"
account --format csv
near "cost, with PUE" "$(cell 10 9)" "$(awk -v k="$(cell 10 5)" 'BEGIN { printf "%.15g", k * 0.6 }')"
account
like "... the table names the factors" "$OUT" 'cost: 0\.4 EUR a kWh, PUE 1\.5'

# A server that is restarted under it: the day is read again, and nothing is doubled.
account --format csv
cp "$T/.out" "$T/whole.csv"
("$MP" account -c "$T/mp.ini" --start $S --end $((S + 129600)) --format csv >"$T/cut.csv" 2>"$T/cut.err") &
sleep 0.05
pg_sql postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'monster'" >/dev/null
wait $!
check "a connection that is cut costs a day, not the account" cmp "$T/whole.csv" "$T/cut.csv" || diag "$(cat "$T/cut.err")"

# What is wrong is said.
run "$MP" account -c "$T/mp.ini" --start $S
like "no end: exit 2" "$STATUS $ERR" '^2 .*--end is missing'
account --by colour
like "an unknown grouping: exit 2" "$STATUS $ERR" '^2 .*--by colour: not one of job, user, account, partition, node, day'
run "$MP" account --backend synthetic --start $S --end $((S + 60)) --nodelist rpc-1-1
like "a backend that does not know whose: exit 2" "$STATUS $ERR" '^2 .*backend synthetic does not know'

done_testing
