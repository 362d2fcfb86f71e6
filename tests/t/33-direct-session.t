#!/bin/bash
# SPDX-License-Identifier: MIT
# What the program does on the server: few statements, reading only, and rows that leave
# while the server still works.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"
pg_start log_statement=all
pg_seed nodes=6 seconds=86400 step=5
pg_seed database=h100 prefix=rpg nodes=2 gpus=4 seconds=600
umask 077
pg_ini >"$T/mp.ini"
S=1760497200 E=1760583599
fetch() { "$MP" fetch -c "$T/mp.ini" --start "$S" --end "$E" --nodelist "$1"; }
sessions() { pg_sql postgres -c "SELECT count(*) FROM pg_stat_activity WHERE usename = 'monster'"; }
none() { [ "$(sessions)" = 0 ]; }
no_session() { wait_for 5 none; }

# ---- statements ----

statements() { # statements NODELIST: how many the server saw
	: >"$PG_DIR/log"
	fetch "$1" >"$T/rows.csv" || return
	grep -cE 'LOG: +(statement|execute [^:]*):' "$PG_DIR/log"
}
E=1760497799
ONE=$(statements rpc-91-1)
is "as many statements for six nodes as for one" "$(statements 'rpc-91-[1-6]')" "$ONE"
is "and for an hour as for ten minutes" "$(E=1760500800 statements 'rpc-91-[1-6]')" "$ONE"
like "namely a handful ($ONE)" "$ONE" '^([1-9]|1[0-2])$'
is "twice as many for two databases" "$(statements 'rpc-91-[1-6],rpg-91-1')" "$((2 * ONE))"
like "one COPY each" "$(grep -c 'COPY (SELECT' "$PG_DIR/log")" '^2$'
PLAN=$(sed -n 's/.*COPY (\(SELECT.*\)) TO STDOUT.*/EXPLAIN \1/p' "$PG_DIR/log" | head -n 1 |
	{ echo "SET enable_indexscan = off; SET enable_sort = off;"; cat; } | pg_sql zen4 -f - 2>&1)
like "the server's plan is bitmap scans of slices" "$PLAN" 'Bitmap Index Scan on totalcpupower_timestamp_idx'
unlike "and sorts nothing" "$PLAN" 'Sort|ERROR'

# ---- streaming ----

E=1760583599
mkfifo "$T/rows"
fetch 'rpc-91-[1-6]' >"$T/rows" 2>"$T/err" &
PID=$!
exec 8<"$T/rows"
read -r header <&8
read -r first <&8
like "the first row came: $first" "$header$first" '^timestamp.*2025-10-15 03:00:00'
is "while the server still works on the COPY" \
	"$(pg_sql postgres -c "SELECT count(*) FROM pg_stat_activity WHERE usename = 'monster' AND state = 'active' AND query LIKE '%COPY (SELECT%'")" 1
check "then the other rows come" test "$(wc -l <&8)" -gt 600000
wait $PID
is "exit 0" $? 0
exec 8<&-
check "no session is left" no_session
fetch 'rpc-91-[1-6],rpg-91-1' >"$T/rows" 2>"$T/err" &
PID=$!
: >"$PG_DIR/log"
exec 8<"$T/rows"
read -r header <&8
read -r first <&8
is "with the first row both databases are being read" \
	"$(grep -c 'COPY (SELECT' "$PG_DIR/log") $(pg_sql postgres -c "SELECT count(*) FROM pg_stat_activity WHERE usename = 'monster' AND datname = 'zen4' AND state = 'active'")" '2 1'
kill "$PID"
exec 8<&-
wait $PID
check "no session is left of them" no_session
fetch 'rpc-91-[1-6]' >"$T/rows" 2>"$T/err" &
PID=$!
head -n 3 "$T/rows" >/dev/null
wait $PID
check "a reader that goes away: no session is left" no_session

# ---- reading only ----

