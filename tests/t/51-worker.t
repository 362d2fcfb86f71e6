#!/bin/bash
# SPDX-License-Identifier: MIT
# The worker on a queue of jobs, without Slurm and without a database (backend csv): every
# entry ends in one whole report or one recorded reason, whatever is killed when.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"

HOOK=$MP_BUILDDIR/monster-power-hook
Q=$T/queue
OUT_DIR=$T/home
mkdir "$OUT_DIR"
OWNER=$(id -un)
if [ "$OWNER" = root ]; then # root gets no reports of its own
	OWNER=nobody
	chmod 711 "$T"
	chown $OWNER "$OUT_DIR"
fi
cp "$MP_SRCDIR/tests/data/recording.csv" "$T/samples.csv"
ini() {
	printf '[power]\nbackend = csv\nlogfile = %s\ndelay_seconds = 0\nmax_wait_seconds = 0\n' "$T/log"
	printf '[csv]\ninput = %s\n[queue]\ndirectory = %s\n' "$T/samples.csv" "$Q"
}
ini >"$T/mp.ini"
chmod 600 "$T/mp.ini"
export MONSTER_POWER_CONFIG=$T/mp.ini

# submit ID [VAR=VALUE...]: what the epilog of a job of ours does
submit() {
	local id=$1
	shift
	env -i MONSTER_POWER_CONFIG="$T/mp.ini" MONSTER_POWER_PROGRAM="${PROGRAM:-/bin/true}" \
		SLURM_JOB_ID="$id" SLURM_CLUSTER_NAME=alpha SLURM_JOB_RESTART_COUNT=0 \
		SLURM_JOB_UID="$(id -u $OWNER)" SLURM_JOB_GID="$(id -g $OWNER)" SLURM_JOB_USER="$OWNER" \
		SLURM_JOB_NODELIST='rpc-91-[1-2]' SLURM_JOB_NAME=sim SLURM_JOB_WORK_DIR="$OUT_DIR" \
		SLURM_JOB_COMMENT=power_profiling SLURM_JOB_START_TIME=1760497200 \
		SLURM_JOB_END_TIME=1760497500 "$@" "$HOOK" epilog
}
count() { find "$Q/$1" -type f | wc -l; }
reports() { find "$OUT_DIR" -mindepth 2 -path '*/power_*/summary.json' | wc -l; }
# whole DIR: all its files, and a summary that ends
whole() {
	local f
	for f in raw_power.csv timeseries.png timeseries.pdf energy_pie.png energy_pie.pdf report.txt summary.json; do
		[ -s "$1/$f" ] || return 1
	done
	[ "$(tail -c 2 "$1/summary.json")" = "}" ] &&
		[ "$(head -n 1 "$1/raw_power.csv")" = timestamp,hostname,source,fqdd,value,units,metric ]
}
worker_pid() { cat "$Q/lock" 2>/dev/null; }
stop_worker() {
	local pid
	pid=$(worker_pid)
	[ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = monster-power ] || return 0
	kill "${1:--TERM}" "$pid" 2>/dev/null
	wait_for 20 sh -c "! kill -0 $pid" # a zombie is ours to wait for
	wait "$pid" 2>/dev/null
}
at_exit stop_worker
is_free() { run "$MP" queue && ! printf '%s' "$OUT" | grep -q '^worker: process'; }

# --- the ordinary way ---
for i in 1 2 3; do submit $i; done
submit 4 SLURM_ARRAY_JOB_ID=4 SLURM_ARRAY_TASK_ID=7
submit 6 SLURM_HET_JOB_ID=5 SLURM_HET_JOB_OFFSET=1 SLURM_JOB_NAME=$'evil\n\033[31m'
run "$MP" queue
like "queue shows what waits" "$OUT" '^4_7 +waiting +0 '
like "... and counts" "$OUT" '^0 running, 5 waiting, 0 failed, 0 reported'
like "... and that no worker is there" "$OUT" '^worker: none'
run "$MP" worker --drain
is "a drain that reports all exits 0" "$STATUS" 0
is "... silently" "$OUT$ERR" ""
is "... every entry is done" "$(count waiting) $(count running) $(count failed) $(count "done")" "0 0 0 5"
check "... a whole report" whole "$OUT_DIR/power_1"
check "... under an array task's name" whole "$OUT_DIR/power_4_7"
check "... under a het component's name" whole "$OUT_DIR/power_5+1"
like "... and the log says where" "$(grep '^job=1 .*reported' "$T/log")" \
	"verdict=[a-z]+ path=$OUT_DIR/power_1 as=$OWNER"
