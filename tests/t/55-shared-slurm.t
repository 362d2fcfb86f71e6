#!/bin/bash
# SPDX-License-Identifier: MIT
# Two jobs on one node of a real Slurm: node_jobs is filled from its own squeue, and the two
# reports' shares add up to the node.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"
. "$MP_SRCDIR/tests/lib/slurm.sh"

slurm_start root
pg_start
now=$(date +%s)
pg_seed database=zen4 prefix=rpc nodes=2 start=$((now - 100)) seconds=1000 step=1
pg_sql zen4 -c 'CREATE TABLE slurm.node_jobs ("timestamp" timestamptz, nodeid int, jobs int[], cpus int[])' \
	-c 'GRANT SELECT ON slurm.node_jobs TO monster'
Q=$SL/queue LOG=$SL/log/monster-power.log H=$SL/home/$SL_USER
{
	pg_ini
	printf 'delay_seconds = 1\nmax_wait_seconds = 8\nlogfile = %s\n' "$LOG"
	printf '[queue]\ndirectory = %s\n' "$Q"
} >"$SL/mp.ini"
chmod 600 "$SL/mp.ini"
export MONSTER_POWER_CONFIG=$SL/mp.ini

# What MonSTer's collector does once a minute, once a second: who is on rpc-91-1, with how many CPUs.
feed() {
	local jobs
	while :; do
		jobs=$(squeue -h -t R -w rpc-91-1 -o '%A %C' 2>/dev/null)
		echo "INSERT INTO slurm.node_jobs VALUES (now(), 1, '{$(awk '{print $1}' <<<"$jobs" | paste -sd,)}', '{$(awk '{print $2}' <<<"$jobs" | paste -sd,)}');"
		sleep 0.5
	done | pg_sql zen4 >/dev/null 2>&1
}
feed &
FEEDER=$!
at_exit 'kill $FEEDER 2>/dev/null'
submit() { slurm_as "$SL_USER" sbatch --parsable "$@"; }
value() { sed -n "s/^ *\"$2\": *\([0-9.e+-]*\|true\|false\|null\),*\$/\1/p" "$H/power_$1/summary.json" | head -n 1; }

a=$(submit --comment=power_profiling -w rpc-91-1 -n1 -D "$H" --wrap 'sleep 14')
b=$(submit --comment=power_profiling -w rpc-91-1 -n1 -D "$H" --wrap 'sleep 14')
check "two jobs at once on one node" wait_for 10 sh -c \
	"[ \$(squeue -h -t R -w rpc-91-1 -o %A | wc -l) = 2 ]"
for id in $a $b; do
	check "job $id gets its report" wait_for 60 test -e "$H/power_$id/summary.json"
done
is "both know that they shared it" "$(value "$a" shared) $(value "$b" shared)" "true true"
like "... with the other one" "$(cat "$H/power_$a/jobs.csv")" "^rpc-91-1,$b,[0-9]+,"
unlike "... whose owner is not named" "$(cat "$H/power_$a/jobs.csv")" "$SL_USER"

# The node's energy from the start of the first to the end of the last, by hand.
start=$(sed -n 's/^ *"start": *"\(.*\)",*$/\1/p' "$H/power_$a/summary.json")
end=$(sed -n 's/^ *"end": *"\(.*\)",*$/\1/p' "$H/power_$b/summary.json")
mkdir "$T/out"
run "$MP" profile -q --job-id 9999 --start "$start" --end "$end" --nodelist rpc-91-1 --outdir "$T/out"
node=$(sed -n 's/^ *"total": *\([0-9.e+-]*\),*$/\1/p' "$T/out/power_9999/summary.json")
# node_jobs has half seconds, jobs whole ones: a second of fourteen may be nobody's or twice given
check "their shares add up to the node" awk -v a="$(value "$a" share_kwh)" -v b="$(value "$b" share_kwh)" \
	-v n="$node" 'BEGIN { d = (a + b) / n - 1; exit !(d < 0.1 && d > -0.1) }' ||
	diag "$(value "$a" share_kwh) + $(value "$b" share_kwh), node $node"
check "... neither has much more than half" awk -v a="$(value "$a" share_kwh)" -v n="$node" \
	'BEGIN { exit !(a / n > 0.4 && a / n < 0.6) }'

done_testing
