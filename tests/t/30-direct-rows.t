#!/bin/bash
# SPDX-License-Identifier: MIT
# raw_power.csv from a database, byte for byte what psql's \copy prints of the joined tables:
# over all value types, kinds of columns, zones, NULLs, and names that need quoting.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"
pg_start

# ---- tables of every kind ----

SCHEMA='Po"wer A\1'
METRICS=(SmallInt2 IntegerP BIGP RealPower DoublePower NumericPower NaivePower TextNames
	'Mixed "Ids"' NoNames WideNode)
pg_sql postgres -c 'CREATE DATABASE "Types 1"'
pg_sql "Types 1" -v schema="$SCHEMA" <<'SQL'
SET timezone = 'UTC';
CREATE TABLE nodes (nodeid int, hostname text);
INSERT INTO nodes VALUES (1, 'tn-1'), (2, 'TN-2'), (3, 'tn-3'), (3, 'tn-3'), (30, 'tn-3'), (4, 'other-4');
CREATE TABLE source (id int, source text);
INSERT INTO source VALUES (1, 'powermetrics'), (2, 'with, comma'), (2, 'with, comma'), (3, ''), (4, NULL);
CREATE TABLE fqdd (id int, fqdd text);
INSERT INTO fqdd VALUES (1, 'PowerMetrics'), (2, 'Vidéo "Slot".31-1'), (3, E'line\nbreak'), (4, 'Video.Slot.9');
CREATE TABLE metrics_definition (id serial, metric_id text, units text);
INSERT INTO metrics_definition (metric_id, units) VALUES ('SMALLINT2', 'W'), ('IntegerP', 'W'),
  ('bigp', 'mW'), ('RealPower', 'W'), ('RealPower', 'W'), ('DoublePower', 'kW'), ('NumericPower', 'W'),
  ('NaivePower', 'W'), ('TextNames', NULL), ('Mixed "Ids"', 'W'), ('WideNode', '\.');
CREATE SCHEMA :"schema";
SET search_path = :"schema", public;
CREATE TABLE smallint2 ("timestamp" timestamptz NOT NULL, nodeid int NOT NULL, source int, fqdd int, value smallint);
CREATE TABLE integerp ("timestamp" timestamptz NOT NULL, nodeid int NOT NULL, source int, fqdd int, value int);
CREATE TABLE bigp ("timestamp" timestamptz NOT NULL, nodeid int NOT NULL, source int, fqdd int, value bigint);
CREATE TABLE realpower ("timestamp" timestamptz NOT NULL, nodeid int NOT NULL, source int, fqdd int, value real);
CREATE TABLE doublepower ("timestamp" timestamptz NOT NULL, nodeid int NOT NULL, source int, fqdd int, value double precision);
CREATE TABLE numericpower ("timestamp" timestamptz NOT NULL, nodeid int NOT NULL, source int, fqdd int, value numeric);
CREATE TABLE naivepower ("timestamp" timestamp NOT NULL, nodeid int NOT NULL, source int, fqdd int, value real);
CREATE TABLE textnames ("timestamp" timestamptz NOT NULL, nodeid int NOT NULL, source text, fqdd varchar(40), value real);
CREATE TABLE "mixed ""ids""" ("Timestamp" timestamptz NOT NULL, "NodeID" smallint NOT NULL, source bigint, fqdd text, "Value" numeric(12,3));
CREATE TABLE nonames ("timestamp" timestamptz NOT NULL, nodeid int NOT NULL, value double precision);
CREATE TABLE widenode ("timestamp" timestamptz NOT NULL, nodeid bigint NOT NULL, source int, fqdd int, value int);

-- every 7.5 minutes for a week around the end of summer time 2025 in the USA, some with
-- microseconds; every value of a list, NULL among them; sources and fqdds that exist, are
-- NULL, or are not in their tables
CREATE TEMP TABLE tick AS
SELECT to_timestamp(1761800400 + k * 450) + (k % 3) * interval '0.000001 s' * (k * 7919 % 1000000) AS at,
       k, 1 + k % 3 AS node, (ARRAY[1, 2, NULL, 3, 4, 99])[1 + k % 6] AS s,
       (ARRAY[1, 2, 3, NULL, 4, 77, 1])[1 + k % 7] AS f
