#!/bin/bash
# SPDX-License-Identifier: MIT
# The trust boundary, as root: the writer becomes the job's owner for good before it touches
# a path, never held a secret, and nothing the owner plants makes it write elsewhere.
# doc/design-trust.md names the rule behind each test.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/users.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root, to become other users"
{ make_user A mp-ta && make_user B mp-tb; } || skip_all "cannot make users"
A_UID=$(id -u $A) A_GID=$(id -g $A)
chmod 755 "$T"
cp "$MP_BUILDDIR/tests/tools/writer_drive" "$MP_BUILDDIR/tests/tools/memgrep" "$T/"
DRIVE=$T/writer_drive
umask 022

# new: a fresh job directory of A's, $W
new() {
	rm -rf "$T/w" "$T/out"
	install -d -o $A -g "$A_GID" "$T/w"
	mkdir "$T/out"
	W=$T/w
}
# drive key=value...: a job of A's
drive() { run timeout 60 "$DRIVE" uid="$A_UID" gid="$A_GID" user=$A "$@"; }
# gone PID: ended, though perhaps not yet reaped by whoever has it now
gone() { ! grep -q '^State:.[^Z]' "/proc/$1/status" 2>/dev/null; }
owner() { stat -c '%U:%a' "$1" 2>/dev/null; }
listing() { (cd "$1" && find . | sort | tr '\n' ' '); }
state() { (cd "$1" && find . -printf '%p %y %U %m %s %T@ %l\n' | sort); }

# --- a writer that does not answer (half a minute; looked at further down)
# Nobody forks it, as if its owner had stopped it before it could say a word.
mkfifo "$T/held"
install -d -o $A -g "$A_GID" "$T/late"
timeout 60 "$DRIVE" uid="$A_UID" gid="$A_GID" user=$A jobdir="$T/late" secret="$T/held" \
	>"$T/late.out" 2>&1 &
late=$!
wait_for 5 grep -q worker "$T/late.out"
held=$(pgrep -P "$(sed -n 's/^worker //p' "$T/late.out")")
kill -STOP "$held"
echo secret >"$T/held"
(
	sleep 40
	kill -CONT "$held"
) &

# --- as whom, and with which modes
new
drive jobdir="$W"
is "a report beside the job's output" "$STATUS" 0
is "... is its owner's" "$(owner "$W/power_42")" "$A:750"
is "... every file of it" \
	"$(stat -c '%U:%a' "$W"/power_42/* | sort | uniq -c | tr -s ' ')" " 8 $A:640"
like "... and no fallback" "$OUT" '^fallback 0'
is "nothing else is left" "$(cd "$W" && echo .[!.]* *)" '.[!.]* power_42'
new
chmod 700 "$W"
drive jobdir="$W"
is "a closed directory's report is closed" "$(owner "$W/power_42")" "$A:700"
is "... and its files" "$(owner "$W/power_42/raw_power.csv")" "$A:600"
usermod -c 'Ann,,,,umask=0077' $A
new
drive jobdir="$W"
is "an owner whose login sets umask 077" "$(owner "$W/power_42") $(owner "$W/power_42/raw_power.csv")" "$A:700 $A:600"
usermod -c '' $A

# --- the directory is not what it was
# (stands for /etc, which a test that fails must not write to)
mkdir "$T/roots"
echo "root:x:0:0" >"$T/roots/passwd"
before=$(state "$T/roots")
new
rmdir "$W" && ln -s "$T/roots" "$W"
drive jobdir="$W"
is "job directory replaced by a link to a directory of root's: refused" "$STATUS" 1
like "... naming it" "$ERR" "$W.*Permission denied"
drive jobdir="$W" outdir="$T/out"
is "... with outdir: goes there" "$STATUS" 0
like "... and says which and why" "$OUT" "^why as $A: .*$W: Permission denied"
like "... as a fallback" "$OUT" '^fallback 1'
is "... still the owner's" "$(owner "$T/out/power_42")" "$A:750"
is "root's directory is as it was" "$(state "$T/roots")" "$before"

