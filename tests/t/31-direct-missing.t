#!/bin/bash
# SPDX-License-Identifier: MIT
# What a database may lack or hold twice, and names that try to become SQL.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"
pg_start log_statement=all standard_conforming_strings=off escape_string_warning=off
pg_seed nodes=4 seconds=600
pg_seed database=h100 prefix=rpg nodes=1 gpus=2 seconds=600 index=node
umask 077
pg_ini >"$T/mp.ini"
S=1760497200 E=1760497799
profile() { # profile NODELIST: $J is the summary
	rm -rf "$T/out"
	mkdir "$T/out"
	run "$MP" profile -c "$T/mp.ini" --job-id 1 --start $S --end $E --nodelist "$1" --outdir "$T/out"
	J=$(cat "$T/out/power_1/summary.json" 2>/dev/null)
}
fetch() { run "$MP" fetch -c "$T/mp.ini" --start $S --end $E --nodelist "$1"; }
# missing NODE METRIC: the reason given in summary.json's list "missing"; null for any
missing() {
	printf '%s' "$J" | tr -d '\n' | sed -n 's/.*"missing": *\[\([^]]*\)\].*/\1/p' | grep -o '{[^}]*}' |
		tr -s ' ' | grep -F "\"node\": $1," | grep -F "\"metric\": $2," |
		sed 's/.*"reason": "\([^"]*\)".*/\1/'
}

profile 'rpc-91-[1-2],rpg-91-1'
is "everything there: exit 0" "$STATUS" 0
[ "$STATUS" = 0 ] || diag "$ERR"
like "everything there: valid" "$J" '"verdict": *"valid"'

# ---- a domain more or less ----

cp "$T/out/power_1/raw_power.csv" "$T/before.csv"
pg_sql zen4 -c "UPDATE nodes SET hostname = hostname || '.localdomain'"
profile 'rpc-91-[1-2],rpg-91-1'
is "hosts with a domain, a nodelist without: exit 0" "$STATUS" 0
like "said, and valid all the same" "$OUT" \
	'public.nodes of database zen4 spells nodes with another domain.*rpc-91-1 is rpc-91-1.localdomain, rpc-91-2 is rpc-91-2.localdomain there'
check "all samples are there, as the database spells them" \
	cmp <(sed 's/,\(rpc-91-[12]\),/,\1.localdomain,/' "$T/before.csv") "$T/out/power_1/raw_power.csv"
sed '/"program"/d; /"backend/d; /"database"/d' "$T/out/power_1/summary.json" >"$T/database.json"
mv "$T/out/power_1/raw_power.csv" "$T/domain.csv"
run "$MP" profile -c "$T/mp.ini" --backend csv --input "$T/domain.csv" --job-id 1 --start $S --end $E \
	--nodelist 'rpc-91-[1-2],rpg-91-1' --outdir "$T/out"
like "a replay says it too" "$OUT" 'rpc-91-1 is rpc-91-1.localdomain, rpc-91-2 is'
check "and has the same figures" cmp "$T/database.json" \
	<(sed '/"program"/d; /"backend/d; /"database"/d' "$T/out/power_1/summary.json")
pg_sql zen4 -c "UPDATE nodes SET hostname = split_part(hostname, '.', 1)"
profile 'rpc-91-1.hpc.example,rpc-91-2.hpc.example'
is "the reverse, a nodelist with a domain: exit 0" "$STATUS" 0
like "and said" "$OUT" 'rpc-91-1.hpc.example is rpc-91-1, '
pg_sql zen4 -c "UPDATE nodes SET hostname = 'rpc-91-1.b' WHERE hostname = 'rpc-91-3'" \
	-c "UPDATE nodes SET hostname = 'rpc-91-2.a' WHERE hostname = 'rpc-91-2'" \
	-c "UPDATE nodes SET hostname = 'RPC-91-2.b' WHERE hostname = 'rpc-91-4'"
profile 'rpc-91-[1-2]'
is "two to choose from: exit 4" "$STATUS" 4
like "nothing is guessed, and that is said" "$J" \
	'rpc-91-2: public.nodes of database zen4 has (rpc-91-2.a and RPC-91-2.b|RPC-91-2.b and rpc-91-2.a), and nothing says which'
unlike "the name itself always wins" "$OUT$J" 'rpc-91-1 is '
is "nothing of the others is read" "$(cut -d, -f2 "$T/out/power_1/raw_power.csv" | sort -u | tr '\n' ' ')" \
	'hostname rpc-91-1 '
pg_sql zen4 -c "UPDATE nodes SET hostname = 'rpc-91-' || nodeid"

# ---- a job between two samples ----