check "... with its page" test -s "$OUT_DIR/power_1/report.html"
submit 8
MONSTER_POWER_HTML=no run "$MP" worker --drain
check "html = no: whole ..." whole "$OUT_DIR/power_8"
check "... without a page" test ! -e "$OUT_DIR/power_8/report.html"
submit 9
MONSTER_POWER_RAW=csv.zst run "$MP" worker --drain
is "raw = csv.zst: what it holds is the other report's" \
	"$(zstd -dcq "$OUT_DIR/power_9/raw_power.csv.zst")" "$(cat "$OUT_DIR/power_1/raw_power.csv")"
submit 18
MONSTER_POWER_RAW_LIMIT=2 run "$MP" worker --drain
check "raw_limit: no rows" test ! -e "$OUT_DIR/power_18/raw_power.csv"
like "... says so" "$(cat "$OUT_DIR/power_18/report.txt")" '^Rows +not kept: [0-9]+ are more than raw_limit, 2$'
submit 1
is "a job that was reported is not queued again" "$(count waiting)" 0

# --- what cannot be reported ---
submit 10 SLURM_JOB_NODELIST=unknown-1 SLURM_JOB_USER=$'a\033b'
submit 11 SLURM_JOB_START_TIME=
submit 12 SLURM_JOB_START_TIME=1860497200 SLURM_JOB_END_TIME=1860497500
submit 13 SLURM_JOB_START_TIME=1760497200 SLURM_JOB_END_TIME=1760497100
submit 14 SLURM_JOB_NODELIST=
submit 15 SLURM_JOB_NODELIST='rpc-91-[1-'
echo 'not an entry' >"$Q/waiting/alpha.16.0.1"
submit 17
touch -d @1760497500 "$Q/waiting/alpha.12.0.1860497200" # its end is in the future
run "$MP" worker --drain
is "a drain with failures exits 1" "$STATUS" 1
like "... and says so" "$ERR" '1 reported, 7 failed'
run "$MP" queue
like "no route" "$OUT" '^10 +failed .*no route knows'
like "... the user's bytes are escaped" "$OUT" '"a\\x1bb"'
like "no start" "$OUT" '^11 +failed .*start of the job is not known'
like "no samples" "$OUT" '^12 +failed .*no power samples'
like "an end before the start" "$OUT" '^13 +failed .*after its end'
like "no nodes" "$OUT" '^14 +failed .*never ran'
like "a broken nodelist" "$OUT" '^15 +failed '
like "what is no entry" "$OUT" '^alpha.16.0.1 +failed +unreadable'
check "the others are reported" whole "$OUT_DIR/power_17"
rm -f "$Q/failed/"*

# --- its owner is told, beside the job's output ---
told() { tr '\n' ' ' <"$OUT_DIR/power_$1/NO_REPORT.txt" | tr -s ' '; }
is "a note for each that could be read" "$(cd "$OUT_DIR" && echo */NO_REPORT.txt)" \
	"power_11/NO_REPORT.txt power_12/NO_REPORT.txt power_13/NO_REPORT.txt power_14/NO_REPORT.txt power_15/NO_REPORT.txt"
like "... the name is not its uid's: none, says the log" "$(grep '^job=10 .*event=no_note' "$T/log")" 'reason='
is "... the owner's" "$(stat -c %U "$OUT_DIR"/power_1[1-5]/NO_REPORT.txt | sort -u)" "$OWNER"
like "... no samples: why, and what to do" "$(told 12)" 'Job 12, ended 2028.* Why: No power was measured .* What to do: .*ask your administrators'
like "... no start" "$(told 11)" 'Why: It is not known when the job started\.'
like "... no nodes" "$(told 14)" 'Why: Slurm gave no nodes: the job never ran '
unlike "... nothing of the site's inside" "$(cat "$OUT_DIR"/power_*/NO_REPORT.txt)" "mp.ini|samples.csv|$T|route"
is "... at most 80 wide" "$(cat "$OUT_DIR"/power_*/NO_REPORT.txt | awk 'length > 80' | wc -l)" 0
mkdir "$OUT_DIR/full"
chmod 555 "$OUT_DIR/full"
submit 19 SLURM_JOB_NODELIST=unknown-1 SLURM_JOB_WORK_DIR="$OUT_DIR/full"
run "$MP" worker --drain
like "where it cannot be written: the log says so" "$(grep '^job=19 .*event=no_note' "$T/log")" "reason=\".*$OUT_DIR/full.*: Permission denied"
is "... and nothing is there" "$(ls -A "$OUT_DIR/full")" ""
chmod 755 "$OUT_DIR/full"
rm -f "$Q/failed/"*