new
drive jobdir="$T/roots" outdir="$T/out" repeat=2
is "two reports that only root can put anywhere" "$STATUS" 0
is "... are the owner's" "$(owner "$T/out/power_42")" "$A:750"
is "... and who wrote the first does not serve the owner's next" "$(state "$T/roots")" "$before"

# --- a tree of reports: outdir/<user>/<job id>
new
drive directory="$A/42" outdir="$T/out"
is "a tree in an outdir of root's: the report is the owner's" "$STATUS $(owner "$T/out/$A/42")" "0 $A:750"
is "... the directory above it root's, and passable" "$(owner "$T/out/$A")" root:755
check "... so that the owner reads it" as $A test -r "$T/out/$A/42/summary.json"
like "... and what is told is where it is" "$OUT" "^path $T/out/$A/42\$"
new
chmod 1777 "$T/out"
drive directory="$A/42" outdir="$T/out"
is "a tree in an outdir open to all: all of it is the owner's" \
	"$STATUS $(owner "$T/out/$A" | cut -d: -f1) $(owner "$T/out/$A/42")" "0 $A $A:750"
new
install -d -m 755 -o $A -g $A "$T/out/$A"
drive directory="$A/42" outdir="$T/out"
is "... and so where the Python script left the owner's" \
	"$STATUS $(owner "$T/out/$A") $(owner "$T/out/$A/42")" "0 $A:755 $A:750"
for kind in link theirs dangling; do
	new
	chmod 1777 "$T/out"
	install -d -o $B -m 777 "$T/b"
	case $kind in
	link) as $B ln -s "$T/b" "$T/out/$A" ;;
	dangling) as $B ln -s "$T/b/new" "$T/out/$A" ;;
	theirs) as $B sh -c "mkdir $T/out/$A && chmod 777 $T/out/$A" ;;
	esac
	before=$(state "$T/b")$(state "$T/out")
	drive directory="$A/42" outdir="$T/out"
	is "a $kind planted on the way is not entered, by root neither" "$STATUS" 1
	like "... and named" "$ERR" "$T/out/$A (is a symbolic link|belongs to uid)"
	is "... nothing is changed" "$(state "$T/b")$(state "$T/out")" "$before"
	rm -rf "$T/b"
done
drive directory="../42" outdir="$T/out"
isnt "a name that leads upwards is no hello" "$STATUS" 0

for kind in symlink dangling file fifo theirs; do
	new
	install -d -o $B -m 777 "$T/b"
	case $kind in
	symlink) as $A ln -s "$T/b" "$W/power_42" ;;
	dangling) as $A ln -s "$T/b/new" "$W/power_42" ;;
	file) as $A sh -c "echo mine >$W/power_42" ;;
	fifo) as $A mkfifo "$W/power_42" ;;
	theirs) install -d -o $B -m 777 "$W/power_42" ;;
	esac
	before=$(state "$T/w" | grep -v '^\. '; state "$T/b")
	drive jobdir="$W"
	is "planted $kind: refused" "$STATUS" 1
	like "... naming it" "$ERR" "$W/power_42 (is|belongs)"
	is "... and untouched" "$(state "$T/w" | grep -v '^\. '; state "$T/b")" "$before"
	rm -rf "$T/b"
done

new
as $A mkdir "$W/power_42"
echo precious >"$T/b-file"
chown $B "$T/b-file"
chmod 666 "$T/b-file"
ln "$T/b-file" "$W/power_42/raw_power.csv"
ln "$T/b-file" "$W/power_42/summary.json"
as $A sh -c "mkfifo $W/power_42/timeseries.png; ln -s /etc/passwd $W/power_42/energy_pie.pdf"
drive jobdir="$W"
is "hard links, FIFO and link under the file names: replaced" "$STATUS" 0
is "... not written through" "$(cat "$T/b-file")" precious
is "... by plain files" "$(find "$W/power_42" -type f -links 1 | wc -l)" 8

