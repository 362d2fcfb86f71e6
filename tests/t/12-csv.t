#!/bin/bash
# SPDX-License-Identifier: MIT
# The csv backend: what it reads, and what it says of what it cannot read.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"

export MONSTER_POWER_CONFIG=$T/empty.ini
: >"$MONSTER_POWER_CONFIG"
chmod 600 "$MONSTER_POWER_CONFIG"
HEAD=timestamp,hostname,source,fqdd,value,units,metric
S=powermetrics,PowerMetrics
fetch() { # [FILE]: what fetch makes of a file
	run "$MP" fetch -q --backend csv --input "${1:-$T/in.csv}" --start 2026-02-04T15:00:00Z \
		--end 2026-02-04T16:00:00Z --nodelist 'rpc-91-[1-2],rpg-93-1'
}
input() { printf '%b' "$HEAD\n$1" >"$T/in.csv"; } # lines after the header, with \n
# keeps NAME LINES: they come out as they went in
keeps() {
	input "$2"
	fetch
	if cmp -s "$T/in.csv" "$T/.out"; then
		result 0 "$1"
	else
		result 1 "$1"
		diag "$ERR"
		diag "$(diff "$T/in.csv" "$T/.out")"
	fi
}
# makes NAME LINES WANTED
makes() {
	input "$2"
	fetch
	is "$1" "$OUT$ERR" "$(printf '%b' "$HEAD\n$3")"
}
# refuses NAME LINES TEXT: exit 1, the text (a regex) in the error
refuses() {
	input "$2"
	fetch
	is "$1: exit 1" "$STATUS" 1
	like "$1: says so" "$ERR" "$3"
}

row() { echo "$1,rpc-91-1,$S,$2,W,TotalCPUPower"; }
t() { echo "2026-02-04 15:$1+00"; }

keeps "values stay as they are written" "$(
	i=10
	for v in 182 182.0 0 -0 -3.5 1e+06 1e-05 0.1 62345.5 9007199254740993 12345678901234567890.5 \
		NaN Infinity -Infinity 3.4028235e+38 '' 007; do
		row "$(t 15:$i)" "$v"
		i=$((i + 1))
	done
)\n"
keeps "microseconds stay" "$(row "$(t 15:05.25)" 1)\n$(row "$(t 15:05.250001)" 2)\n$(row "$(t 15:06)" 3)\n"
keeps "equal times stay in their order" "$(row "$(t 15:05)" 2)\n$(row "$(t 15:05)" 1)\n"
keeps "NULL and the empty string stay apart" "$(t 15:05),rpc-91-1,,\"\",1,W,TotalCPUPower
$(t 15:05),rpc-91-1,\"\",,2,W,TotalCPUPower\n$(t 15:05),rpc-91-1,,,3,W,TotalCPUPower\n"
keeps "no units" "$(t 15:05),rpc-91-1,$S,1,,TotalCPUPower\n"
keeps "commas, quotes and line breaks in a field" \
	"$(t 15:05),rpc-91-1,\"a,b\",\"x\"\"y\nz\",1,W,TotalCPUPower
$(t 15:10),rpc-91-1,\"a,b\",\"x\"\"y\nz\",2,W,TotalCPUPower\n"
export TZ=Asia/Kolkata
keeps "an offset of half an hour" "$(row '2026-02-04 20:45:05.5+05:30' 7)\n"
TZ=UTC
makes "offsets are turned into local ones" \
	"$(row '2026-02-04 09:15:05-06' 1)\n$(row '2026-02-04T15:15:06Z' 2)\n$(row '2026-02-04 20:45:07.10+05:30' 3)\n" \
	"$(row "$(t 15:05)" 1)\n$(row "$(t 15:06)" 2)\n$(row "$(t 15:07.1)" 3)\n"
makes "needless quotes go" "\"$(t 15:05)\",\"rpc-91-1\",\"powermetrics\",\"PowerMetrics\",\"5.0\",\"W\",\"TotalCPUPower\"\n" \
	"$(row "$(t 15:05)" 5.0)\n"
