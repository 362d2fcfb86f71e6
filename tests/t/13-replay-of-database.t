#!/bin/bash
# SPDX-License-Identifier: MIT
# A report from the database and one replayed from its raw_power.csv are the same, byte for
# byte, save the provenance lines of the summary; also where values are no integers, times have
# microseconds, and columns are of other types than MonSTer's.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"
"$MP" backends | grep -q 'direct.*not built' && skip_all "built without libpq"

pg_start
pg_seed nodes=3
pg_seed database=h100 prefix=rpg nodes=1 gpus=2
pg_sql zen4 <<'SQL'
UPDATE idrac.totalcpupower SET value = value * 1.0137 + 0.1;
UPDATE idrac.totalmemorypower SET "timestamp" = "timestamp" + nodeid * interval '123.4567 ms';
ALTER TABLE idrac.totalfanpower ALTER value TYPE double precision USING value / 3.0::float8;
ALTER TABLE idrac.totalstoragepower ALTER value TYPE numeric(12,5) USING value / 7.0;
ALTER TABLE idrac.systeminputpower ALTER value TYPE integer;
ALTER TABLE idrac.systemoutputpower ALTER source DROP NOT NULL;
UPDATE idrac.systemoutputpower SET source = NULL WHERE nodeid = 2;
UPDATE idrac.systemoutputpower SET value = NULL WHERE nodeid = 1 AND value::int % 37 = 0;
UPDATE idrac.systemoutputpower SET value = 'NaN' WHERE nodeid = 1 AND value::int % 41 = 0;
GRANT USAGE ON SCHEMA idrac TO monster;
SQL
pg_ini >"$T/direct.ini"
chmod 600 "$T/direct.ini"
mkdir "$T/a" "$T/b"

report() { # OUTDIR OPTION...
	local dir=$1
	shift
	run "$MP" profile -q "$@" --job-id 7 --start 1760497200 --end 1760497800 \
		--nodelist 'rpc-91-[1-4],rpg-91-1' --outdir "$dir"
}
for zone in UTC America/Chicago Asia/Kolkata; do
	[ "$zone" = UTC ] || [ -e "/usr/share/zoneinfo/$zone" ] || {
		skip "$zone" "no zone data (tzdata)"
		continue
	}
	export TZ=$zone
	report "$T/a" -c "$T/direct.ini"
	is "$zone: from the database: exit 4 (a node is silent)" "$STATUS" 4 || diag "$ERR"
	report "$T/b" -c "$T/direct.ini" --backend csv --input "$T/a/power_7/raw_power.csv"
	is "$zone: replayed: exit 4" "$STATUS" 4 || diag "$ERR"
	for f in raw_power.csv timeseries.png timeseries.pdf energy_pie.png energy_pie.pdf report.txt; do
		check "$zone: $f" cmp "$T/a/power_7/$f" "$T/b/power_7/$f"
	done
	is "$zone: summary.json but for its provenance" \
		"$(diff "$T/a/power_7/summary.json" "$T/b/power_7/summary.json" | grep '^[<>]' |
			grep -vE '"(program|backend|database|backend_findings)":')" ""
done
like "reals are written short" "$(cat "$T/a/power_7/raw_power.csv")" ',[0-9]+\.[0-9]{1,5},W,TotalCPUPower'

done_testing