# --- what may pass ---
mv "$T/samples.csv" "$T/away.csv"
submit 20
submit 21
run timeout 60 "$MP" worker --drain
is "no backend: a drain ends, 1" "$STATUS" 1
is "... and everything still waits" "$(count waiting) $(count failed)" "2 0"
run "$MP" queue
like "... with the reason" "$OUT" '^2[01] +waiting .* [1-9] .*samples.csv'
sed -i 's/^queued=.*/queued=1000000000/' "$Q/waiting/alpha.20.0.1760497200" # a long time ago
touch -d '1 minute ago' "$Q/waiting/alpha.20.0.1760497200"
mv "$Q/waiting/alpha.21.0.1760497200" "$T/"
run timeout 60 "$MP" worker --drain
run "$MP" queue
like "... its owner is told" "$(told 20)" 'Why: The power samples could not be had from where they are kept'
like "after retry_hours it is failed, with the last reason" "$OUT" '^20 +failed .*gave up after .*samples.csv'
mv "$T/away.csv" "$T/samples.csv"
mv "$T/alpha.21.0.1760497200" "$Q/waiting/"
run "$MP" queue retry 20
is "queue retry: exit 0" "$STATUS" 0
run "$MP" queue retry 20
is "... of what has not failed: 1" "$STATUS" 1
like "... naming it" "$ERR" 'no failed or reported job is called 20'
run "$MP" queue retry all
is "... of all where none has: nothing, 0" "$STATUS $(head -n 1 <<<"$OUT")" "0 0 put back"
run timeout 60 "$MP" worker --drain
check "then it is reported" whole "$OUT_DIR/power_20"
check "... and the note is gone" test ! -e "$OUT_DIR/power_20/NO_REPORT.txt"
made=$(stat -c %i "$OUT_DIR/power_20")
run "$MP" queue retry 20
is "queue retry of a reported job: exit 0" "$STATUS $(head -n 1 <<<"$OUT")" "0 1 put back"
run timeout 60 "$MP" worker --drain
check "... makes the report anew" whole "$OUT_DIR/power_20"
check "... another one" test "$made" != "$(stat -c %i "$OUT_DIR/power_20")"
submit 22 SLURM_JOB_NODELIST=unknown-1
submit 23
run "$MP" queue forget 23
is "queue forget of a waiting job: exit 0" "$STATUS $(head -n 1 <<<"$OUT")" "0 1 forgotten"
run timeout 60 "$MP" worker --drain
run "$MP" queue forget 22
is "... of a failed one" "$STATUS $(head -n 1 <<<"$OUT") $(count waiting) $(find "$Q/failed" -name 'alpha.2[23].*' | wc -l)" "0 1 forgotten 0 0"
check "... which was not reported" test ! -e "$OUT_DIR/power_23"
run "$MP" queue forget 22
like "... of nobody: 1, named" "$STATUS $ERR" '^1 .*no failed or waiting job is called 22'

# --- no room, neither beside the output nor in outdir ---
mkdir "$T/fs"
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=96k,mode=755 tmpfs "$T/fs" 2>/dev/null; then
	at_exit "umount -l $T/fs 2>/dev/null"
	install -d -o $OWNER "$T/fs/w"
	install -d "$T/fs/out"
	submit 24 SLURM_JOB_WORK_DIR="$T/fs/w"
	MONSTER_POWER_OUTDIR=$T/fs/out run timeout 60 "$MP" worker --drain
	is "no room: nothing is given up" "$(count waiting) $(count failed)" "1 0"
	run "$MP" queue
	like "... the reason is there" "$OUT" '^24 +waiting .* [1-9] .*No space left on device'
	like "... and the first one is not lost" "$OUT" "^24 .*beside the job's output, before: .*No space left"
	is "... nothing is left over" "$(find "$T/fs" -mindepth 2)" ""
	mount -o remount,size=16m "$T/fs"
	touch -d '1 minute ago' "$Q/waiting/alpha.24.0.1760497200"
	MONSTER_POWER_OUTDIR=$T/fs/out run timeout 60 "$MP" worker --drain
	check "with room: the report, beside the output" whole "$T/fs/w/power_24"
	umount "$T/fs"