makes "carriage returns go" "$(row "$(t 15:05)" 1)\r\n$(row "$(t 15:10)" 2)\r\n" \
	"$(row "$(t 15:05)" 1)\n$(row "$(t 15:10)" 2)\n"
makes "other nodes, other metrics, other times are left out" \
	"$(row '2026-02-04 14:59:59.999999+00' 1)\n$(row "$(t 00:00)" 2)
$(t 15:05),rpc-91-3,$S,1,W,TotalCPUPower\n$(t 15:05),rpc-91-1,$S,1,W,RPMReading
$(row '2026-02-04 16:00:00+00' 3)\n$(row '2026-02-04 16:00:00.000001+00' 4)\n" \
	"$(row "$(t 00:00)" 2)\n$(row '2026-02-04 16:00:00+00' 3)\n"
makes "a metric in another case is the configured one" "$(t 15:05),rpc-91-1,$S,1,W,totalCPUpower\n" \
	"$(row "$(t 15:05)" 1)\n"
makes "the old script's totals and its blank line are left out" \
	"$(row "$(t 15:05)" 182.0)\n\n,,,,0.0,kWh,ENERGY_SUMMARY_kWh\n,,,,0.09,kWh,Energy_TotalCPUPower
,,,Video.Slot.31-1,0.57,kWh,Energy_GPU_fqdd_Video.Slot.31-1\n" "$(row "$(t 15:05)" 182.0)\n"
makes "the last line may lack its end" "$(row "$(t 15:05)" 1)" "$(row "$(t 15:05)" 1)\n"

{ printf '\357\273\277' && printf '%s\n' "$HEAD" "$(row "$(t 15:05)" 1)"; } >"$T/in.csv"
fetch
is "a byte order mark is skipped" "$OUT$ERR" "$(printf '%s\n' "$HEAD" "$(row "$(t 15:05)" 1)")"
printf '%s\n' metric,value,units,timestamp,fqdd,source,hostname \
	"TotalCPUPower,5,W,$(t 15:05),PowerMetrics,powermetrics,rpc-91-1" >"$T/in.csv"
fetch
is "columns may stand in another order" "$OUT$ERR" "$(printf '%s\n' "$HEAD" "$(row "$(t 15:05)" 5)")"

# Times without an offset: local time, said once.
if [ -e /usr/share/zoneinfo/America/Chicago ]; then
	TZ=America/Chicago
	input "$(row '2026-02-04 09:15:05' 1)\n$(row '2026-02-04 09:15:10' 2)\n"
	fetch
	is "times without an offset stay so" "$OUT" "$(cat "$T/in.csv")"
	run "$MP" fetch --backend csv --input "$T/in.csv" --start 2026-02-04T15:00:00Z \
		--end 2026-02-04T16:00:00Z --nodelist 'rpc-91-1,rpc-91-3'
	is "... with one warning" "$(grep -c 'without an offset.*local time' "$T/.err")" 1
	like "a silent node is named" "$ERR" 'rpc-91-3: no rows in the window'
	like "a silent metric is named" "$ERR" 'rpc-91-1, SystemInputPower: no rows in the window'
	unlike "one that is there is not" "$ERR" TotalCPUPower
	input "$(row '2026-11-01 01:59:55' 1)\n$(row '2026-11-01 01:00:00' 2)\n"
	run "$MP" fetch --backend csv --input "$T/in.csv" --start 2026-11-01T06:00:00Z \
		--end 2026-11-01T07:30:00Z --nodelist rpc-91-1
	is "in the hour that the clocks repeat they go on" "$OUT" "$(cat "$T/in.csv")"
	TZ=UTC
else
	skip "times without an offset" "no zone data (tzdata)"
fi

refuses "an empty value in quotes" "$(row "$(t 15:05)" '""')\n" 'line 2, column 5 \(value\): "" is not a number'
refuses "a text for a value" "$(row "$(t 15:05)" 1)\n$(row "$(t 15:10)" 12W)\n" \
	'in\.csv: line 3, column 5 \(value\): "12W" is not a number'
refuses "a hexadecimal value" "$(row "$(t 15:05)" 0x10)\n" 'column 5'
refuses "a blank before a value" "$(row "$(t 15:05)" ' 1')\n" 'column 5'
refuses "an impossible date" "$(row '2026-02-30 15:15:05+00' 1)\n" \
	'line 2, column 1 \(timestamp\): "2026-02-30 15:15:05\+00" is not a time: no such day'