# --- a note in place of a report
new
drive jobdir="$W" note="why and what"
is "a note: in place" "$STATUS $(cat "$W/power_42/NO_REPORT.txt")" "0 why and what"
is "... the owner's" "$(owner "$W/power_42") $(owner "$W/power_42/NO_REPORT.txt")" "$A:750 $A:640"
is "... and nothing else" "$(listing "$W")" ". ./power_42 ./power_42/NO_REPORT.txt "
drive jobdir="$W"
is "a report takes its place" "$STATUS $(find "$W/power_42" -type f | wc -l) $(find "$W/power_42" -name NO_REPORT.txt | wc -l)" "0 8 0"
as $A sh -c "echo mine >$W/power_42/notes"
before=$(state "$W/power_42" | grep -v '^\. ')
drive jobdir="$W" note=again
is "a note where a report is: beside it" "$STATUS $(cat "$W/power_42/NO_REPORT.txt")" "0 again"
is "... which stays, and what its owner keeps there" "$(state "$W/power_42" | grep -v -e '^\. ' -e NO_REPORT)" "$before"
ln -f "$T/b-file" "$W/power_42/NO_REPORT.txt"
drive jobdir="$W" note=third
is "a hard link in its place: replaced, not written through" "$STATUS $(cat "$T/b-file") $(cat "$W/power_42/NO_REPORT.txt")" "0 precious third"
as $A sh -c "rm $W/power_42/NO_REPORT.txt; ln -s $T/b-file $W/power_42/NO_REPORT.txt"
drive jobdir="$W" note=fourth
is "... and a link" "$STATUS $(cat "$T/b-file") $(find "$W/power_42/NO_REPORT.txt" -type f | wc -l)" "0 precious 1"
as $A sh -c "rm $W/power_42/NO_REPORT.txt; mkfifo $W/power_42/NO_REPORT.txt"
drive jobdir="$W" note=fifth
is "... and a FIFO" "$STATUS $(cat "$W/power_42/NO_REPORT.txt")" "0 fifth"
is "... with nothing left over" "$(cd "$W" && ls -A)" power_42
for kind in symlink dangling file theirs; do
	new
	install -d -o $B -m 777 "$T/b"
	case $kind in
	symlink) as $A ln -s "$T/b" "$W/power_42" ;;
	dangling) as $A ln -s "$T/b/new" "$W/power_42" ;;
	file) as $A sh -c "echo mine >$W/power_42" ;;
	theirs) install -d -o $B -m 777 "$W/power_42" ;;
	esac
	before=$(state "$T/w" | grep -v '^\. '; state "$T/b")
	drive jobdir="$W" note=x
	like "planted $kind: no note, and why" "$STATUS $ERR" "^1 .*$W/power_42 (is|belongs)"
	is "... and untouched" "$(state "$T/w" | grep -v '^\. '; state "$T/b")" "$before"
	rm -rf "$T/b"
done
drive jobdir="$T/roots" note=x outdir="$T/out"
like "a note where the owner may not write: none" "$STATUS $ERR" "^1 .*Permission denied"
is "... nor in outdir" "$(listing "$T/out")" ". "
run timeout 60 "$DRIVE" uid=0 gid=0 user=root jobdir="$W" note=x
is "root's jobs get none" "$STATUS $(listing "$W" | grep -c NO_REPORT)" "1 0"

# --- a directory swapped under the writer
new
mkfifo "$T/go"
install -d -m 777 "$T/decoy"
timeout 60 "$DRIVE" uid="$A_UID" gid="$A_GID" user=$A jobdir="$W" pause=half \
	<"$T/go" >"$T/swap.out" 2>&1 &
pid=$!
exec 7>"$T/go"
wait_for 5 grep -q paused "$T/swap.out"
mv "$W" "$T/w-moved" && as $A true && ln -s "$T/decoy" "$W"
echo >&7
exec 7>&-
wait $pid
is "directory swapped half-way: the report is written" "$?" 0
is "... where the writer began" "$(owner "$T/w-moved/power_42")" "$A:750"
is "... and not where the name now points" "$(listing "$T/decoy")" ". "
rm -rf "$T/w-moved" "$W"