else
	skip "no room" "needs root and a tmpfs"
fi

# --- two workers, signals, services ---
"$MP" worker &
worker=$!
wait_for 30 grep -q . "$Q/lock"
wait_for 30 sh -c "[ \$(cat $Q/lock) = $worker ]"
run "$MP" worker --drain
is "a second worker: exit 1" "$STATUS" 1
like "... naming the first" "$ERR" "process $worker"
run "$MP" queue
like "queue shows the worker" "$OUT" "^worker: process $worker"
submit 30
check "a waiting worker sees a new entry" wait_for 30 whole "$OUT_DIR/power_30"
# A thread in the process that forks the writers may hold a lock that the writer then waits for:
# the page faults of the process are those of its one thread, unless there was another.
spawner=$(pgrep -P "$(pgrep -P "$worker")")
read -r -a process <"/proc/$spawner/stat"
read -r -a thread <"/proc/$spawner/task/$spawner/stat"
is "the spawner has never had a second thread" "${process[9]}" "${thread[9]}"
"$MP" worker --service &
service=$!
sleep 1
kill "$worker"
wait "$worker"
is "SIGTERM ends a worker cleanly" "$?" 0
check "... and a service takes over" wait_for 30 sh -c "[ \$(cat $Q/lock) = $service ]"
check "... marks the queue" test -f "$Q/service"
submit 31
check "... and works" wait_for 30 whole "$OUT_DIR/power_31"
kill "$service"
wait "$service"
is "... until it is told to stop" "$?" 0
check "... and takes its mark along" test ! -e "$Q/service"

# --- an idle child that was told to go, and is slow to ---
wait_for 20 is_free # a child of the service's may hold the lock for a moment longer
"$MP" worker --verbose >"$T/idle.log" 2>&1 &
worker=$!
wait_for 30 sh -c "[ \"\$(cat $Q/lock)\" = $worker ]" # the hook takes the lock for a moment as well
submit 32
check "one report" wait_for 30 whole "$OUT_DIR/power_32"
wait_for 10 sh -c "[ -z \"\$(ls $Q/running)\" ]"
child=$(pgrep -P "$worker")
kill -STOP "$child"
sleep 27 # CHILD_IDLE, and a look every CHILD_IDLE / 4
submit 33
check "a job that comes while an idle child goes" wait_for 30 whole "$OUT_DIR/power_33"
kill -CONT "$child"
is "... is not given to that child" "$(grep -c 'job=33 .*interrupted' "$T/log")" 0
check "... which ends" wait_for 30 sh -c "! kill -0 $child"
kill "$worker"
wait "$worker"

# --- a SIGTERM in the middle ---
for i in $(seq 100 119); do submit "$i"; done
"$MP" worker &
worker=$!
wait_for 20 sh -c "[ \$(ls $Q/done | grep -c 'alpha.1[01][0-9].0') -ge 4 ]"
kill "$worker"
wait "$worker"
is "SIGTERM in the middle of 20: exit 0" "$?" 0
is "... nothing is left running" "$(count running)" 0
n=$(($(count waiting) + $(find "$Q/done" -name 'alpha.1[01]?.0.*' | wc -l)))
is "... and nothing is lost" "$n" 20
run "$MP" worker --drain
is "... the rest is reported later" "$STATUS $(count waiting)" "0 0"

# --- killed at any instant ---
: >"$T/log"
for i in $(seq 200 239); do submit "$i"; done
for round in 1 2 3 4 5 6; do
	"$MP" worker 2>/dev/null &
	worker=$!
	wait_for 30 sh -c "[ \"\$(cat $Q/lock)\" = $worker ]"
	sleep "0.$((RANDOM % 40 + 5))"
	if [ $((round % 2)) = 1 ]; then
		kill -KILL "$worker" # the master: its children put back what they were at
		wait "$worker" 2>/dev/null
		wait_for 20 is_free
	else
		for child in $(cat "/proc/$worker/task/$worker/children" 2>/dev/null); do
			kill -KILL "$child" 2>/dev/null # the children: the master puts it back
		done
		sleep 0.2
		kill "$worker" 2>/dev/null
		wait "$worker"
	fi