refuses "a time that is none" "$(row yesterday 1)\n" 'column 1 \(timestamp\)'
refuses "a time of nanoseconds" "$(row '2026-02-04 15:15:05.000000001+00' 1)\n" 'finer than a microsecond'
refuses "too few columns" "$(row "$(t 15:05)" 1)\n$(t 15:10),rpc-91-1\n" 'line 3: 2 columns instead of 7'
refuses "too many columns" "$(row "$(t 15:05)" 1),x\n" 'line 2: 8 columns instead of 7'
refuses "a line cut off" "$(row "$(t 15:05)" 1)\n$(t 15:10),rpc-91-1,$S,1" 'line 3: .*cut off'
refuses "a last column cut off" "$(row "$(t 15:05)" 1)\n$(t 15:10),rpc-91-1,$S,1,W,TotalCPUPow" 'line 3: .*cut off'
refuses "a quote never closed" "$(row "$(t 15:05)" 1)\n$(t 15:10),\"rpc-91-1,$S,1,W,TotalCPUPower\n" \
	'line 3, column 2 \(hostname\): the quote that opens here is never closed'
refuses "a quote inside a field" "$(t 15:10),rpc\"91,$S,1,W,TotalCPUPower\n" 'line 2, column 2 \(hostname\)'
refuses "something after a quote" "$(t 15:10),\"rpc\"91,$S,1,W,TotalCPUPower\n" 'follows the closing quote'
refuses "a NUL byte" "$(t 15:10),rpc-91\000-1,$S,1,W,TotalCPUPower\n" 'line 2, column 2 \(hostname\): a NUL byte'
refuses "a lone carriage return" "$(t 15:10),rpc-91-1\r,$S,1,W,TotalCPUPower\n" 'carriage return'
refuses "no hostname" "$(t 15:10),,$S,1,W,TotalCPUPower\n" 'column 2 \(hostname\): empty'
refuses "a field of 5,000 bytes" "$(t 15:10),rpc-91-1,$(printf '%05000d' 0),x,1,W,TotalCPUPower\n" \
	'column 3 \(source\): longer than 4096 bytes'
refuses "a line without end" "$(head -c 200000 /dev/zero | tr '\0' x)" 'longer than'
refuses "units that change" "$(row "$(t 15:05)" 1)\n$(t 15:10),rpc-91-1,$S,1,mW,TotalCPUPower\n" \
	'line 3, column 6 \(units\): "mW" here and "W" before'
refuses "samples out of order" "$(row "$(t 15:10)" 1)\n$(row "$(t 15:05)" 2)\n" \
	'line 3, column 1 .*2026-02-04 15:15:05\+00 comes after 2026-02-04 15:15:10\+00.*sort'
refuses "offsets that come and go" "$(row "$(t 15:05)" 1)\n$(row '2026-02-04 15:15:10' 2)\n" 'line 3, .*without an offset'
refuses "a comma inside a time is one only in quotes" \
	"\"2026-02-04 15:15:05,25Z\",rpc-91-1,$S,1,W,TotalCPUPower\n2026-02-04 15:15:05,25Z,rpc-91-1,$S,1,W,TotalCPUPower\n" \
	'line 3: 8 columns'
refuses "lines are counted through quoted breaks" \
	"$(t 15:05),rpc-91-1,\"a\nb\",x,1,W,TotalCPUPower\n$(t 15:06),rpc-91-1,\"a\nb\",x,1,W,TotalCPUPower\nx\n" \
	'line 6: 1 columns'