FROM generate_series(0, 1343) k;
INSERT INTO tick SELECT at, k + 5000, node, s, f FROM tick WHERE k % 50 = 0; -- repeated samples
INSERT INTO tick SELECT at, k + 9000, 30, s, f FROM tick WHERE node = 3 AND k % 4 = 0;
INSERT INTO smallint2 SELECT at, node, s, f, (ARRAY[0, 1, -1, 32767, -32768, NULL, 350])[1 + k % 7] FROM tick ORDER BY random();
INSERT INTO integerp SELECT at, node, s, f, (ARRAY[0, 1, -1, 2147483647, -2147483648, NULL, 100000])[1 + k % 7] FROM tick;
INSERT INTO bigp SELECT at, node, s, f, (ARRAY[0, -1, 9007199254740991, 9007199254740992, 9007199254740993, 9223372036854775807, -9223372036854775808, NULL])[1 + k % 8] FROM tick;
INSERT INTO realpower SELECT at, node, s, f, (ARRAY['0', '-0', '0.1', '16777216', '1e-45', '3.4028235e38', 'NaN', 'Infinity', '-Infinity', '123456.78', '1e15', '1e16', '9.9e-5', '12345678', NULL]::real[])[1 + k % 15] FROM tick;
INSERT INTO doublepower SELECT at, node, s, f, (ARRAY['0', '0.1', '1e22', '123456789012345680', '5e-324', '1.7976931348623157e308', 'NaN', '-Infinity', '0.30000000000000004', '1e15', '1e-5', '-123.456', NULL]::float8[])[1 + k % 13] FROM tick;
INSERT INTO numericpower SELECT at, node, s, f, (ARRAY['0', '0.00', '1.10', '1.1', '-12345678901234567890.123456789', '1e-20', '10000', '100000000', '99999.9999', '0.00012', 'NaN', 'Infinity', '-Infinity', '123456789012345678901234567890', NULL]::numeric[])[1 + k % 15] FROM tick;
INSERT INTO naivepower SELECT at AT TIME ZONE 'America/Chicago', node, s, f, k FROM tick;
INSERT INTO textnames SELECT at, node, (SELECT min(source) FROM source x WHERE x.id = s), (SELECT fqdd FROM fqdd x WHERE x.id = f), k FROM tick;
INSERT INTO "mixed ""ids""" SELECT at, node, s, (SELECT fqdd FROM fqdd x WHERE x.id = f), k / 7.0 FROM tick;
INSERT INTO nonames SELECT at, node, k / 3.0 FROM tick;
INSERT INTO widenode SELECT at, node, s, f, k FROM tick;
INSERT INTO widenode VALUES ('2025-11-01 00:00:00+00', 9000000000, 1, 1, 5);
CREATE INDEX ON smallint2 ("timestamp");
SELECT format('CREATE INDEX ON %I.%I (%I)', table_schema, table_name, column_name)
FROM information_schema.columns WHERE table_schema = :'schema' AND lower(column_name) = 'timestamp' \gexec
GRANT USAGE ON SCHEMA :"schema" TO monster;
GRANT SELECT ON ALL TABLES IN SCHEMA public, :"schema" TO monster;
SQL

config() { # config SCHEMA METRIC... > FILE
	local list m
	for m in "${@:2}"; do list=${list:+$list, }$m:none; done
	pg_ini
	printf '[route t]\nprefix = tn\ndatabase = "Types 1"\nschema = "%s"\nmetrics = "%s"\n' \
		"$(sed 's/[\\"]/\\&/g' <<<"$1")" "$(sed 's/[\\"]/\\&/g' <<<"$list")"
}
(
	umask 077
	config "$SCHEMA" "${METRICS[@]}" >"$T/types.ini"
)

# The select of one metric, in the plan's order $1: name $2; the columns as they are there.
# Dimensions are joined once per id.
joined() {
	local table time=timestamp node=nodeid value=value source fqdd
	table=\"$(sed 's/"/""/g' <<<"$SCHEMA")\".\"$(tr '[:upper:]' '[:lower:]' <<<"$2" | sed 's/"/""/g')\"
	source="(SELECT min(source) FROM source x WHERE x.id = m.source)"
	fqdd="(SELECT min(fqdd) FROM fqdd x WHERE x.id = m.fqdd)"
	case $2 in
	TextNames) source=m.source fqdd=m.fqdd ;;
	Mixed*) fqdd=m.fqdd time=Timestamp node=NodeID value=Value ;;
	NoNames) source=NULL fqdd=NULL ;;
	esac
	echo "SELECT m.\"$time\"::text AS timestamp, n.hostname, $source AS source, $fqdd AS fqdd,
	  m.\"$value\"::text AS value, (SELECT min(units) FROM metrics_definition d
	  WHERE lower(d.metric_id) = lower('$2')) AS units, '$2' AS metric,
	  m.\"$time\"::timestamptz AS t, $1 AS ord, m.\"$value\"::numeric AS v FROM $table m
	  JOIN (SELECT DISTINCT nodeid, hostname FROM nodes WHERE lower(hostname) IN ('tn-1', 'tn-2', 'tn-3')) n
	  ON n.nodeid = m.\"$node\" WHERE m.\"$time\" BETWEEN to_timestamp($START) AND to_timestamp($END)"
}
expected() { # expected METRIC...: what psql prints, in the order that backend.h promises
	local i=0 union="" m
	for m in "$@"; do
		union="$union${union:+ UNION ALL }$(joined "$i" "$m")"
		i=$((i + 1))
	done
	# psql takes \copy on one line only
	printf '\\copy (SELECT timestamp, hostname, source, fqdd, value, units, metric FROM (%s) x ORDER BY t, ord, hostname COLLATE "C", source COLLATE "C" NULLS LAST, fqdd COLLATE "C" NULLS LAST, v NULLS LAST, value COLLATE "C") TO STDOUT CSV HEADER\n' \
		"$(tr '\n' ' ' <<<"$union")" | PGTZ=$TZ pg_sql "Types 1"
}
fetch() { run "$MP" fetch -c "$T/types.ini" --start "$START" --end "$END" --nodelist 'tn-[1-3]'; }
same() { # same NAME METRIC...
	expected "${@:2}" >"$T/want.csv"
	fetch
	if [ "$STATUS" = 0 ] && cmp -s "$T/.out" "$T/want.csv" && [ "$(wc -l <"$T/want.csv")" -gt 2 ]; then
		result 0 "$1"
	else
		result 1 "$1"
		diag "exit status $STATUS: $ERR"
		diag "$(diff "$T/.out" "$T/want.csv" | head -n 10)"
	fi
}

