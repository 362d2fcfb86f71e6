#!/bin/bash
# SPDX-License-Identifier: MIT
# The hook that slurmctld runs, given the environment Slurm gives it: what it queues, what it
# leaves alone, that it never fails or prints, and whom it hands the queue to.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"

HOOK=$MP_BUILDDIR/monster-power-hook
Q=$T/queue
cat >"$T/mp.ini" <<-INI
	[power]
	comment_keyword = power_profiling
	logfile = $T/log
	delay_seconds = 0
	[queue]
	directory = $Q
INI
chmod 600 "$T/mp.ini"
# A worker that says how it was started and then holds the lock it inherited.  (bash: dash
# unblocks the signals by itself.)
cat >"$T/worker" <<-SH
	#!/bin/bash
	{
		echo "args \$*"
		env | sed 's/^/env /'
		grep SigBlk /proc/self/status
		echo "session \$(cut -d' ' -f6 /proc/\$\$/stat) \$\$"
		ls -l /proc/\$\$/fd
	} >"$T/worker.\$\$" 2>&1
	mv "$T/worker.\$\$" "$T/started.\$\$"
	exec sleep 60
SH
chmod 755 "$T/worker"
stop_workers() {
	local f
	for f in "$T"/started.*; do
		[ -e "$f" ] || continue
		kill "${f##*.}" 2>/dev/null
		while kill -0 "${f##*.}" 2>/dev/null; do sleep 0.01; done
	done
	rm -f "$T"/started.*
}
at_exit stop_workers

# slurm JOBID [VAR=VALUE...] -- COMMAND...: as slurmctld 22.05 runs a script
slurm() {
	local id=$1 vars=()
	shift
	while [ "$1" != -- ]; do
		vars+=("$1")
		shift
	done
	shift
	env -i MONSTER_POWER_CONFIG="$T/mp.ini" MONSTER_POWER_PROGRAM="$T/worker" \
		SLURM_JOB_ID="$id" SLURM_CLUSTER_NAME=alpha SLURM_JOB_RESTART_COUNT=0 \
		SLURM_JOB_UID=1001 SLURM_JOB_GID=1001 SLURM_JOB_USER=alice SLURM_JOB_GROUP=alice \
		SLURM_JOB_NODELIST='rpc-91-[1-2]' SLURM_JOB_NAME=sim SLURM_JOB_ACCOUNT='(null)' \
		SLURM_JOB_WORK_DIR=/home/alice "${vars[@]}" "$@" </dev/null
}
wanted=SLURM_JOB_COMMENT=power_profiling
started() { find "$T" -maxdepth 1 -name 'started.*' | wc -l; }
has_started() { [ "$(started)" -ge 1 ]; }
wait_started() { wait_for 5 has_started; }

# --- jobs nobody asked for ---
run slurm 1 -- "$HOOK" epilog
is "no comment: exit 0" "$STATUS" 0
is "... prints nothing" "$OUT$ERR" ""
run slurm 1 SLURM_JOB_COMMENT=other -- "$HOOK" epilog
check "another comment: no queue is made" test ! -e "$Q"
check "... and nothing is logged" test ! -e "$T/log"

# --- a job that asked ---
# near POSITION COMMENT WORD: said once, not profiled
near() {
	: >"$T/log"
	run slurm "90$1" SLURM_JOB_COMMENT="$2" -- "$HOOK" epilog
	like "a near miss: \"$2\" is said, once" "$STATUS $(cat "$T/log")" \
		"^0 job=90$1 time=[^ ]* level=warning event=near_miss comment=$3 keyword=power_profiling user=alice\$"
}
near 1 Power_Profiling Power_Profiling
near 2 'a, power-profiling;b' power-profiling
near 3 power_profilin power_profilin
near 4 ower_profiling ower_profiling
near 5 power_profiiling power_profiiling
near 6 'x POWER:OOB y' POWER:OOB
near 7 power:oobs power:oobs
near 8 $'power_profi\xe9ing' '"power_profi\\xe9ing"'
: >"$T/log"
for comment in powerprofilin power:x profiling _ "$(printf 'p%.0s' $(seq 100000))" $'power\nprofiling'; do
	run slurm 910 SLURM_JOB_COMMENT="$comment" -- "$HOOK" epilog
done
is "... what is further away is not" "$(cat "$T/log")" ""
check "... and nothing was queued" test ! -e "$Q"
run slurm 2 SLURM_JOB_COMMENT='x power_profiling y' SLURM_JOB_NAME=$'a\nuid=0' \
	SLURM_JOB_STDOUT='/home/alice/%x-%j.out' -- "$HOOK" epilog
