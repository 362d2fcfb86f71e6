#!/bin/bash
# SPDX-License-Identifier: MIT
# The main job on the bundled recording: report, replay of its own output, and what becomes of
# wrong input. Nothing may be left behind where the exit status says so.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"

REC=$MP_SRCDIR/tests/data/recording.csv
START=2025-10-15T03:00:00Z END=2025-10-15T04:00:00Z NODES='rpc-91-[1-2],rpg-93-1'
FILES='energy_pie.pdf energy_pie.png raw_power.csv report.html report.txt summary.json timeseries.pdf timeseries.png'
export MONSTER_POWER_CONFIG=$T/empty.ini
: >"$MONSTER_POWER_CONFIG"
chmod 600 "$MONSTER_POWER_CONFIG"
mkdir "$T/out"

profile() { # OPTION... : of the recording, into $T/out unless said otherwise
	run "$MP" profile --input "$REC" --job-id 4242 --start $START --end $END \
		--nodelist "$NODES" --outdir "$T/out" "$@"
}
left() { find "$T/out" -mindepth 1 | sort | tr '\n' ' '; }

profile
is "a recording with a silent stretch: exit 4" "$STATUS" 4
is "... is no error" "$ERR" ""
like "... says where the report is, the energy and the verdict" "$OUT" \
	"power_4242: 3\.9[0-9]* ± 0\.[0-9]* kWh, 3,942 W on average, partial"
like "... and why" "$OUT" "rpc-91-2"
is "all seven files are there" "$(cd "$T/out/power_4242" 2>/dev/null && echo *)" "$FILES"
is "nothing else is" "$(ls -A "$T/out")" power_4242
for f in timeseries energy_pie; do
	is "$f.png is a PNG" "$(head -c 8 "$T/out/power_4242/$f.png" | od -An -c | tr -d ' ')" '211PNG\r\n032\n'
	is "$f.pdf is a PDF" "$(head -c 5 "$T/out/power_4242/$f.pdf")" '%PDF-'
done

# The recording holds nothing but this job, so the CSV is the recording in this zone's time.
TZ=America/Chicago profile --job-id 1
is "in the recording's own zone raw_power.csv is the recording" \
	"$(cmp "$REC" "$T/out/power_1/raw_power.csv" 2>&1 && echo same)" same
rm -rf "$T/out/power_1"

S=$T/out/power_4242/summary.json
json() { tr -d ' \n' <"$S"; }
for key in '"schema":1' '"backend":"csv"' '"verdict":"partial"' '"id":"4242"' '"seconds":3600' \
	'"total":' '"psu_loss":' '"others":' '"longest_gap_s":' '"dropped":{' '"missing":\['; do
	like "summary.json has $key" "$(json)" "$key"
done
is "every sample of the recording is counted" \
	"$(grep '"metric":' "$S" | grep -o '"samples": [0-9]*' | awk '{s += $2} END {print s}')" "$(($(wc -l <"$REC") - 1))"
like "the NULL is counted" "$(json)" '"null":1'
like "the repeated timestamp is counted" "$(json)" '"repeated":1'

profile --job-id 2 --start 2025-10-15T03:00:00Z --end 2025-10-15T03:00:05Z --nodelist rpc-91-1
like "the energy of a job of five seconds is no 0.000 kWh" "$OUT" 'power_2: 0\.[1-9][0-9]* Wh, '
rm -rf "$T/out/power_2"

# Replay: every file byte for byte, save the provenance lines of the summary.
cp -r "$T/out/power_4242" "$T/first"
mkdir "$T/again"
run "$MP" profile --backend csv --input "$T/first/raw_power.csv" --job-id 4242 --start $START \
	--end $END --nodelist "$NODES" --outdir "$T/again"
is "replaying its own output: exit 4 again" "$STATUS" 4
for f in $FILES; do
	[ $f = summary.json ] || check "replay reproduces $f" cmp "$T/first/$f" "$T/again/power_4242/$f"
done
is "replay reproduces summary.json but for its provenance" \
	"$(diff "$T/first/summary.json" "$T/again/power_4242/summary.json" | grep '^[<>]' |
		grep -vE '"(program|backend|backend_label|database|input)":')" ""
