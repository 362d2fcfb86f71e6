#!/bin/bash
# SPDX-License-Identifier: MIT
# The prometheus backend against a real server, filled from the recording: the report is that of
# the same samples replayed; what servers allow, whom they let in, and names that are code.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/prometheus.sh"
prom_needs

START=2025-10-15T03:00:00Z END=2025-10-15T04:00:00Z NODES='rpc-91-[1-2],rpg-93-1'
UNITS='TotalCPUPower:W, TotalMemoryPower:W, TotalStoragePower:W, TotalFanPower:W,'
UNITS="$UNITS SystemInputPower:W, SystemOutputPower:W"
ini() { # FILE [LINE...]: of the recording's metrics; LINEs belong to [prometheus]
	local file=$1
	shift
	{
		prom_ini "$@"
		printf '[route rpc]\nunits = %s\n[route rpg]\nunits = %s, PowerConsumption:mW\n' \
			"$UNITS" "$UNITS"
	} >"$file"
	chmod 600 "$file"
}
fetch() { # INI [OPTION...]
	local ini=$1
	shift
	run "$MP" fetch -q -c "$ini" --start $START --end $END --nodelist "$NODES" "$@"
}
# gets NAME FILE: fetch brought these rows
gets() {
	is "$1: exit 0" "$STATUS" 0 || diag "$ERR"
	check "$1: every row, as it is" cmp "$T/.out" "$2"
}
# refuses NAME REGEX: fetch failed, and says why
refuses() {
	is "$1: exit 1" "$STATUS" 1
	like "$1: says so" "$ERR" "$2"
}

prom_metrics "$MP_SRCDIR/tests/data/recording.csv" | prom_fill "$T/db"
export TZ=America/Chicago # the recording's
prom_rows "$MP_SRCDIR/tests/data/recording.csv" >"$T/want.csv"
check "the server starts" prom_start "$T/db"
ini "$T/c.ini"

# --- the same report ---
fetch "$T/c.ini"
gets "the hour" "$T/want.csv"
mkdir "$T/a" "$T/b"
report() { # OUTDIR OPTION...
	local dir=$1
	shift
	run "$MP" profile -q -c "$T/c.ini" "$@" --job-id 7 --start $START --end $END \
		--nodelist "$NODES" --outdir "$dir"
}
report "$T/a"
is "the report: exit 4, a node is silent for ten minutes" "$STATUS" 4 || diag "$ERR"
report "$T/b" --backend csv --input "$T/a/power_7/raw_power.csv"
is "its replay: exit 4" "$STATUS" 4 || diag "$ERR"
for f in raw_power.csv timeseries.png timeseries.pdf energy_pie.png energy_pie.pdf report.txt; do
	check "$f" cmp "$T/a/power_7/$f" "$T/b/power_7/$f"
done
is "summary.json but for its provenance" \
	"$(diff "$T/a/power_7/summary.json" "$T/b/power_7/summary.json" | grep '^[<>]' |
		grep -vE '"(program|backend|database|backend_findings)":')" ""
run "$MP" profile -q -c "$T/c.ini" --job-id 7 --outdir "$T/a"
is "a job is not looked up there: exit 2" "$STATUS" 2
like "... which it says" "$ERR" 'prometheus cannot look a job up: give --start, --end and --nodelist'

# --- windows ---
# window NAME START END: the rows of the recording between two Unix times
window() {
	run "$MP" fetch -q -c "$T/c.ini" --start "$2" --end "$3" --nodelist "$NODES"
	cp "$T/.out" "$T/got.csv"
	run "$MP" fetch -q -c "$T/c.ini" --backend csv --input "$T/want.csv" --start "$2" --end "$3" \
		--nodelist "$NODES"
	gets "$1" "$T/got.csv"
}
window "both ends belong to it" 1760497205 1760497505
window "ends between samples" 1760497206.25 1760497508.125
window "a job between two samples" 1760497206.1 1760497208.2
window "an instant" 1760497205 1760497205

# --- names ---
NODES="RPC-91-1.example.org,rpc-91-2"
run "$MP" fetch -c "$T/c.ini" --start $START --end $END --nodelist "$NODES"
is "a domain and capitals do not matter" "$(wc -l <"$T/.out")" \
	"$(($(grep -c ',rpc-91-' "$T/want.csv") + 1))"
for name in 'rpc"}or{x="' 'rpc-91-.' 'rpc.*' 'rpc\' "rpc'" 'rpc|rpc-91-1' 'rpc(' 'rpc$'; do
	run "$MP" fetch -q -c "$T/c.ini" --start $START --end $END --nodelist "$name"
	is "node $name: no samples, exit 3" "$STATUS" 3 || diag "$ERR"
	unlike "... and no other node's" "$OUT" 'rpc-91'
done
NODES='rpc-91-[1-2],rpg-93-1'

prom_stop
done_testing