# The header.
header() { # NAME HEADER TEXT
	printf '%b' "$2" >"$T/in.csv"
	fetch
	is "$1: exit 1" "$STATUS" 1
	like "$1: says so" "$ERR" "$3"
}
header "an empty file" '' 'in\.csv is empty'
header "a header without a column" 'timestamp,hostname,source,fqdd,value,units\n' 'line 1: no column "metric"'
header "a header with another column" "$HEAD,rack\n" 'line 1, column 8: unknown column "rack"'
header "a header with a column twice" "$HEAD,value\n" 'line 1, column 8: column "value" twice'
header "no header" "$(row "$(t 15:05)" 1)\n" 'line 1, column 1: unknown column'
header "gzip in name only" '\037\213\010' 'in\.csv ends in the middle of its packed data'
header "gzip that is broken" '\037\213\010\000\000\000\000\000\000\003\377\377\377' 'in\.csv is no whole gzip file'
header "Zstandard that is broken" '\050\265\057\375\040\003\377\377\377\377\377\377\377\377\377' 'in\.csv is no whole \.zst file'
header "UTF-16" '\377\376t\000i\000' 'UTF-16'

# Where it comes from.
fetch "$T/none.csv"
is "a file that is not there: exit 1" "$STATUS" 1
like "... is named" "$ERR" "none\.csv: No such file"
fetch "$T"
is "a directory: exit 1" "$STATUS" 1
like "... is named" "$ERR" "Is a directory"
input "$(row "$(t 15:05)" 1)\n"
fetch - <"$T/in.csv"
is "standard input from a file" "$OUT" "$(cat "$T/in.csv")"
{ cat "$T/in.csv" && sleep 1 && row "$(t 15:10)" 2; } | {
	"$MP" fetch -q --backend csv --input - --start 2026-02-04T15:00:00Z --end 2026-02-04T16:00:00Z \
		--nodelist rpc-91-1 >"$T/live" &
	sleep 0.5
	wc -l <"$T/live" >"$T/early"
	wait
}
is "a pipe is read to its end" "$(tail -n +2 "$T/live" | wc -l)" 2
mkfifo "$T/pipe"
{ sleep 0.5 && cat "$T/in.csv" >"$T/pipe"; } &
fetch "$T/pipe"
is "a named pipe, its writer late" "$OUT" "$(cat "$T/in.csv")"
wait
printf '%s\n' "$HEAD" >"$T/in.csv"
fetch
is "a header alone: exit 3" "$STATUS" 3
input "$(row '2026-02-04 14:00:00+00' 1)\n$(row '2026-02-04 17:00:00+00' 1)\n"
fetch
is "no row inside the window: exit 3" "$STATUS" 3
is "... and not even a header" "$OUT" ""
input "$(row '2026-02-04 15:00:00+00' 1)\n2026-02-04 17:00:00+00,rpc-91-2,$S,1,W,TotalCPUPower\n"
run "$MP" fetch --backend csv --input "$T/in.csv" --start 2026-02-04T15:00:00Z \
	--end 2026-02-04T16:00:00Z --nodelist 'rpc-91-[1-2]'
like "a node with rows outside the window only is silent" "$ERR" 'rpc-91-2: no rows in the window'

# Packed.
{
	printf '%s\n' "$HEAD"
	for s in $(seq 600 899); do
		row "$(t "$(printf '%02d:%02d' $((s / 60)) $((s % 60)))")" "$((s * 7919 % 1000))"
		echo
	done
} >"$T/in.csv"
fetch
plain=$OUT
is "300 rows" "$(wc -l <<<"$plain")" 301
gzip -k "$T/in.csv"
zstd -q "$T/in.csv"
for kind in gz zst; do
	fetch "$T/in.csv.$kind"
	is "a .$kind reads as what it was made of" "$OUT" "$plain"
	fetch - <"$T/in.csv.$kind"
	is "... as a stream" "$OUT" "$plain"
	mv "$T/in.csv.$kind" "$T/named-csv"
	fetch "$T/named-csv"
	is "... whatever its name" "$OUT" "$plain"
	head -c 900 "$T/named-csv" >"$T/cut"
	fetch "$T/cut"
	is "... cut off: exit 1" "$STATUS" 1
	like "... says so" "$ERR" 'cut ends in the middle of its packed data'