START=1761800400 END=1762404000
for TZ in UTC America/Chicago Asia/Kolkata America/St_Johns Asia/Kathmandu; do
	export TZ
	same "all kinds of tables at once, a week, TZ=$TZ" "${METRICS[@]}"
done
export TZ=America/Chicago
like "the hour that occurs twice is in it" "$(cut -d, -f1 "$T/want.csv" | grep -c '^2025-11-02 01:')" '^[0-9]{2,}$'
for m in "${METRICS[@]}"; do
	(
		umask 077
		config "$SCHEMA" "$m" >"$T/types.ini"
	)
	same "$m alone" "$m"
done
(
	umask 077
	config "$SCHEMA" "${METRICS[@]}" >"$T/types.ini"
)
START=1762063200.000001 END=1762069500.25
same "a window with microseconds" "${METRICS[@]}"
START=1762066350 END=1762066350
same "a window of one moment" "${METRICS[@]}"
pg_sql "Types 1" -c "DROP INDEX \"$(sed 's/"/""/g' <<<"$SCHEMA")\".realpower_timestamp_idx"
START=1761800400 END=1762404000
same "one table without an index: the server sorts" "${METRICS[@]}"
pg_sql postgres -c 'ALTER ROLE monster SET standard_conforming_strings = off' \
	-c "ALTER ROLE monster SET DateStyle = 'SQL, DMY'" -c "ALTER ROLE monster SET IntervalStyle = iso_8601" \
	-c "ALTER ROLE monster SET search_path = nowhere" -c "ALTER ROLE monster SET bytea_output = escape" \
	-c "ALTER ROLE monster SET extra_float_digits = 0" -c "ALTER ROLE monster SET TimeZone = 'Asia/Tokyo'" \
	-c "ALTER ROLE monster SET client_encoding = 'LATIN1'" -c "ALTER ROLE monster SET row_security = on"
same "odd settings of the role change nothing" "${METRICS[@]}"

# ---- what MonSTer makes, both layouts, two databases ----

pg_sql postgres -c 'ALTER ROLE monster RESET ALL'
pg_seed nodes=4 others=9 seconds=3600 index=ts
pg_seed database=h100 prefix=rpg nodes=2 gpus=4 seconds=3600 index=node
(
	umask 077
	pg_ini >"$T/monster.ini"
)
all() { # all DATABASE METRIC...
	local m t db=$1
	shift
	for m in "$@"; do
		t=$(tr '[:upper:]' '[:lower:]' <<<"$m")
		echo "${UNION:-}SELECT x.timestamp, hostname, source.source, fqdd.fqdd, value, units, metric_id FROM idrac.$t x JOIN nodes USING (nodeid) LEFT JOIN source ON source.id = x.source LEFT JOIN fqdd ON fqdd.id = x.fqdd JOIN metrics_definition ON metric_id = '$m' WHERE x.timestamp BETWEEN to_timestamp(1760497300) AND to_timestamp(1760500000) AND hostname IN ('rpc-91-1', 'rpc-91-3', 'rpg-91-2')"
		UNION=" UNION ALL "
	done | tr '\n' ' ' | { printf 'COPY ('; cat; printf ') TO STDOUT CSV'; } | PGTZ=$TZ pg_sql "$db" -f -
}
M=(TotalCPUPower TotalMemoryPower TotalStoragePower TotalFanPower SystemInputPower SystemOutputPower)
{
	all zen4 "${M[@]}"
	all h100 "${M[@]}" PowerConsumption
} | LC_ALL=C sort >"$T/want"
run "$MP" fetch -c "$T/monster.ini" --start 1760497300 --end 1760500000 --nodelist 'RPC-91-1,rpc-91-[3],rpg-91-2'
is "two databases: exit 0" "$STATUS" 0
tail -n +2 "$T/.out" | LC_ALL=C sort >"$T/got"
check "two databases: the rows of both" cmp "$T/got" "$T/want"
like "there were some" "$(wc -l <"$T/want")" '^[0-9]{4,}$'
check "and all of them by time" sh -c "tail -n +2 '$T/.out' | cut -d, -f1 | LC_ALL=C sort -c"

done_testing
