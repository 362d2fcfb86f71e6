#!/bin/bash
# SPDX-License-Identifier: MIT
# What `monster-power check` says of the database: reached, tables, dimensions, age of the
# newest sample; and of one that is not there.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"

pg_start
now=$(date +%s)
pg_seed nodes=2 start=$((now - 1200)) seconds=1190
pg_seed database=h100 prefix=rpg nodes=1 gpus=2 start=$((now - 1200)) seconds=1190
mkdir "$T/queue"
chmod 700 "$T/queue"
pg_ini >"$T/mp.ini"
printf '[queue]\ndirectory = %s\n' "$T/queue" >>"$T/mp.ini"
chmod 600 "$T/mp.ini"
printf '#!/bin/sh\n' >"$T/epilog.sh"
chmod 755 "$T/epilog.sh" "$T"
printf '%s\n' ClusterName=x SlurmctldHost=localhost "SlurmUser=$(id -un)" \
	"EpilogSlurmctld=$T/epilog.sh" "PrologSlurmctld=$T/epilog.sh" \
	"NodeName=n1 CPUs=1" "PartitionName=p Nodes=n1" >"$T/slurm.conf"
ask() { run timeout 60 "$MP" check -c "$T/mp.ini" --slurm-conf "$T/slurm.conf" "$@"; }

ask --node rpc-91-1
is "a database that is there: exit 0" "$STATUS" 0
[ "$STATUS" = 0 ] || diag "$OUT"
for db in zen4 h100; do
	like "$db: reached" "$OUT" "^ok    database $db: reached as user"
	like "$db: its tables" "$OUT" "^ok    database $db: [67] metric tables found"
	like "$db: the newest sample's age" "$OUT" "^ok    database $db: the newest sample of .* is [0-9]+ s old"
	like "$db: its nodes" "$OUT" "^ok    database $db: [0-9]+ nodes of route"
done
like "a dry run" "$OUT" "^(ok  |warn)  dry run: rpc-91-1, the last ten minutes: [1-9][0-9]* samples"
unlike "the password is not told" "$OUT$ERR" "$PG_PASSWORD"
pg_sql zen4 -qc 'ALTER TABLE idrac.totalfanpower RENAME TO totalfanspower'
ask
like "a table of a near name is proposed" "$OUT" '^warn  .*no table idrac.totalfanpower; did you mean idrac.totalfanspower\?'
pg_sql zen4 -qc 'DROP TABLE idrac.totalfanspower'
pg_sql zen4 -qc "UPDATE public.nodes SET hostname = 'x' || hostname"
ask
like "a missing table is named" "$OUT" '^warn  .*totalfanpower'
like "... and that there is no other" "$OUT" 'no table idrac.totalfanpower; there is no other'
pg_sql zen4 -qc 'CREATE TABLE idrac.draw AS SELECT * FROM idrac.totalcpupower' -c 'GRANT SELECT ON idrac.draw TO monster'
ask
like "... or which" "$OUT" 'no table idrac.totalfanpower; others are idrac.draw'
like "... and a route without nodes" "$OUT" '^warn  .*no node whose name starts with rpc'
# One that the server refuses says nothing of the others.
pg_sql postgres -qc 'CREATE DATABASE third'
cp "$T/mp.ini" "$T/three.ini"
printf '[route x]\nprefix = x\ndatabase = third\nmetrics = SystemInputPower:input\n' >>"$T/three.ini"
sed -i '1i host h100 all 127.0.0.1/32 reject' "$PG_DATA/pg_hba.conf"
pg_reload
ask -c "$T/three.ini"
like "a database that pg_hba.conf refuses" "$OUT" '^FAIL  database h100, .*pg_hba.conf'
like "... and the next one is looked at" "$OUT" 'database third: reached'
pg_stop
ask
is "a database that is away: exit 1" "$STATUS" 1
like "... named" "$OUT" '^FAIL  no samples can be read: .*(zen4|h100)'
ask --node rpc-91-1
is "... once, for all that would ask it" "$(grep -cE '^(FAIL|warn) .*(connect|refused|reach)' <<<"$OUT")" 1
like "... and no report is tried" "$OUT" '^warn  dry run: not tried'

done_testing