rm -rf "$T/again/power_4242"
run "$MP" profile --input "$T/first/raw_power.csv" --outdir "$T/again"
is "without a word of which job: the summary beside it knows" \
	"$(diff "$T/first/summary.json" "$T/again/power_4242/summary.json" | grep '^[<>]' |
		grep -vE '"(program|backend|backend_label|database|input)":')" ""
run "$MP" profile --input "$REC" --outdir "$T/again"
is "... which is not there: exit 2" "$STATUS" 2
like "... says so" "$ERR" 'has no summary\.json of a report beside it: give --start'
run "$MP" profile --backend direct --outdir "$T/again"
like "a database has many jobs" "$STATUS $ERR" '^2 .*which job\?'
run sh -c "'$MP' profile --backend csv --input - --job-id 4242 --start $START --end $END \
	--nodelist '$NODES' --outdir '$T/again' <'$T/first/raw_power.csv'"
is "standard input: exit 4" "$STATUS" 4
check "standard input gives the same CSV" cmp "$T/first/raw_power.csv" "$T/again/power_4242/raw_power.csv"

# fetch
run "$MP" fetch --input "$REC" --start $START --end $END --nodelist "$NODES"
is "fetch: exit 0" "$STATUS" 0
check "fetch prints raw_power.csv" cmp "$T/.out" "$T/first/raw_power.csv"
run "$MP" fetch --input "$REC" --start 1760497200 --end 1760497800.5 --nodelist rpc-91-1
is "fetch takes Unix seconds; both ends belong to the window" \
	"$(sed -n '2p;$p' "$T/.out" | cut -d, -f1,2 | tr '\n' ' ')" \
	"2025-10-15 03:00:00+00,rpc-91-1 2025-10-15 03:10:00+00,rpc-91-1 "
run "$MP" fetch --input "$REC" --start $START --end $END --nodelist RPC-91-1
is "upper-case node names are found" "$STATUS" 0

# One whole node with nothing wrong is valid.
profile --nodelist rpg-93-1 --job-id 7
is "a whole recording: exit 0" "$STATUS" 0
like "... valid" "$OUT" "valid"
rm -rf "$T/out/power_7"

# Wrong input: a clear error, the promised status, nothing changed.
before=$(left)
wrong() { # NAME STATUS REGEX OPTION...
	local name=$1 want=$2 regex=$3
	shift 3
	profile "$@"
	is "$name: exit $want" "$STATUS" "$want"
	like "$name: says so" "$ERR" "$regex"
	is "$name: nothing written" "$(left)" "$before"
}
wrong "no samples in the window" 3 "no power samples" --start 1760000000 --end 1760000600
wrong "an empty nodelist" 2 "names no node" --nodelist ' ,'
wrong "no route for any node" 3 "gpu-1" --nodelist gpu-1
wrong "window reversed" 2 "after" --start $END --end $START
wrong "window in the future" 2 "future" --end 2999-01-01T00:00:00Z
wrong "no time" 2 "--start.*yesterday" --start yesterday
wrong "a broken nodelist" 2 "rpc-91-.*\[1" --nodelist 'rpc-91-[1'
wrong "a job id that is a path" 2 "job-id|job id" --job-id ../4242
wrong "an unknown backend" 2 "csb" --backend csb
wrong "an input that is not there" 1 "$T/none.csv" --input "$T/none.csv"
wrong "an input that is a directory" 1 "$T" --input "$T"
printf 'a,b,c\n1,2,3\n' >"$T/bad.csv"
wrong "a CSV of something else" 1 "bad.csv" --input "$T/bad.csv"
head -c 100000 "$REC" >"$T/cut.csv"
wrong "a truncated CSV" 1 "cut.csv.*line|line.*cut.csv|cut.csv:[0-9]+" --input "$T/cut.csv"
wrong "an output directory that is not there" 1 "$T/nowhere" --outdir "$T/nowhere"
wrong "an output directory that is a file" 1 "$T/bad.csv" --outdir "$T/bad.csv"
run "$MP" profile --input "$REC" --job-id 4242 --start $START --outdir "$T/out"
is "half a selection: exit 2" "$STATUS" 2
like "... names what is missing" "$ERR" "together; --end is missing"

