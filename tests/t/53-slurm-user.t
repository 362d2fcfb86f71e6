#!/bin/bash
# SPDX-License-Identifier: MIT
# End to end on a real Slurm with SlurmUser=slurm: without a way to become the job's owner
# reports go to outdir; with a root service on the same queue they go where they belong.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/slurm.sh"

slurm_start slurm
Q=$SL/queue LOG=$SL/log/monster-power.log
# The recording stands for the database: jobs of now, samples of now.
now=$(date +%s)
{
	echo timestamp,hostname,source,fqdd,value,units,metric
	for ((t = now - 60; t < now + 600; t++)); do
		for m in TotalCPUPower,200 SystemInputPower,300 SystemOutputPower,280; do
			for n in rpc-91-1 rpc-91-2; do
				echo "$(printf '%(%F %T)T' "$t")+00,$n,powermetrics,PowerMetrics,${m#*,},W,${m%,*}"
			done
		done
	done
} >"$SL/samples.csv"
install -d -m 0700 -o slurm "$Q"
install -d -m 0755 -o slurm "$SL/reports"
{
	printf '[power]\nbackend = csv\nlogfile = %s\noutdir = %s\ndelay_seconds = 1\n' "$LOG" "$SL/reports"
	printf 'max_wait_seconds = 5\n[csv]\ninput = %s\n[queue]\ndirectory = %s\n' "$SL/samples.csv" "$Q"
} >"$SL/mp.ini"
chown slurm "$SL/mp.ini"
chmod 600 "$SL/mp.ini"
export MONSTER_POWER_CONFIG=$SL/mp.ini
H=$SL/home/$SL_USER
submit() { slurm_as "$SL_USER" sbatch --parsable "$@"; }
count() { find "$Q/$1" -type f | wc -l; }

id=$(submit --comment=power:oob -N2 -o "$H/%j.out" --wrap 'sleep 2')
check "SlurmUser=slurm: the report is made" wait_for 40 test -e "$SL/reports/power_$id/summary.json"
is "... by slurm's detached worker" "$(stat -c %U "$Q/lock" "$SL/reports/power_$id" | tr '\n' ' ')" "slurm slurm "
wait_for 30 grep -q "^job=$id .*reported" "$LOG"
like "... and the log says why it is not beside the .out" "$(grep "^job=$id .*reported" "$LOG")" \
	"as=.* fallback=yes why=\"as $SL_USER through"
is "... the queue is private" "$(stat -c '%U %a' "$Q" "$Q/waiting" | tr '\n' ' ')" "slurm 700 slurm 700 "
check "... the worker ends when there is nothing left" wait_for 30 sh -c \
	"'$MP' queue | grep -q '^worker: none'"

# --- root's service on slurm's queue ---
"$SL_BIN/monster-power" worker --service &
service=$!
at_exit "kill $service 2>/dev/null"
check "a root service marks the queue" wait_for 30 test -e "$Q/service"
is "... for slurm to read" "$(stat -c %U "$Q/service")" slurm
id=$(submit --comment=power_profiling -N2 -o "$H/%j.out" --wrap 'sleep 2')
check "its report is beside the .out" wait_for 40 test -e "$H/power_$id/summary.json"
is "... and the user's" "$(stat -c %U "$H/power_$id")" "$SL_USER"
is "... written by the service" "$(cat "$Q/lock")" "$service"
kill -KILL "$service" # systemd starts it again
wait "$service" 2>/dev/null
id=$(submit --comment=power_profiling -o "$H/%j.out" --wrap 'sleep 1')
check "the service killed: an epilog only writes its entry" wait_for 20 grep -q "^job=$id .*event=no_worker" "$LOG"
sleep 1
is "... and starts no worker" "$(count waiting) $("$MP" queue | grep -c '^worker: none')" "1 1"
"$SL_BIN/monster-power" worker --service &
service=$!
at_exit "kill $service 2>/dev/null"
check "... which works it off when it is back" wait_for 20 test -e "$H/power_$id/summary.json"
is "what root wrote in the queue is slurm's" "$(find "$Q" ! -user slurm | wc -l)" 0
is "nothing failed" "$(count failed)" 0
kill "$service"
wait "$service"
check "the service stopped: its mark is gone" test ! -e "$Q/service"

done_testing