pg_sql zen4 <<'SQL'
CREATE TABLE public.traces (x int);
GRANT ALL ON public.traces TO monster;
ALTER TABLE idrac.totalfanpower RENAME TO fans;
CREATE FUNCTION public.leave_trace() RETURNS boolean LANGUAGE plpgsql VOLATILE AS
$$ BEGIN INSERT INTO public.traces VALUES (1); RETURN true; END $$;
CREATE VIEW idrac.totalfanpower AS SELECT * FROM idrac.fans WHERE public.leave_trace();
GRANT SELECT ON idrac.totalfanpower, idrac.fans TO monster;
SQL
E=1760497799
run fetch rpc-91-1
is "a table that writes when it is read: exit 1" "$STATUS" 1
like "because the session only reads" "$ERR" 'cannot execute INSERT in a read-only transaction'
is "it wrote nothing" "$(pg_sql zen4 -c 'SELECT count(*) FROM public.traces')" 0
like "the session's default is to read only" "$(cat "$PG_DIR/log")" 'SET default_transaction_read_only = on'
pg_sql zen4 -c 'DROP VIEW idrac.totalfanpower' -c 'CREATE VIEW idrac.totalfanpower AS SELECT * FROM idrac.fans' \
	-c 'GRANT SELECT ON idrac.totalfanpower TO monster'
fetch rpc-91-1 >"$T/view.csv"
pg_sql zen4 -c 'DROP VIEW idrac.totalfanpower' -c 'ALTER TABLE idrac.fans RENAME TO totalfanpower'
fetch rpc-91-1 >"$T/table.csv"
check "a view is as good as a table" cmp "$T/view.csv" "$T/table.csv"

# ---- the same again, from one snapshot ----

fetch 'rpc-91-[1-6],rpg-91-[1-2]' >"$T/a.csv"
fetch 'rpg-91-[2,1],rpc-91-[6,2,1,3-5]' >"$T/b.csv"
check "the order does not depend on the nodelist's" cmp "$T/a.csv" "$T/b.csv"
pg_sql zen4 -c 'CLUSTER idrac.totalfanpower USING totalfanpower_timestamp_idx' -c 'CREATE INDEX r ON idrac.systeminputpower (value)' \
	-c 'CLUSTER idrac.systeminputpower USING r'
fetch 'rpc-91-[1-6],rpg-91-[1-2]' >"$T/b.csv"
check "nor on how the rows lie on disk" cmp "$T/a.csv" "$T/b.csv"

# ---- what is compressed is unpacked once ----

E=1760583599
: >"$PG_DIR/log"
fetch 'rpc-91-[1-2]' >"$T/plain.csv"
PLAIN=$(grep -o 'COPY (SELECT' "$PG_DIR/log" | wc -l)
pg_sql zen4 -c 'CREATE SCHEMA _timescaledb_internal; GRANT USAGE ON SCHEMA _timescaledb_internal TO monster' \
	-c 'CREATE TABLE _timescaledb_internal._hyper_1_1_chunk () INHERITS (idrac.totalcpupower)' \
	-c 'CREATE INDEX ON _timescaledb_internal._hyper_1_1_chunk ("timestamp" DESC)' \
	-c 'CREATE TABLE _timescaledb_internal.compress_hyper_2_1_chunk (nodeid int)' \
	-c 'GRANT SELECT ON ALL TABLES IN SCHEMA _timescaledb_internal TO monster' \
	-c "WITH old AS (DELETE FROM ONLY idrac.totalcpupower WHERE \"timestamp\" < to_timestamp($S + 40000) RETURNING *) INSERT INTO _timescaledb_internal._hyper_1_1_chunk SELECT * FROM old"
: >"$PG_DIR/log"
fetch 'rpc-91-[1-2]' >"$T/compressed.csv"
COMPRESSED=$(grep -o 'COPY (SELECT' "$PG_DIR/log" | wc -l)
like "a day of plain tables is some twenty statements ($PLAIN)" "$PLAIN" '^2[0-9]$'
is "of a table with compressed chunks two" "$COMPRESSED" 2
check "the rows are the same bytes" cmp "$T/plain.csv" "$T/compressed.csv"

done_testing
