#!/bin/bash
# SPDX-License-Identifier: MIT
# probe on MonSTer's databases: what it prints works at once.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"
"$MP" backends | grep -q 'direct.*not built' && skip_all "built without libpq"

pg_start
pg_seed nodes=3
pg_seed database=h100 prefix=rpg nodes=1 gpus=2
pg_sql postgres -c 'CREATE DATABASE other'
pg_sql postgres -c 'CREATE DATABASE "odd
[power]"'
pg_sql zen4 <<'SQL'
CREATE TABLE idrac.boardpower (LIKE idrac.totalcpupower);
INSERT INTO public.metrics_definition (metric_id, units) VALUES ('BoardPower', 'W');
GRANT SELECT ON idrac.boardpower TO monster;
SQL
pg_ini >"$T/pg.ini"
chmod 600 "$T/pg.ini"

run "$MP" probe -c "$T/pg.ini"
is "probe: exit 0" "$STATUS" 0 || diag "$ERR"
like "nodes by prefix" "$OUT" '^# 3 nodes had samples lately: rpc-91-1, rpc-91-2, rpc-91-3$'
like "databases" "$OUT" '^database = h100$'
like "GPUs" "$OUT" '^metrics = .*PowerConsumption:gpu'
like "what it cannot decide" "$OUT" '^# not decided: metrics = BoardPower:ROLE$'
unlike "no secret, nor others' lines" "$OUT" 's3cret|odd'
{
	printf '%s\n' "$OUT"
	printf '[database]\npassword = %s\n' "$PG_PASSWORD"
} >"$T/new.ini"
chmod 600 "$T/new.ini"
run "$MP" config -c "$T/new.ini"
is "config takes it: exit 0" "$STATUS" 0 || diag "$ERR"
run "$MP" profile -q -c "$T/new.ini" --job-id 7 --start 1760497200 --end 1760497800 \
	--nodelist 'rpc-91-[1-3],rpg-91-1' --outdir "$T"
is "and a report: exit 0" "$STATUS" 0 || diag "$ERR$(cat "$T/power_7/report.txt")"
run "$MP" probe -c "$T/pg.ini" --database other
is "a database without metrics: exit 3" "$STATUS" 3
like "... says so" "$ERR" 'no database at 127.0.0.1 has metric tables'
run "$MP" probe --backend csv
is "nothing to look at: exit 2" "$STATUS" 2
done_testing