new
install -d -m 700 "$T/decoy2"
before=$(state "$T/decoy2")
chmod 777 "$T"
cat >"$T/race" <<-RACE
	cd $T; while [ ! -e $T/stop ]; do
		mv -T w w1; ln -s $T/decoy2 w; rm w; ln -s $T/decoy w; rm w; mv -T w1 w
		mv -T w/power_42 w/p1; ln -s $T/decoy2 w/power_42; rm w/power_42; mv -T w/p1 w/power_42
	done
RACE
as $A sh "$T/race" 2>/dev/null &
racer=$!
for i in $(seq 20); do drive jobdir="$W" samples=2; done
touch "$T/stop"
wait $racer
chmod 755 "$T"
is "a race of renames: nothing where only root may write" "$(state "$T/decoy2")" "$before"
is "... nothing owned by root in the owner's tree" "$(find "$T/w" "$T/w1" -user root 2>/dev/null)" ""
rm -rf "$T/w1" "$T/w" "$T/decoy" "$T/stop"

# --- file systems
mkdir -p "$T/fs"
if mount -t tmpfs -o size=96k,mode=777 tmpfs "$T/fs" 2>/dev/null; then
	at_exit "umount -l $T/fs 2>/dev/null"
	new
	install -d -o $A "$T/fs/w"
	drive jobdir="$T/fs/w"
	is "full file system: an error" "$STATUS" 1
	like "... that says so" "$ERR" "No space left"
	like "... and whose fault it is" "$OUT" "directory_failed 1"
	is "... with nothing left there" "$(listing "$T/fs/w")" ". "
	drive jobdir="$T/fs/w" outdir="$T/out" retry=1
	is "... tried again elsewhere: in place" "$STATUS $(owner "$T/out/power_42")" "0 $A:750"
	mount -o remount,ro "$T/fs"
	new
	drive jobdir="$T/fs/w" outdir="$T/out"
	is "read-only file system: goes to outdir" "$STATUS $(owner "$T/out/power_42")" "0 $A:750"
	like "... and says why" "$OUT" "^why .*Read-only"
	umount "$T/fs"
else
	skip "full and read-only file systems" "cannot mount a tmpfs"
fi
if command -v setpriv >/dev/null; then
	# root without these capabilities is what root is on a root-squashed NFS
	new
	as $A sh -c "mkdir $W/closed; chmod 700 $W/closed"
	squashed="setpriv --bounding-set -dac_override,-dac_read_search"
	$squashed sh -c ": >$W/closed/x" 2>/dev/null
	is "(a directory root cannot enter)" "$?" 2
	run $squashed "$DRIVE" uid="$A_UID" gid="$A_GID" user=$A jobdir="$W/closed"
	is "... its owner's writer can" "$STATUS $(owner "$W/closed/power_42")" "0 $A:700"
else
	skip "a directory root cannot enter" "no setpriv"
fi

# --- names
new
drive jobdir="$W" label=../../x
is "a label with a path in it is refused" "$STATUS $(listing "$W")" "1 . "
bytes=$(for i in $(seq 1 255); do printf "\\x$(printf %x "$i")"; done; echo x)
drive jobdir="$W" name="${bytes%x}"
is "a job name of every byte: reported" "$STATUS" 0
is "... in one line each" "$(grep -c '"name"' "$W/power_42/summary.json")" \
	"$(grep -c '"name": "' "$W/power_42/summary.json")"
drive jobdir="$W" name=$'\xe6\xb8\xa9\xd0\xb6\xd8\xb9\xf0\x9f\x94\xa5'
is "... in any script" "$STATUS" 0
run timeout 60 "$DRIVE" uid="$A_UID" gid="$A_GID" user=$B jobdir="$W" outdir="$T/out" label=7
is "a user name that is another uid's: not in the job's directory" \
	"$STATUS $(find "$W" -name power_7 | wc -l)" "0 0"