is "the keyword in the comment: exit 0" "$STATUS" 0
is "... prints nothing" "$OUT$ERR" ""
ENTRY=$(echo "$Q"/waiting/alpha.2.0.e*)
check "... one entry is waiting" test -f "$ENTRY"
is "... private" "$(stat -c %a "$ENTRY")" 600
is "... in a private directory" "$(stat -c %a "$Q")" 700
entry=$(cat "$ENTRY")
like "... with the name escaped" "$entry" '^name=a%0Auid=0$'
like "... and stdout as Slurm gave it" "$entry" '^stdout=/home/alice/%25x-%25j\.out$'
unlike "... the start is not known" "$entry" '^start='
like "... the end is the clock's" "$entry" '^end_from=epilog$'
like "the log says so, job first" "$(cat "$T/log")" \
	'^job=2 time=[0-9T:Z-]+ level=info event=queued key=alpha\.2\.0\.e[0-9]+ user=alice'
check "nothing is left in tmp" test -z "$(ls "$Q/tmp")"

# --- how the worker was started ---
check "a worker was started" wait_started
run cat "$T"/started.*
like "... detached, with the lock" "$OUT" '^args worker --detached --lock-fd 3$'
unlike "... in a session of its own" "$OUT" "^session $(cut -d' ' -f6 /proc/$$/stat) "
unlike "... without slurmctld's variables" "$OUT" '^env SLURM'
like "... with ours" "$OUT" '^env MONSTER_POWER_CONFIG='
is "... no descriptor but the lock above 2" \
	"$(printf '%s\n' "$OUT" | sed -n 's/.* \([0-9]*\) -> .*/\1/p' | grep -vxE '[012]|1[0-9]|255' | tr '\n' ' ')" "3 "
run slurm 3 $wanted -- "$HOOK" prolog
run slurm 3 $wanted -- "$HOOK" epilog
is "with a worker alive no other is started" "$(started)" 1
entry=$(cat "$Q"/waiting/alpha.3.*)
sleep 1
run slurm 3 $wanted -- "$HOOK" epilog
is "an epilog that runs again changes nothing" "$(cat "$Q"/waiting/alpha.3.*)" "$entry"
like "... says the log" "$(tail -n 1 "$T/log")" '^job=3 .*event=already_queued'

# --- signals, pipes, crowds ---
stop_workers
if env --block-signal=TERM true 2>/dev/null; then
	slurm 4 $wanted -- env --block-signal "$HOOK" epilog
	wait_started
	like "blocked signals are free again in the worker" "$(cat "$T"/started.*)" \
		'^SigBlk:[[:space:]]*0+$'
	stop_workers
else
	skip "blocked signals are free again in the worker" "env has no --block-signal"
fi
out=$(slurm 5 $wanted -- "$HOOK" epilog | timeout 5 cat && echo eof)
is "the pipe is closed while the worker lives" "$out" eof
wait_started
stop_workers
for i in $(seq 100 139); do
	slurm "$i" $wanted -- "$HOOK" epilog &
	pids[i]=$!
done
wait "${pids[@]}"
is "40 at once: every one is queued" "$(find "$Q/waiting" -name 'alpha.1[0-3]?.0.*' | wc -l)" 40
wait_started
is "... and one worker is started" "$(started)" 1
stop_workers
slurm 6 -- "$HOOK" epilog
check "any job's end restarts a worker that was killed" wait_started
stop_workers
for i in $(seq 20); do
	slurm 7 $wanted SLURM_JOB_START_TIME=1760497200 -- "$HOOK" epilog &
	pids[i]=$!
done
wait "${pids[@]:1:20}"
is "20 epilogs of one job: one entry" "$(find "$Q/waiting" -name 'alpha.7.*' | wc -l)" 1
check "... nothing is left in tmp" test -z "$(ls "$Q/tmp")"
wait_started
stop_workers

# --- the service ---
touch "$Q/service"
slurm 8 $wanted -- "$HOOK" epilog
sleep 0.2
is "a queue with a service: no worker is started" "$(started)" 0
like "... and the log warns that it does not run" "$(tail -n 1 "$T/log")" '^job=8 .*event=no_worker'
rm "$Q/service"

