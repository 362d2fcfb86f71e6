#!/bin/bash
# SPDX-License-Identifier: MIT
# A counter of energy in MonSTer's databases: last minus first, with the rows beside the window,
# and the same from its raw_power.csv.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"
"$MP" backends | grep -q 'direct.*not built' && skip_all "built without libpq"

pg_start
pg_seed nodes=2
# 600 W from 1760497195 on, every 7 s; node 2's is set to zero on the way
pg_sql zen4 <<'SQL'
CREATE TABLE idrac.boardenergy ("timestamp" timestamptz NOT NULL, nodeid int, source int, fqdd int, value float8);
CREATE INDEX ON idrac.boardenergy ("timestamp");
INSERT INTO idrac.boardenergy SELECT to_timestamp(t), n, NULL, NULL,
	CASE WHEN n = 2 AND t >= 1760497505 THEN 0.6 * (t - 1760497503) ELSE 1e5 + 0.6 * (t - 1760497195) END
	FROM generate_series(1760497130, 1760497900, 7) t, generate_series(1, 2) n;
GRANT SELECT ON idrac.boardenergy TO monster;
SQL
{
	pg_ini
	printf '[route rpc]\nmetrics = BoardEnergy:input, TotalCPUPower:cpu\n'
	printf 'units = BoardEnergy:kJ\nkind = BoardEnergy:counter\n'
} >"$T/c.ini"
chmod 600 "$T/c.ini"
mkdir "$T/a" "$T/b"
report() { # OUTDIR OPTION...
	local dir=$1
	shift
	run "$MP" profile -q -c "$T/c.ini" "$@" --job-id 7 --start 1760497200 --end 1760497800 \
		--nodelist 'rpc-91-[1-2]' --outdir "$dir"
}
report "$T/a"
is "a report: exit 0" "$STATUS" 0 || diag "$ERR$(cat "$T/a/power_7/report.txt")"
for n in 1 2; do
	like "node $n: 600 W for 600 s are 0.1 kWh" "$(cat "$T/a/power_7/summary.json")" \
		"\"name\": \"rpc-91-$n\", .*\"energy_kwh\": 0\\.(1|100000000[0-9]*|099999999[0-9]*),"
done
is "rows of the counter from a minute before to a minute after" \
	"$(grep -c 'rpc-91-1,.*BoardEnergy' "$T/a/power_7/raw_power.csv")" 103
is "... of the power none outside" "$(grep TotalCPUPower "$T/a/power_7/raw_power.csv" |
	grep -vc '2025-10-15 03:0\|03:10:00')" 0
report "$T/b" --backend csv --input "$T/a/power_7/raw_power.csv"
is "its replay: exit 0" "$STATUS" 0 || diag "$ERR"
is "... is the same" "$(diff -r "$T/a/power_7" "$T/b/power_7" | grep '^[<>]' |
	grep -vE '"(program|backend|database|backend_findings)":')" ""
sed -i 's/^kind = .*/kind = BoardEnergy:power/' "$T/c.ini"
report "$T/b"
is "without kind it is no power: exit 1" "$STATUS" 1
like "... which it says" "$ERR" 'is in kJ, which is none of W, mW and kW: .*kind = Name:counter'
sed -i 's/^kind = .*/kind = BoardEnergy:both/' "$T/c.ini"
report "$T/b"
is "another kind: exit 2" "$STATUS" 2
like "... is named" "$ERR" 'both is no kind: power or counter'
done_testing