done
{ head -n 100 "$T/in.csv" | gzip && tail -n +101 "$T/in.csv" | gzip; } >"$T/two.gz"
fetch "$T/two.gz"
is "two members of a .gz" "$OUT" "$plain"
{ head -n 100 "$T/in.csv" | zstd -q && tail -n +101 "$T/in.csv" | zstd -q; } >"$T/two.zst"
fetch "$T/two.zst"
is "two frames of a .zst" "$OUT" "$plain"
head -c 60000000 /dev/zero | tr '\0' 'x' | zstd -q --long=31 --ultra -22 >"$T/wide.zst"
fetch "$T/wide.zst"
like "a window that would take gigabytes is refused" "$ERR" 'wide\.zst is no whole \.zst file: .*memory'

# Where it goes.
input "$(row "$(t 15:05)" 1)\n"
run bash -c '"$@" >/dev/full' - "$MP" fetch --backend csv --input "$T/in.csv" \
	--start 2026-02-04T15:00:00Z --end 2026-02-04T16:00:00Z --nodelist rpc-91-1
is "a full disk: exit 1" "$STATUS" 1
like "... says so" "$ERR" "cannot write standard output: No space left"
{
	sleep 0.5 # until the reader has gone
	"$MP" fetch -q --backend csv --input "$T/in.csv" --start 2026-02-04T15:00:00Z \
		--end 2026-02-04T16:00:00Z --nodelist rpc-91-1 2>"$T/.err"
	echo $? >"$T/status"
} | true
is "a reader that went away has all it wanted" "$(cat "$T/status")" 0
is "... and nothing is said" "$(cat "$T/.err")" ""

# A signal ends it while it waits: for input, or for a reader.
select_all="--start 2026-02-04T15:00:00Z --end 2026-02-04T16:00:00Z --nodelist rpc-91-1"
stopped() { # NAME PID: SIGTERM; gone within two seconds, with exit 1
	local i
	sleep 0.3
	kill -TERM "$2"
	for i in 1 2 3 4 5 6 7 8 9 10; do
		kill -0 "$2" 2>/dev/null || break
		sleep 0.2
	done
	wait "$2"
	is "$1: exit 1" "$?" 1
	[ "$i" -lt 10 ] || result 1 "$1: at once"
}
mkfifo "$T/silent" "$T/unread"
exec 8<>"$T/silent" 9<>"$T/unread"
# shellcheck disable=SC2086
"$MP" fetch -q --backend csv --input "$T/silent" $select_all >/dev/null 2>"$T/.err" &
stopped "SIGTERM while the input is silent" $!
like "... says so" "$(cat "$T/.err")" "stopped by a signal"
awk -v head="$HEAD" 'BEGIN {
	print head
	for (i = 0; i < 100000; i++)
		printf "2026-02-04 15:00:00.%06d+00,rpc-91-1,s,f,1,W,TotalCPUPower\n", i
}' | sed 's/0*+00/+00/; s/\.+00/+00/' >"$T/in.csv"
# shellcheck disable=SC2086
"$MP" fetch -q --backend csv --input "$T/in.csv" $select_all >"$T/unread" 2>"$T/.err" &
stopped "SIGTERM while nobody reads" $!
like "... says so" "$(cat "$T/.err")" "stopped by a signal"
exec 8>&- 9>&-

# A file larger than any buffer, and its memory.
awk -v head="$HEAD" 'BEGIN {
	print head
	for (i = 0; i < 60000; i++) {
		t = sprintf("2026-02-04 15:%02d:%02d.%02d+00", i / 6000 % 60, i / 100 % 60, i % 100)
		sub(/0\+/, "+", t); sub(/\.0\+/, "+", t); sub(/\.\+/, "+", t)
		for (n = 1; n <= 2; n++)
			printf "%s,rpc-91-%d,powermetrics,\"Power,Metrics\",%d.%d,W,%s\n", t, n, i, n, i % 7 ? "TotalCPUPower" : "TotalFanPower"
	}
}' >"$T/in.csv"
fetch
check "120,000 rows come out as they went in" cmp "$T/in.csv" "$T/.out"


# ---- a domain more or less ----

d() { echo "$(t "$1"),$2,$S,$3,W,TotalCPUPower"; }
keeps "a host with a domain is the node of its first label" "$(d 15:05 rpc-91-1.localdomain 1)\n$(d 15:05 rpc-91-2 2)\n"
like "which is said" "$("$MP" fetch --backend csv --input "$T/in.csv" --start 2026-02-04T15:00:00Z \
	--end 2026-02-04T16:00:00Z --nodelist 'rpc-91-[1-2]' 2>&1 >"$T/.out")" \
	'in.csv spells nodes .* rpc-91-1 is rpc-91-1.localdomain there'
