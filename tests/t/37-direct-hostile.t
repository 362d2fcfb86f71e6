#!/bin/bash
# SPDX-License-Identifier: MIT
# A database server, or somebody between it and us, who lies: whatever the answers are, an
# error in bounded time and memory, and nothing written.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"
pg_start
pg_seed nodes=2 seconds=600
umask 077
mkdir "$T/out"
S=1760497200 E=1760497799
peer() { # peer MODE [NUMBER]: edits what the server answers; its port in $PORT
	coproc PEER { exec "$MP_BUILDDIR/tests/tools/pg_peer" "$1" "$PG_PORT" "${@:2}"; }
	read -r PORT <&"${PEER[0]}"
	at_exit "kill $PEER_PID 2>/dev/null"
	pg_ini 'connect_timeout = 5' 'statement_timeout = 20' | sed "s/^port = .*/port = $PORT/" >"$T/mp.ini"
	echo "deadline_seconds = $(slow 10)" >>"$T/mp.ini"
}
gone() {
	kill "$PEER_PID" 2>/dev/null
	wait "$PEER_PID" 2>/dev/null
}
# 1 GiB of address space is a third of what a flood made of it.  Sanitizers need more.
limit() {
	if grep -q __asan_init "$MP"; then
		"$@"
	else
		(ulimit -v 1048576 && exec "$@")
	fi
}
lies() { # lies NAME REGEX [MODE NUMBER]: how profile takes it
	peer "${@:3}"
	run limit timeout "$(slow 30)" "$MP" profile -c "$T/mp.ini" --job-id 7 --start $S --end $E \
		--nodelist 'rpc-91-[1-2]' --outdir "$T/out"
	gone
	like "$1: exit 1, or 3: no samples" "$STATUS" "^[13]$"
	like "$1: told" "$ERR" "$2"
	is "$1: nothing written" "$(find "$T/out" -type f)" ""
}

peer pass
run "$MP" profile -c "$T/mp.ini" --job-id 7 --start $S --end $E --nodelist 'rpc-91-[1-2]' --outdir "$T/out"
gone
is "nothing edited: exit 0" "$STATUS" 0
rm -rf "$T/out/power_7"

# ---- answers ----

ODD='the answer is not one to what was asked'
for n in 0 1000000 -1 18446744073709551615 99999999999999999999 ''; do
	lies "the index of a unit is '$n'" "reading public.metrics_definition: $ODD" units "$n"
done
for n in 0 90000000 3 x; do
	lies "the index of a node is '$n'" "reading public.nodes: $ODD" nodes "$n"
done
lies "no columns" "$ODD" nofields
lies "a column less" "$ODD" fewer
lies "NULL everywhere" "$ODD" nulls
lies "letters for numbers" "$ODD" texts
lies "no rows at all" "$ODD|not in public.nodes|no metric|has no" norows
lies "an answer without end" 'reading public.nodes: the answer has no end' answers
lies "parameters without end" 'does not answer' chatter
peer norows
echo "SlurmUser=$(id -un)" >"$T/slurm.conf"
run limit timeout "$(slow 30)" "$MP" check -c "$T/mp.ini" --slurm-conf "$T/slurm.conf"
gone
is "no rows for check: exit 1" "$STATUS" 1
like "no rows for check: told" "$OUT" "$ODD"

# ---- samples ----

LATE='does not fit its table'
for n in 0 4611686018427387904 -1; do
	lies "samples of another time ($n)" "$LATE" time "$n"
done
for n in 1 -1 2147483647; do
	lies "a pack of slice $n" "$LATE" slice "$n"
done
lies "a row for ever" 'more than [0-9]* samples' rows
lies "the end for ever" "$LATE" trailers
lies "a row longer than memory" 'the answer has no end' message
pg_sql zen4 -c "ALTER TABLE idrac.totalfanpower ALTER fqdd TYPE text USING 'Fan.' || fqdd"
lies "sensors for ever" 'names (sensors|sources and FQDDs) without end' names

# ---- one bad text row costs its sensor ----

summary() { cat "$T/out/power_7/summary.json"; }
spoiled() { # spoiled NAME: the report is there, one sensor short, and says so
	run timeout 30 "$MP" profile -c "$T/mp.ini" --job-id 7 --start $S --end $E \
		--nodelist 'rpc-91-[1-2]' --outdir "$T/out"
	is "$1: exit 4" "$STATUS" 4
	like "$1: in the summary" "$(summary)" 'a row of it has a source or FQDD that is no name'
	like "$1: the others' samples" "$(grep -c TotalCPUPower "$T/out/power_7/raw_power.csv")" '^2[0-9][0-9]$'
	rm -rf "$T/out/power_7"
}
peer nul
spoiled "NULs in a name"
gone
pg_ini >"$T/mp.ini"
pg_sql zen4 -c "UPDATE idrac.totalfanpower SET fqdd = repeat('x', 5000) WHERE ctid = '(0,1)'"
spoiled "a name of 5,000 bytes"

done_testing