profile --nodelist 'rpc-91-1,gpu-[1-2]' --job-id 8
is "nodes of no route beside one that has one: exit 4" "$STATUS" 4
like "... named in the summary" "$(tr -d ' \n' <"$T/out/power_8/summary.json")" '"node":"gpu-2"'
rm -rf "$T/out/power_8"
profile --nodelist 'rpc-91-[1-3]' --job-id 9
is "a node without a sample: exit 4" "$STATUS" 4
like "... named in the summary" "$(tr -d ' \n' <"$T/out/power_9/summary.json")" '"node":"rpc-91-3"'
rm -rf "$T/out/power_9"

# An existing report is replaced whole, and the user's own files in it stay.
echo mine >"$T/out/power_4242/notes.txt"
profile --nodelist rpg-93-1
is "an existing report is replaced" "$STATUS" 0
check "... by the new one" grep -q '"verdict": *"valid"' "$T/out/power_4242/summary.json"
is "... the user's own file in it stays" "$(cat "$T/out/power_4242/notes.txt" 2>/dev/null)" mine

# SIGTERM half-way: standard input that never ends.
mkfifo "$T/pipe"
mkdir "$T/term"
"$MP" profile --input "$T/pipe" --job-id 5 --start $START --end $END --nodelist "$NODES" \
	--outdir "$T/term" >"$T/.out" 2>"$T/.err" &
pid=$!
exec 9>"$T/pipe"
head -n 2000 "$REC" >&9
sleep 0.5
kill -TERM $pid
wait $pid
is "SIGTERM half-way: exit 1" $? 1
exec 9>&-
is "... leaves nothing" "$(ls -A "$T/term")" ""
like "... and says so" "$(cat "$T/.err")" "stopped by a signal"

# nohup: the terminal may go, the report is written.
mkdir "$T/nohup"
nohup "$MP" profile -q --input "$T/pipe" --job-id 5 --start $START --end $END \
	--nodelist "$NODES" --outdir "$T/nohup" >"$T/.out" 2>"$T/.err" </dev/null &
pid=$!
exec 9>"$T/pipe"
head -n 2000 "$REC" >&9
sleep 0.5
kill -HUP $pid
tail -n +2001 "$REC" >&9
exec 9>&-
wait $pid
is "SIGHUP under nohup does not stop it" "$?$(ls -A "$T/nohup")" 4power_5

# What is known of sensors goes into the interval, and with the summary into a replay.
profile --job-id 6
like "without an accuracy: in words" "$OUT" "sensor accuracy, typically 2-5 %, not included"
rm -rf "$T/out/power_6"
printf '[route %s]\naccuracy = SystemInputPower:2\nlag = SystemInputPower:1.5\n' rpc rpg >"$T/own.ini"
profile -c "$T/own.ini" --job-id 6
like "with one: included" "$OUT" "± 2\\.[0-9] % \\(sampling, 95 %\\); sensor accuracy included"
mkdir "$T/knows"
run "$MP" profile --backend csv --input "$T/out/power_6/raw_power.csv" --job-id 6 --start $START \
	--end $END --nodelist "$NODES" --outdir "$T/knows"
is "a replay beside the summary says the same" \
	"$(diff "$T/out/power_6/summary.json" "$T/knows/power_6/summary.json" | grep '^[<>]' | grep -Fv '"database": ')" ""
rm -rf "$T/out/power_6"
printf '[route rpc]\naccuracy = SystemInputPwer:2\n' >"$T/own.ini"
profile -c "$T/own.ini" --job-id 6
is "an accuracy of no metric: exit 2" "$STATUS" 2
like "... names the line" "$ERR" "own.ini:2: \\[route rpc\\] accuracy: SystemInputPwer is no metric"
printf '[route rpc]\nlag = SystemInputPower:601\nunits = SystemInputPower:BTU\n' >"$T/own.ini"
profile -c "$T/own.ini" --job-id 6
like "a lag out of range: said" "$ERR" "601 is no number of seconds from 0 to 600"

# A file that may not grow: an error like a full disk, and nothing left behind.
mkdir "$T/limited"
run bash -c 'ulimit -f 100; "$@"' - "$MP" profile --input "$REC" --job-id 5 --start $START \
	--end $END --nodelist "$NODES" --outdir "$T/limited"
is "a limit of the file size: exit 1" "$STATUS" 1
like "... says so" "$ERR" "raw_power.csv: File too large"
is "... leaves nothing" "$(ls -A "$T/limited")" ""

done_testing