# --- array, het, requeue, prolog, newer Slurm ---
slurm 9 $wanted SLURM_ARRAY_JOB_ID=9 SLURM_ARRAY_TASK_ID=0 -- "$HOOK" epilog
like "an array task" "$(cat "$Q"/waiting/alpha.9.0.*)" '^array_task=0$'
like "... its label in the log" "$(grep event=queued "$T/log" | tail -n 1)" '^job=9_0 '
slurm 11 $wanted SLURM_HET_JOB_ID=10 SLURM_HET_JOB_OFFSET=1 -- "$HOOK" epilog
like "a het component's label" "$(grep event=queued "$T/log" | tail -n 1)" '^job=10\+1 '
slurm 12 SLURM_JOB_RESTART_COUNT=0 -- "$HOOK" prolog
slurm 12 $wanted SLURM_JOB_RESTART_COUNT=1 -- "$HOOK" epilog # so does 22.05 at a requeue
sleep 1
slurm 12 SLURM_JOB_RESTART_COUNT=1 -- "$HOOK" prolog
slurm 12 $wanted SLURM_JOB_RESTART_COUNT=1 -- "$HOOK" epilog
is "the two runs of a requeued job are two entries" "$(cd "$Q/waiting" && echo alpha.12.* | sed "s/[0-9]\{6,\}/N/g")" \
	"alpha.12.0.N alpha.12.1.N"
rm "$Q"/waiting/alpha.12.*
slurm 12 -- "$HOOK" prolog
check "the prolog records the start of any job" test -s "$Q/start/alpha.12"
read -r start _ <"$Q/start/alpha.12"
slurm 12 $wanted -- "$HOOK" epilog
like "... the epilog takes it over" "$(cat "$Q"/waiting/alpha.12.0.*)" "^start=$start\$"
check "... and closes the record" test ! -e "$Q/start/alpha.12"
slurm 13 -- "$HOOK" prolog
slurm 13 -- "$HOOK" epilog
check "... also for a job nobody asked for" test -z "$(find "$Q/start" -name "alpha.13*")"
slurm 14 SLURM_JOB_START_TIME=5 -- "$HOOK" prolog
check "with SLURM_JOB_START_TIME it records nothing" test ! -e "$Q/start/alpha.14"
slurm 14 $wanted SLURM_JOB_START_TIME=1760497200 SLURM_JOB_END_TIME=1760497800 -- "$HOOK" epilog
like "Slurm 23.02's times are taken" "$(tr '\n' ' ' <"$Q/waiting/alpha.14.0.1760497200")" \
	' start=1760497200 start_from=slurm end=1760497800 end_from=slurm '
slurm 15 $wanted -- "$MP" epilog
check "monster-power epilog does the same" test -n "$(find "$Q/waiting" -name "alpha.15.*")"
slurm 16 $wanted SLURM_SCRIPT_CONTEXT=epilog_slurmctld -- "$HOOK"
check "without an argument, by Slurm's context" test -n "$(find "$Q/waiting" -name "alpha.16.*")"
stop_workers

# --- the installed script ---
sed "s|/[^ ]*/monster-power-hook|$HOOK|g" "$MP_BUILDDIR/etc/monster_epilog_slurmctld.sh" >"$T/epilog.sh"
chmod 755 "$T/epilog.sh"
slurm 17 $wanted -- "$T/epilog.sh"
check "monster_epilog_slurmctld.sh needs no PATH" test -n "$(find "$Q/waiting" -name "alpha.17.*")"
sed 's|/[^ ]*/monster-power-hook|/nonexistent/hook|g' \
	"$MP_BUILDDIR/etc/monster_prolog_slurmctld.sh" >"$T/prolog.sh"
chmod 755 "$T/prolog.sh"
run slurm 17 -- "$T/prolog.sh"
is "a prolog whose program is gone exits 0" "$STATUS$OUT$ERR" 0
stop_workers