done
run timeout 100 "$MP" worker --drain
is "killed six times among 40 jobs: the drain exits 0" "$STATUS" 0
is "... every entry is done" "$(find "$Q/done" -name 'alpha.2[0-3]?.0.*' | wc -l) $(count waiting) $(count running) $(count failed)" "40 0 0 0"
bad=0
for i in $(seq 200 239); do whole "$OUT_DIR/power_$i" || bad=$((bad + 1)); done
is "... every report is whole" "$bad" 0
is "... nothing is left of the killed" "$(find "$OUT_DIR" -maxdepth 1 -name '.power_*' | wc -l)" 0
is "... nor in the queue" "$(count tmp)" 0
like "... the log tells of it" "$(cat "$T/log")" 'event=(interrupted|worker_starts)'

# --- a killed writer ---
mv "$T/samples.csv" "$T/away.csv"
mkfifo "$T/samples.csv"
submit 251
"$MP" worker &
worker=$!
check "a writer is ready before its samples" wait_for 30 sh -c "ls -d $OUT_DIR/.power_251.*"
kill -KILL "$(pgrep -P "$(pgrep -P "$(pgrep -P "$worker")")")"
exec 7<>"$T/samples.csv" # does not wait for a reader
mv "$T/away.csv" "$T/samples.csv"
timeout 20 cat "$T/samples.csv" >&7
exec 7>&-
check "... killed, another one makes the report" wait_for 30 whole "$OUT_DIR/power_251"
like "... and the log tells of it" "$(grep 'job=251 ' "$T/log")" 'event=interrupted reason="the writer'
is "... nothing else is left" "$(find "$OUT_DIR" -name '.power_251.*' | wc -l)" 0
kill "$worker"
wait "$worker"

# --- a process that dies at every try ---
submit 250
sed -i 's/^interrupted=.*/interrupted=4/' "$Q/waiting/alpha.250.0.1760497200"
touch -d '1 minute ago' "$Q/waiting/alpha.250.0.1760497200"
mv "$Q/waiting/alpha.250.0.1760497200" "$Q/running/"
run "$MP" worker --drain
run "$MP" queue
like "an entry that kills its worker five times is given up" "$OUT" '^250 +failed .*gave up after 5 interruptions'
like "... its owner is told" "$(told 250)" 'Why: The process that makes the report ended every time'
rm -f "$Q/failed/"*
submit 250
mv "$Q/waiting/alpha.250.0.1760497200" "$Q/running/"
echo interrupted=5 >"$T/five"
sed -i -e "/^interrupted=/d" -e "/^end\$/{r $T/five
N}" "$Q/running/alpha.250.0.1760497200"
sed -i -e '/^end$/d' "$Q/running/alpha.250.0.1760497200"
echo end >>"$Q/running/alpha.250.0.1760497200"
run "$MP" worker --drain
like "... also one whose last words kill it" "$("$MP" queue)" '^250 +failed .*gave up after 6 interruptions'
rm -f "$Q/failed/"*

# --- a requeued job ---
submit 300 SLURM_JOB_RESTART_COUNT=1 SLURM_JOB_START_TIME=1760498000 SLURM_JOB_END_TIME=1760498300
submit 300 SLURM_JOB_RESTART_COUNT=1
touch -d @1760499999 "$Q/waiting/alpha.300.1.1760497200" # the first run's entry is due later
run timeout 60 "$MP" worker --drain
is "two runs of a job: exit 0" "$STATUS" 0
is "... are reported in order" "$(sed -n 's/^job=300 .*event=reported.*/reported/p' "$T/log" | wc -l)" 2
like "... so that power_300 is the last run's" "$(cat "$OUT_DIR/power_300/summary.json")" '"start": "2025-10-15T03:13:20'

# --- by the hook alone ---
export PROGRAM=$MP
submit 400
check "the hook's own worker reports" wait_for 20 whole "$OUT_DIR/power_400"
pid=$(worker_pid)
is "... in a session of its own" "$(cut -d' ' -f6 "/proc/$pid/stat" 2>/dev/null | grep -cx "$(ps -o pgid= -p $$ | tr -d ' ')")" 0
for i in $(seq 401 420); do submit "$i" & done
wait
check "... and what comes while it is there" wait_for 40 sh -c "[ \$(ls -d $OUT_DIR/power_4[0-9][0-9] | wc -l) = 21 ]"
is "... it is still the same one" "$(worker_pid)" "$pid"
check "... which ends when there is nothing left" wait_for 30 is_free
is "no report is missing" "$(find "$Q/done" -name 'alpha.4*' | wc -l)" 22