pg_sql zen4 -c "DELETE FROM idrac.systeminputpower WHERE extract(epoch FROM timestamp)::int % 5 <> 0"
S0=$S E0=$E
S=$((S0 + 101)) E=$((S0 + 103))
profile 'rpc-91-[1-2]'
is "a job between two samples: exit 0" "$STATUS" 0
[ "$STATUS" = 0 ] || diag "$OUT$ERR"
like "the neighbours are told" "$OUT" 'lies in the window: the last before and the first after it'
is "and are in raw_power.csv" "$(cut -d, -f1 "$T/out/power_1/raw_power.csv" | tail -n +2 | sort -u | grep -vc ':4[123]+')" 2
cp "$T/out/power_1/raw_power.csv" "$T/short.csv"
sed '/"program"/d; /"backend"/d; /"database"/d' "$T/out/power_1/summary.json" >"$T/database.json"
run "$MP" profile -c "$T/mp.ini" --backend csv --input "$T/short.csv" --job-id 1 --start $S --end $E \
	--nodelist 'rpc-91-[1-2]' --outdir "$T/out"
check "a replay has the same rows" cmp "$T/short.csv" "$T/out/power_1/raw_power.csv"
check "and says the same" cmp "$T/database.json" \
	<(sed '/"program"/d; /"backend"/d; /"database"/d' "$T/out/power_1/summary.json")

S=$S0 E=$E0

# ---- duplicates ----

fetch 'rpc-91-[1-2],rpg-91-1'
cp "$T/.out" "$T/once.csv"
pg_sql zen4 -c "INSERT INTO metrics_definition (metric_id, units) VALUES ('TOTALCPUPOWER', 'W'), ('systeminputpower', 'W')" \
	-c "ALTER TABLE nodes DROP CONSTRAINT nodes_pkey; INSERT INTO nodes SELECT * FROM nodes" \
	-c "ALTER TABLE fqdd DROP CONSTRAINT fqdd_pkey; INSERT INTO fqdd SELECT * FROM fqdd" \
	-c "ALTER TABLE source DROP CONSTRAINT source_pkey; INSERT INTO source SELECT * FROM source"
fetch 'rpc-91-[1-2],rpg-91-1'
check "duplicates in every dimension multiply nothing" cmp "$T/.out" "$T/once.csv"
pg_sql zen4 -c "INSERT INTO metrics_definition (metric_id, units) VALUES ('totalfanpower', 'mW')"
pg_sql zen4 -c "INSERT INTO fqdd VALUES (2, 'SomethingElse')"
profile 'rpc-91-1'
like "units that contradict each other are told" "$OUT" 'totalfanpower several units; W is used'
like "and kept in the summary" "$J" 'totalfanpower several units; W is used'
like "and the report is suspect" "$J" 'the database gives a metric several units'
run "$MP" profile -c "$T/mp.ini" --input "$T/out/power_1/raw_power.csv" --outdir "$T/out"
like "and so is its replay" "$STATUS $OUT" '^4 .*suspect'
like "so are names of one id" "$J" 'id 2 has several names in public.fqdd; PowerMetrics is used'
pg_sql zen4 -c "UPDATE metrics_definition SET units = NULL WHERE metric_id = 'TotalFanPower'" \
	-c "UPDATE metrics_definition SET units = 'W' WHERE metric_id = 'totalfanpower'"
fetch rpc-91-1
like "of a row without units and one with them, the units count" "$OUT" ',W,TotalFanPower$'
pg_sql zen4 -c "UPDATE metrics_definition SET units = 'mW' WHERE metric_id = 'totalfanpower'" \
	-c "UPDATE metrics_definition SET units = 'W' WHERE metric_id = 'TotalFanPower'"
pg_sql zen4 -c "DELETE FROM metrics_definition WHERE units = 'mW'" -c "DELETE FROM fqdd WHERE fqdd = 'SomethingElse'"
pg_sql zen4 -c "ALTER TABLE nodes ALTER nodeid DROP NOT NULL; INSERT INTO nodes (nodeid, hostname) VALUES (NULL, 'rpc-91-1')" \
	-c "ALTER TABLE fqdd ALTER id DROP NOT NULL; INSERT INTO fqdd VALUES (NULL, 'Ghost')"
pg_sql zen4 -c "INSERT INTO idrac.totalfanpower SELECT timestamp, 0, 2, 0, 1 FROM idrac.totalfanpower"
fetch 'rpc-91-[1-2],rpg-91-1'
check "rows without an id in a dimension are nobody's name" cmp "$T/.out" "$T/once.csv"
pg_sql zen4 -c "DELETE FROM nodes WHERE nodeid IS NULL" -c "DELETE FROM fqdd WHERE id IS NULL"

# ---- missing, but a report ----