like "... and says why" "$OUT" "user $B is not uid $A_UID"
run timeout 60 "$DRIVE" uid=0 gid=0 user=root jobdir="$W" outdir="$T/out" label=8
is "root's own job: outdir" "$STATUS $(owner "$T/out/power_8") $(find "$W" -name power_8 | wc -l)" \
	"0 root:750 0"
run timeout 60 "$DRIVE" uid="$A_UID" gid=0 user=$A jobdir="$W" label=9
is "the group root is never taken" "$(stat -c %g "$W/power_9")" "$A_GID"
chmod 777 "$W"
run timeout 60 "$DRIVE" uid=54321 gid=54322 jobdir="$W" label=10
is "a uid without a name: its number" "$(stat -c %u:%g "$W/power_10")" "54321:54322"

# --- what the processes hold
new
echo "sesame-open-7421" >"$T/secret"
chmod 600 "$T/secret"
password=sesame-open-7421
grep -q __asan_init "$DRIVE" && password= # the sanitizer keeps a copy of the environment
REPACSS_DB_PASSWORD=$password timeout 60 "$DRIVE" uid="$A_UID" gid="$A_GID" user=$A \
	jobdir="$W" secret="$T/secret" pause=half <"$T/go" >"$T/held.out" 2>&1 &
pid=$!
exec 7>"$T/go"
wait_for 5 grep -q paused "$T/held.out"
worker=$(sed -n 's/^worker //p' "$T/held.out")
spawner=$(pgrep -P "$worker")
writer=$(pgrep -P "$spawner")
like "(the worker holds the password)" "$("$T/memgrep" "$worker" "$T/secret")" '^(mem|environ)'
for p in spawner writer; do
	run "$T/memgrep" "${!p}" "$T/secret"
	is "the $p holds it nowhere: cmdline, environ, mem" "$STATUS $OUT" "1 "
done
status=$(cat "/proc/$writer/status")
like "the writer is the owner, four times" "$status" "^Uid:.$A_UID.$A_UID.$A_UID.$A_UID$"
like "... its group too" "$status" "^Gid:.$A_GID.$A_GID.$A_GID.$A_GID$"
like "... in the owner's groups only" "$status" "^Groups:.$(id -G $A | tr ' ' '\n' | sort -n | paste -sd' ') *$"
for set in CapInh CapPrm CapEff CapAmb; do
	like "... without capabilities ($set)" "$status" "^$set:.0+$"
done
like "... that can gain none" "$status" '^NoNewPrivs:.1$'
like "... dumps no core" "$(grep core "/proc/$writer/limits")" 'core file size +0 +0'
is "... cannot be looked into by the owner" \
	"$(as $A cat "/proc/$writer/environ" 2>&1 >/dev/null | grep -c denied)" 1
is "... holds its three pipes, its event descriptor and the report's files" \
	"$(readlink /proc/"$writer"/fd/* | sed "s|^$W|w|; s|\.[0-9a-f]\{12\}|.X|; s|:.*||" |
		sort | uniq -c | tr -s ' \n' ' ')" \
	" 1 anon_inode 3 pipe 1 w 1 w/.power_42.X 1 w/.power_42.X/raw_power.csv "
is "... stands in /" "$(readlink "/proc/$writer/cwd")" /
is "... with a minimal environment" \
	"$(tr '\0' '\n' <"/proc/$writer/environ" | grep -c =)" 0
echo >&7
exec 7>&-
wait $pid
is "... and then finishes" "$?" 0

# --- one writer for the reports of one owner
new
chmod 777 "$W"
timeout 60 "$DRIVE" uid="$A_UID" gid="$A_GID" user=$A other="$(id -u $B):$(id -g $B):$B" \
	jobdir="$W" repeat=5 pause=half samples=200 <"$T/go" >"$T/many.out" 2>&1 &