# --- a site with a tree of its own ---
mkdir -m 1777 "$T/tree"
chmod 1777 "$T/tree"
sed "s|^backend = csv|&\nplace = outdir\noutdir = $T/tree\ndirectory = %u/%j|" "$T/mp.ini" >"$T/tree.ini"
cp "$T/mp.ini" "$T/before.ini"
cat "$T/tree.ini" >"$T/mp.ini"
PROGRAM=/bin/true submit 500
PROGRAM=/bin/true submit 502 SLURM_ARRAY_JOB_ID=501 SLURM_ARRAY_TASK_ID=7
run "$MP" worker --drain
is "place = outdir, directory = %u/%j" "$STATUS $OUT$ERR" "0 "
check "... a report in the tree" whole "$T/tree/$OWNER/500"
check "... an array task by its own number" whole "$T/tree/$OWNER/502"
is "... the owner's" "$(stat -c %U "$T/tree/$OWNER/500")" "$OWNER"
is "... and none beside the output" "$(find "$OUT_DIR" -name '*50[02]*' | wc -l)" 0
like "... the log says where, and calls it no fallback" "$(grep '^job=500 .*reported' "$T/log")" \
	"path=$T/tree/$OWNER/500 as=$OWNER seconds=[0-9.]+\$"
run "$MP" queue retry 500
is "queue retry takes it up again" "$STATUS" 0
touch -d '1 hour ago' "$T/tree/$OWNER/500/summary.json"
"$MP" worker --drain
is "... and replaces it" "$(find "$T/tree" -name summary.json | wc -l)" 2
is "... with a new one" "$(find "$T/tree/$OWNER/500/summary.json" -mmin -30 | wc -l)" 1
mkdir "$T/again"
run "$MP" profile --input "$T/tree/$OWNER/500/raw_power.csv" --outdir "$T/again"
check "it replays" cmp "$T/tree/$OWNER/500/raw_power.csv" "$T/again/power_500/raw_power.csv"
run sh -c "cd $T/tree/$OWNER && '$MP' show 500"
like "show finds it by number where it lies" "$OUT" 500
run sh -c "cd $T/tree && '$MP' show 501_7"
like "... and by the job's number below" "$OUT" 501_7
run sh -c "cd $T/tree && '$MP' show"
is "... and the newest" "$STATUS" 0
PROGRAM=/bin/true submit 504 SLURM_JOB_NODELIST=unknown-1
"$MP" worker --drain
check "a note says in the tree why there is no report" test -s "$T/tree/$OWNER/504/NO_REPORT.txt"
PROGRAM=/bin/true submit 503 SLURM_JOB_NAME='../../x y'
sed 's|^place = .*|place = beside|; s|^directory = %u.*|directory = %x/power_%j|' "$T/tree.ini" >"$T/mp.ini"
run "$MP" worker --drain
check "a job's name stays one part of the path" whole "$OUT_DIR/_._.._x_y/power_503"
for bad in /%j %u ../%j %u/.%j %z%j; do
	sed "s|^directory = %u.*|directory = $bad|" "$T/tree.ini" >"$T/bad.ini"
	chmod 600 "$T/bad.ini"
	run "$MP" config --config "$T/bad.ini"
	is "directory = $bad is refused" "$STATUS" 2
	like "... by name" "$ERR" '\[power\] directory = '
done
cat "$T/before.ini" >"$T/mp.ini"

# --- a service comes while the hook's worker is at it ---
PROGRAM=/bin/true submit 430
touch -d '+20 seconds' "$Q/waiting/alpha.430.0.1760497200"
submit 431
wait_for 20 grep -q '^job=431 .*reported' "$T/log"
"$MP" worker --service &
service=$!
check "a service comes: the hook's worker goes" wait_for 30 sh -c "[ \$(cat $Q/lock) = $service ]"
check "... and leaves it the job that waits" wait_for 30 grep -q '^job=430 .*reported' "$T/log"
like "... in this order" "$(grep -oE 'worker_starts pid=[0-9]+|^job=430 .*event=reported' "$T/log" |
	tail -n 2 | tr '\n' ' ')" "^worker_starts pid=$service job=430 "
kill "$service"
wait "$service"

done_testing