pg_sql zen4 -c 'DROP TABLE idrac.totalstoragepower' -c "DELETE FROM idrac.totalfanpower WHERE nodeid = 2" \
	-c "INSERT INTO nodes (hostname) VALUES ('rpc-95-1')"
profile 'rpc-91-[1-2],rpc-95-1,rpc-99-1'
is "a table, a node and a name are missing: exit 4" "$STATUS" 4
like "and the verdict is partial" "$J" '"verdict": *"partial"'
like "the table is named" "$J" '"TotalStoragePower: database zen4 has no table idrac.totalstoragepower"'
like "the node that public.nodes does not know is named" "$J" \
	'"rpc-99-1: not in public.nodes of database zen4"'
is "and is missing" "$(missing '"rpc-99-1"' null)" "no rows in the window"
is "the metric is missing for each node" "$(missing '"rpc-91-1"' '"TotalStoragePower"')" "no rows in the window"
is "the node without rows is named" "$(missing '"rpc-95-1"' null)" "no rows in the window"
is "a metric that one node lacks is named" "$(missing '"rpc-91-2"' '"TotalFanPower"')" "no rows in the window"
like "the rest is there" "$(wc -l <"$T/out/power_1/raw_power.csv")" '^1[0-9]{3}$'
fetch 'rpc-91-1,rpc-95-1,rpc-99-1'
is "fetch has a row of one node: exit 0" "$STATUS" 0
like "fetch names the node without rows" "$ERR" 'rpc-95-1: no rows in the window'
like "and the one that is not known" "$ERR" 'rpc-99-1: not in public.nodes of database zen4'
fetch 'rpc-95-1'
is "no rows at all: exit 3" "$STATUS" 3
unlike "for no other cause" "$ERR" 'not in public.nodes|has no table idrac.totalcpupower'
fetch 'rpc-99-1'
like "no rows of a node that is not known: told" "$STATUS$ERR" '^3.*: rpc-99-1: not in public.nodes of database zen4; nothing was written'
is "and nothing on standard output but the header, if that" "$(grep -vc '^timestamp' "$T/.out")" 0

# ---- missing, and an error ----

fails() { # fails NAME STATUS REGEX
	is "$1: exit $2" "$STATUS" "$2"
	like "$1: told" "$ERR" "$3"
	unlike "$1: no password in it" "$OUT$ERR" "$PG_PASSWORD"
}
with() { # with SED-SCRIPT-OR-LINES: another [route rpc]
	{
		pg_ini
		printf '[route rpc]\n%s\n' "$@"
	} >"$T/mp.ini"
}
with 'database = zen5'
fetch rpc-91-1
fails "unknown database" 1 'database "zen5" does not exist; check database in the \[route\] sections'
fetch rpg-91-1
is "which does not keep the other route from working" "$STATUS" 0
with 'metrics = "NoSuchPower:none"'
fetch rpc-91-1
like "no table of the route: told" "$STATUS$ERR" '^3.*: NoSuchPower: database zen4 has no table idrac.nosuchpower; nothing was written'
with 'schema = nowhere'
fetch rpc-91-1
fails "unknown schema" 1 'database zen4 has no schema nowhere'
pg_ini >"$T/mp.ini"
pg_sql zen4 -c 'REVOKE SELECT ON idrac.systeminputpower FROM monster'
fetch rpc-91-1
fails "no permission on a table" 1 'permission denied for table idrac.systeminputpower; .*GRANT SELECT'
pg_sql zen4 -c 'GRANT SELECT ON idrac.systeminputpower TO monster; REVOKE USAGE ON SCHEMA idrac FROM monster'
fetch rpc-91-1
fails "no permission on the schema" 1 'permission denied for schema idrac; .*GRANT USAGE'
pg_sql zen4 -c 'GRANT USAGE ON SCHEMA idrac TO monster; REVOKE SELECT ON public.nodes FROM monster'
fetch rpc-91-1
fails "no permission on public.nodes" 1 'permission denied for table nodes'
pg_sql zen4 -c 'GRANT SELECT ON public.nodes TO monster; ALTER TABLE public.nodes RENAME TO nodes2'
fetch rpc-91-1
fails "no public.nodes" 1 'relation "public.nodes" does not exist; is this a MonSTer database'
pg_sql zen4 -c 'ALTER TABLE public.nodes2 RENAME TO nodes; REVOKE CONNECT ON DATABASE zen4 FROM PUBLIC'
fetch rpc-91-1
fails "no permission on the database" 1 'permission denied for database "zen4"'
pg_sql postgres -c 'GRANT CONNECT ON DATABASE zen4 TO PUBLIC'
for type in money text boolean 'int[]' interval; do
	pg_sql zen4 -c "DROP TABLE IF EXISTS idrac.oddpower; CREATE TABLE idrac.oddpower (\"timestamp\" timestamptz, nodeid int, source int, fqdd int, value $type); GRANT SELECT ON idrac.oddpower TO monster"
	with 'metrics = SystemInputPower, OddPower:none'
	fetch rpc-91-1
	fails "a value of type $type" 1 "column value of table idrac.oddpower has type ${type%%[[]*}"