pid=$!
exec 7>"$T/go"
writers=()
for i in 1 2 3 4 5; do
	wait_for 10 sh -c "[ \"\$(grep -c paused $T/many.out)\" = $i ]"
	spawner=$(pgrep -P "$(sed -n 's/^worker //p' "$T/many.out")")
	# in the order of their starts: process numbers wrap around
	writers[i]=$(ps -o pid= --ppid "$spawner" --sort=start_time | while read -r p; do
		echo "$p:$(sed -n 's/^Uid:.\([0-9]*\).*/\1/p' "/proc/$p/status")"
	done | tr '\n' ' ')
	[ $i != 4 ] || kill -KILL "${writers[1]%%:*}" # it waits; its owner's next report needs another
	(echo >&7) 2>"$T/none"
done
exec 7>&-
wait $pid
is "five reports of two owners" "$? $(owner "$W/power_42") $(owner "$W/power_43")" "0 $A:750 $B:750"
like "the first one's writer is its owner" "${writers[1]}" "^[0-9]+:$A_UID $"
like "... another owner's is another" "${writers[2]}" "^${writers[1]}[0-9]+:$(id -u $B) $"
is "... which both serve their next reports" "${writers[3]} ${writers[4]}" "${writers[2]} ${writers[2]}"
like "... one that was killed is replaced" "${writers[5]}" "^${writers[2]#* }[0-9]+:$A_UID $"
for w in ${writers[5]}; do
	wait_for 5 gone "${w%%:*}"
	check "... and none outlives the worker" gone "${w%%:*}"
done
is "... nor leaves anything" "$(listing "$W" | tr ' ' '\n' | grep -c '/\.')" 0

# --- ends
for how in half end; do
	new
	drive jobdir="$W" cut=$how samples=200
	is "a stream cut at $how: nothing" "$STATUS $(listing "$W")" "1 . "
done
new
drive jobdir="$W" samples=0
is "no samples: exit 3 and nothing" "$STATUS $(listing "$W")" "3 . "
# signalled WHO SIGNAL: stop one of the processes half-way
signalled() {
	timeout 60 "$DRIVE" uid="$A_UID" gid="$A_GID" user=$A jobdir="$W" pause=half samples=50000 \
		<"$T/go" >"$T/sig.out" 2>&1 &
	pid=$!
	exec 7>"$T/go"
	wait_for 5 grep -q paused "$T/sig.out"
	worker=$(sed -n 's/^worker //p' "$T/sig.out")
	spawner=$(pgrep -P "$worker")
	writer=$(pgrep -P "$spawner")
	kill -s "$2" "${!1}"
	[ "$1" = worker ] || { sleep 0.2; echo >&7; }
	exec 7>&-
	wait $pid
	STATUS=$?
	wait_for 30 gone "$writer"
}
new
signalled writer TERM
is "SIGTERM to the writer: an error and nothing" "$STATUS $(listing "$W")" "1 . "
like "... which is not the worker's own stop" "$(cat "$T/sig.out")" '^fault other$'
new
signalled worker KILL
is "the worker killed: the writer removes what it has" "$(listing "$W")" ". "
wait_for 5 gone "$spawner"
check "... and ends" gone "$writer"
check "... with the spawner" gone "$spawner"
new
signalled writer KILL
is "the writer killed: an error" "$STATUS" 1
like "... with its leavings hidden" "$(ls -A "$W")" '^\.power_42\.[0-9a-f]{12}$'
drive jobdir="$W"
is "... which the next run removes" "$STATUS $(ls -A "$W")" "0 power_42"

wait "$late"
is "a writer that does not answer is not waited for until the deadline" "$?" 1
like "... and says so" "$(cat "$T/late.out")" "as $A: no answer from the writer in 30 s"

# --- write-report by itself
run "$MP" write-report </dev/null
is "write-report refuses to be root" "$STATUS" 2
cp "$MP" "$T/mp"
as $A "$T/mp" write-report </dev/null >"$T/.o" 2>"$T/.e"
is "... and an empty stream" "$?" 1
head -c 100000 /dev/urandom | as $A "$T/mp" write-report >"$T/.o" 2>"$T/.e"
is "... and noise" "$?" 1
as $A "$T/mp" write-report --help >"$T/.o" 2>"$T/.e"
is "... and arguments" "$?" 2

done_testing