# --- what goes wrong ---
quiet() { # NAME: the last run was silent and 0
	is "$1: exit 0, silent" "$STATUS$OUT$ERR" 0
}
cp "$T/mp.ini" "$T/good.ini"
# broken SED: with that done to the file, the job lands where the worker looks, and the log tells
N=200
broken() {
	N=$((N + 1))
	sed "$1" "$T/good.ini" >"$T/mp.ini"
	run slurm $N $wanted -- "$HOOK" epilog
	quiet "a configuration after $1"
	check "... the job is in the configured queue" test -n "$(find "$Q/waiting" -name "alpha.$N.*")"
	like "... and the log tells" "$(cat "$T/log")" "^job=$N .*event=bad_configuration reason=\"[^ ]*mp.ini:$2"
}
broken 's/^\[queue/databse\n&/' '5: no .=.'
broken '1s/$/\npassword = a;b/' '2: .;. or .#.'
broken 's/^\[queue\]/[queue/' '5: the section.s name is not closed'
broken 's/^\[power\]/& x/' '1: something stands after'
broken 's/^delay_seconds.*/delay_seconds = soon/' '4: .*not a whole number'
broken 's/^comment_keyword.*/comment_keyword = "power_profiling/' '2: the quote is not closed'
sed 's/^\[queue/[database]\nprot = 1\n[nonsense]\nx = 1\n[route a b]\n[route x]\ny = 1\n&/' "$T/good.ini" >"$T/mp.ini"
run slurm 220 $wanted -- "$HOOK" epilog
quiet "what concerns others"
unlike "... is not the hook's affair" "$(cat "$T/log")" '^job=220 .*bad_configuration'
cp "$T/good.ini" "$T/mp.ini"
chmod 666 "$T/mp.ini"
run slurm 21 $wanted MONSTER_POWER_LOGFILE="$T/log" -- "$HOOK" epilog
quiet "a configuration others can write"
like "... is refused" "$(grep '^job=21 .*bad_conf' "$T/log")" 'chmod 06'
check "... but for a queue of our own" test -n "$(find "$Q/waiting" -name "alpha.21.*")"
cp "$T/good.ini" "$T/mp.ini"
stop_workers
chmod 600 "$T/mp.ini"
chmod 755 "$Q"
run slurm 22 $wanted -- "$HOOK" epilog
quiet "a queue open to others"
like "... is not used" "$(tail -n 1 "$T/log")" '^job=22 .*event=not_queued .*chmod 0700'
chmod 700 "$Q"
run slurm 23 $wanted MONSTER_POWER_QUEUE_DIRECTORY="$T/no/such/place" -- "$HOOK" epilog
quiet "no place for the queue"
like "... the log says what to do" "$(tail -n 1 "$T/log")" '^job=23 .*not_queued .*install -d'
wait_started
stop_workers
run slurm 24 $wanted MONSTER_POWER_PROGRAM=/nonexistent/mp -- "$HOOK" epilog
quiet "no worker to start"
wait_for 2 grep -q worker_not_started "$T/log"
like "... the log says so" "$(cat "$T/log")" 'event=worker_not_started program=/nonexistent/mp'
stop_workers
mkdir "$T/home"
# shellcheck disable=SC2088 # the program expands it
run slurm 26 $wanted HOME="$T/home" MONSTER_POWER_LOGFILE='~/log' MONSTER_POWER_DELAY_SECONDS=600000 -- "$HOOK" epilog
quiet "a log in the home directory, a delay of a week"
like "... the log is there" "$(cat "$T/home/log")" '^job=26 .*event=queued'
due=$(find "$Q/waiting" -name "alpha.26.*" -printf '%T@' | cut -d. -f1)
check "... and the delay counts" test "${due:-0}" -gt $(($(date +%s) + 590000))
rm -f "$Q"/waiting/alpha.26.*
run slurm 25 -- env -u SLURM_JOB_ID "$HOOK" epilog
quiet "no SLURM_JOB_ID"
run slurm 25 MONSTER_POWER_CONFIG="$T/none.ini" -- "$HOOK" prolog
quiet "a configuration that is not there"
rm -f "$T/log2"; ln -s "$T/victim" "$T/log2"
run slurm 26 $wanted MONSTER_POWER_LOGFILE="$T/log2" -- "$HOOK" epilog
quiet "a symlink for a log file"
check "... is not followed" test ! -e "$T/victim"
mkfifo "$T/fifo"
run timeout 5 env -i MONSTER_POWER_LOGFILE="$T/fifo" MONSTER_POWER_CONFIG="$T/mp.ini" SLURM_JOB_ID=27 \
	MONSTER_POWER_PROGRAM="$T/worker" $wanted "$HOOK" epilog
quiet "a FIFO for a log file"
mv "$T/log" "$T/log.1"
slurm 28 $wanted -- "$HOOK" epilog
like "a rotated log is opened anew" "$(cat "$T/log")" '^job=28 .*event=queued'
stop_workers
if [ "$(id -u)" = 0 ] && mkdir "$T/full" && mount -t tmpfs -o size=64k,mode=0700 none "$T/full" 2>/dev/null; then
	at_exit "umount '$T/full'"
	dd if=/dev/zero of="$T/full/fill" bs=4k count=15 2>/dev/null
	run slurm 29 $wanted MONSTER_POWER_QUEUE_DIRECTORY="$T/full" \
		SLURM_JOB_NODELIST="$(printf 'n%06d,' $(seq 4000))" -- "$HOOK" epilog
	quiet "a full disk"
	like "... the log tells" "$(tail -n 1 "$T/log" | cut -c1-200)" '^job=29 .*event=not_queued reason=".*No space'
	check "... no half entry is left" test -z "$(find "$T/full" -name "alpha*")"
else
	skip "a full disk" "needs root to mount a small file system"
fi
libs=$(ldd "$HOOK" 2>/dev/null | grep -vE 'linux-vdso|ld-linux|libc\.|libiniparser|libasan|libubsan|libm\.|libgcc|libstdc' | awk '{print $1}')
is "the hook links libc and iniparser only" "$libs" ""

done_testing