done
pg_sql zen4 -c 'ALTER TABLE idrac.oddpower DROP value, ADD value numeric' \
	-c "INSERT INTO idrac.oddpower VALUES (to_timestamp($S), 1, 2, 2, ('1' || repeat('0', 70000))::numeric)"
fetch rpc-91-1
fails "a number of 70,001 digits costs its sensor, not the job" 0 'rpc-91-1, OddPower: a row of it holds a number of more digits'
pg_sql zen4 -c 'DROP TABLE idrac.oddpower' \
	-c 'CREATE TABLE idrac.oddpower ("Value" text, extra int DEFAULT 7, "timestamp" timestamptz, value int, fqdd int, "TIMESTAMP" text, source int, nodeid int)' \
	-c 'GRANT SELECT ON idrac.oddpower TO monster' \
	-c "INSERT INTO idrac.oddpower VALUES ('x', 1, to_timestamp($S), 42, 2, 'x', 2, 1)"
fetch rpc-91-1
like "columns in another order, others that are spelled alike" "$OUT" '^2025-10-15 03:00:00\+00,rpc-91-1,powermetrics,PowerMetrics,42,,OddPower$'
pg_sql zen4 -c 'ALTER TABLE idrac.oddpower ALTER nodeid TYPE text, DROP value, ADD value int'
fetch rpc-91-1
fails "a nodeid of type text" 1 'column nodeid of table idrac.oddpower has type text'
pg_sql zen4 -c 'ALTER TABLE idrac.oddpower DROP nodeid'
fetch rpc-91-1
fails "no nodeid" 1 'table idrac.oddpower has no column nodeid'
pg_ini >"$T/mp.ini"

# ---- hostile names ----

pg_sql zen4 -c 'CREATE TABLE public.victim (x int)'
mkdir "$T/host"
i=0
while IFS= read -r name; do
	i=$((i + 1))
	with "prefix = \"${name:0:1}\""
	run "$MP" fetch -c "$T/mp.ini" --start $S --end $E --nodelist "$name"
	like "hostile node $name: refused or unknown" "$STATUS" '^[23]$'
done <<'NAMES'
rpc'; DROP TABLE public.victim; --
rpc\'; DROP TABLE public.victim; --
rpc' OR 1=1 --
rpc"; DROP TABLE public.victim; --
rpc$$; DROP TABLE public.victim; --
rpc\\' || pg_sleep(10) || '
rpc{a,"b",NULL}
NAMES
# a node, source and fqdd of such a name, all the way into the file
cat >"$T/hostile.sql" <<'SQL'
SET standard_conforming_strings = on;
UPDATE nodes SET hostname = 'rpc-x'';DROP\"{},' WHERE nodeid = 3;
INSERT INTO fqdd VALUES (50, 'a''b"c\d; DROP TABLE public.victim; --'), (51, '');
UPDATE idrac.systeminputpower SET fqdd = 50 WHERE nodeid = 1;
SQL
pg_sql zen4 -f "$T/hostile.sql"
pg_ini >"$T/mp.ini"
fetch rpc-91-1
is "a hostile fqdd: exit 0" "$STATUS" 0
like "printed as it is" "$OUT" ',"a.b""c.d; DROP TABLE public.victim; --",'
for id in "schema = \"i'd\"; DROP TABLE public.victim; --\"" 'schema = "idrac\"; DROP TABLE public.victim; --"' \
	"database = \"zen4' user='postgres\"" 'database = "zen4 host=127.0.0.2"' \
	'database = "postgresql://postgres@127.0.0.1/zen4"' \
	'metrics = "SystemInputPower, x; DROP TABLE public.victim; --:none"' \
	'metrics = "SystemInputPower, x\"; DROP TABLE public.victim; --:none"' \
	"metrics = \"SystemInputPower, x'; DROP TABLE public.victim; --:none\""; do
	with "$id"
	fetch rpc-91-1
	like "hostile $id: refused or not there" "$STATUS" '^[0124]$'
done
is "the table they were after is still there" "$(pg_sql zen4 -c 'SELECT count(*) FROM public.victim')" 0
unlike "and no statement of theirs was seen" "$(grep -E 'statement: *DROP' "$PG_DIR/log" | grep -v oddpower)" \
	'victim'

done_testing