makes "but not where the node is there by its own name, though later" \
	"$(d 15:05 rpc-91-1.x 1)\n$(d 15:05 rpc-91-1 2)\n" "$(d 15:05 rpc-91-1 2)"
makes "nor where two could be it" \
	"$(d 15:05 rpc-91-1.x 1)\n$(d 15:05 rpc-91-2 2)\n$(d 15:06 rpc-91-1.y 3)\n" "$(d 15:05 rpc-91-2 2)"
stream() { # LINES: what fetch makes of them from a pipe
	printf '%b' "$HEAD\n$1" >"$T/in.csv"
	run bash -c 'cat "$1" | "$2" fetch -q --backend csv --input - --start 2026-02-04T15:00:00Z \
		--end 2026-02-04T16:00:00Z --nodelist rpc-91-1' - "$T/in.csv" "$MP"
}
stream "$(d 15:05 rpc-91-1.x 1)\n"
is "a stream's host with a domain" "$OUT" "$HEAD
$(d 15:05 rpc-91-1.x 1)"
stream "$(d 15:05 rpc-91-1.x 1)\n$(d 15:06 rpc-91-1.y 1)\n"
like "a rival that comes later in a stream is refused" "$STATUS$ERR" \
	'^1.*line 3, column 2 \(hostname\): rpc-91-1.y, after rows of rpc-91-1.x, which were taken to be of node rpc-91-1'

# ---- a job between two samples ----

mkdir "$T/short"
short() { # START END: a report of rpc-91-1 from $T/in.csv
	rm -rf "$T/short"/*
	run "$MP" profile --backend csv --input "$T/in.csv" --start "2026-02-04T15:$1Z" --end "2026-02-04T15:$2Z" \
		--nodelist rpc-91-1 --job-id 1 --outdir "$T/short"
	J=$(cat "$T/short/power_1/summary.json" 2>/dev/null)
}
p() { echo "$(t "$1"),rpc-91-1,$S,$2,W,SystemInputPower"; }
printf '%b' "$HEAD\n$(p 14:56 500)\n$(p 15:01 600)\n$(p 15:06 700)\n$(p 15:11 500)\n" >"$T/in.csv"
short 15:02 15:05
like "it has the line between its neighbours" "$J" '"total": 0.0005416666666666666,'
like "... which is told" "$OUT" 'no sample of 1 series lies in the window'
like "... in the summary by series" "$J" '"metric": "SystemInputPower".*"samples": 2, "borrowed": 2,'
like "... and as the reason for there being no interval" "$J" \
	'"reason": "fewer than three samples of SystemInputPower of rpc-91-1; none lies in the window'
is "raw_power.csv holds the two" "$(cat "$T/short/power_1/raw_power.csv")" "$HEAD
$(p 15:01 600)
$(p 15:06 700)"
grep -v '"database"' "$T/short/power_1/summary.json" >"$T/first.json"
cp "$T/short/power_1/raw_power.csv" "$T/first.csv"
mv "$T/first.csv" "$T/in.csv"
cp "$T/in.csv" "$T/first.csv"
short 15:02 15:05
check "a replay has the same rows" cmp "$T/short/power_1/raw_power.csv" "$T/first.csv"
check "... and says the same" cmp <(grep -v '"database"' "$T/short/power_1/summary.json") "$T/first.json"
short 15:01 15:04
is "a job with a sample inside borrows none" "$(wc -l <"$T/short/power_1/raw_power.csv")" 2
like "... and is covered alike" "$J" '"borrowed": 0,.*"coverage": 1,'
short 17:02 17:05
is "further away than a minute there is no neighbour: exit 3" "$STATUS" 3
short 15:30 15:40
like "a single one, too far away to cover: partial" "$J" '"verdict": "partial"'
short 15:12 16:13
is "a window of more than a minute has none: exit 3" "$STATUS" 3

done_testing
