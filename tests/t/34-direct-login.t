#!/bin/bash
# SPDX-License-Identifier: MIT
# Getting in: passwords, passfile, service, pg_hba.conf, sockets, and TLS up to verify-full
# against a CA of our own.  What fails says what to check and never shows the password.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"
pg_start
pg_seed nodes=1 seconds=60
umask 077
export HOME=$T
S=1760497200 E=1760497259
fetch() { # fetch [LINE...]: with these lines in [database] besides host and port
	{
		printf '[database]\nhost = %s\nport = %s\n' "${HOST:-127.0.0.1}" "${PORT:-$PG_PORT}"
		[ $# = 0 ] || printf '%s\n' "$@"
		printf '[power]\nbackend = direct\ndeadline_seconds = %s\n' "$(slow 5)"
	} >"$T/mp.ini"
	run "$MP" fetch -c "$T/mp.ini" --start $S --end $E --nodelist rpc-91-1
}
works() {
	is "$1: exit 0" "$STATUS" 0
	like "$1: rows" "$(wc -l <"$T/.out")" '^7[0-9]$'
	[ "$STATUS" = 0 ] || diag "$ERR"
}
fails() { # fails NAME REGEX
	is "$1: exit 1" "$STATUS" 1
	like "$1: told" "$ERR" "$2"
	unlike "$1: no password" "$OUT$ERR" "$PG_PASSWORD|wrong-pass"
}

# ---- passwords ----

fetch 'user = monster' "password = $PG_PASSWORD"
works "a password"
fetch 'user = monster' 'password = wrong-pass'
fails "a wrong password" 'password authentication failed for user "monster"; check user and password'
fetch 'user = monster'
fails "no password" 'no password supplied; set password or passfile'
fetch 'user = nobody-here' "password = $PG_PASSWORD"
fails "an unknown user" 'password authentication failed for user "nobody-here"'
printf '127.0.0.1:%s:*:monster:%s\n' "$PG_PORT" "$PG_PASSWORD" >"$T/pass"
fetch 'user = monster' "passfile = $T/pass"
works "a passfile"
chmod 644 "$T/pass"
fetch 'user = monster' "passfile = $T/pass"
fails "a passfile that others may read" 'no password supplied; .*a passfile must be a plain file of mode 0600'
chmod 600 "$T/pass"
cp "$T/pass" "$T/.pgpass"
fetch 'user = monster'
works ".pgpass"
printf '127.0.0.1:%s:*:monster:wrong-pass\n' "$PG_PORT" >"$T/.pgpass"
fetch 'user = monster'
fails "a wrong password in .pgpass" 'password authentication failed'
fetch 'user = monster' "passfile = $T/pass"
works "a passfile wins over .pgpass"
rm "$T/.pgpass"
printf '[telemetry]\nhost=127.0.0.1\nport=%s\nuser=monster\npassword=%s\n' "$PG_PORT" "$PG_PASSWORD" >"$T/service.conf"
printf '[database]\nservice = telemetry\nservicefile = %s\n[power]\nbackend = direct\n' "$T/service.conf" >"$T/mp.ini"
run "$MP" fetch -c "$T/mp.ini" --start $S --end $E --nodelist rpc-91-1
works "a service of a service file"
mkdir "$T/out"
run "$MP" profile -c "$T/mp.ini" --job-id 1 --start $S --end $E --nodelist rpc-91-1 --outdir "$T/out"
like "the summary names the service, not a server that was not asked" \
	"$(cat "$T/out/power_1/summary.json")" '"database": *"direct: service telemetry"'
sed -i 's/^servicefile.*/&\nconnect_timeout = 1/; $a deadline_seconds = 2' "$T/mp.ini"
kill -STOP "$(pg_postmaster)"
run "$MP" fetch -c "$T/mp.ini" --start $S --end $E --nodelist rpc-91-1
kill -CONT "$(pg_postmaster)"
fails "a service whose server hangs" "127.0.0.1, port $PG_PORT, does not answer"
sed -i 's/= telemetry/= nonesuch/' "$T/mp.ini"
run "$MP" fetch -c "$T/mp.ini" --start $S --end $E --nodelist rpc-91-1
fails "an unknown service" 'definition of service "nonesuch" not found'
sed -i 's/= nonesuch/= telemetry/' "$T/mp.ini"
rm "$T/service.conf"
run "$MP" fetch -c "$T/mp.ini" --start $S --end $E --nodelist rpc-91-1
fails "no service file" 'service'

# ---- the host ----

HOST=localhost fetch 'user = monster' "password = $PG_PASSWORD"
works "localhost, of which only one address listens"
if [ -e /proc/net/if_inet6 ] && grep -q '^0*1 ' /proc/net/if_inet6; then
	pg_sql postgres -c "ALTER SYSTEM SET listen_addresses = '127.0.0.1,::1'"
	pg_restart
	HOST=::1 fetch 'user = monster' "password = $PG_PASSWORD"
	works "an IPv6 address"
else
	diag "no ::1 here: IPv6 is not tried"
fi
HOST=127.0.0.1,127.0.0.1 fetch 'user = monster' "password = $PG_PASSWORD"
works "a list of hosts"

# ---- the socket ----

HOST=$PG_DIR fetch 'user = postgres'
works "a Unix socket"
HOST=$T fetch 'user = postgres'
fails "no socket there" 'No such file or directory.*; does PostgreSQL run with its socket there'

# ---- pg_hba.conf ----

cp "$PG_DATA/pg_hba.conf" "$T/hba"
hba() { # hba LINE...: these decide about TCP
	{
		echo 'local all all trust'
		printf '%s\n' "$@"
	} >"$PG_DATA/pg_hba.conf"
	pg_reload
}
hba 'host postgres all 127.0.0.1/32 scram-sha-256'
fetch 'user = monster' "password = $PG_PASSWORD"
fails "no entry in pg_hba.conf" 'no pg_hba.conf entry for host "127.0.0.1", user "monster".*; the server.s pg_hba.conf must admit'
hba 'host all all 127.0.0.1/32 reject'
fetch 'user = monster' "password = $PG_PASSWORD"
fails "rejected by pg_hba.conf" 'pg_hba.conf rejects connection'

# ---- TLS ----

if ! command -v openssl >/dev/null; then
	skip "TLS" "no openssl"
	done_testing
fi
hba 'host all all 127.0.0.1/32 scram-sha-256'
fetch 'user = monster' "password = $PG_PASSWORD" 'sslmode = require'
fails "a server without TLS" 'server does not support SSL, but SSL was required; check sslmode'
ca() { # ca NAME: a certificate authority
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" -keyout "$T/$1.key" -out "$T/$1.crt" 2>/dev/null
}
certificate() { # certificate NAME ALTNAMES [expired]: for the server, of CA "ours"
	local valid=(-days 2)
	# OpenSSL 3.4 and newer refuse an end before the start, but take both.
	[ -z "${3:-}" ] || valid=(-days -1)
	[ -z "${3:-}" ] || ! openssl x509 -help 2>&1 | grep -q not_after ||
		valid=(-not_before 20200101000000Z -not_after 20200102000000Z)
	openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$T/server.key" -out "$T/server.csr" 2>/dev/null &&
		printf 'subjectAltName = %s\n' "$2" >"$T/ext" &&
		openssl x509 -req "${valid[@]}" -in "$T/server.csr" -CA "$T/ours.crt" -CAkey "$T/ours.key" -CAcreateserial \
			-extfile "$T/ext" -out "$T/server.crt" 2>/dev/null &&
		install -m 600 "$T/server.key" "$T/server.crt" "$PG_DATA/" &&
		{ [ "$(id -u)" != 0 ] || chown "$PG_OS_USER" "$PG_DATA/server.key" "$PG_DATA/server.crt"; }
}
ca ours
ca theirs
certificate db.example DNS:db.example
grep -q '^ssl = on' "$PG_DATA/postgresql.conf" || echo 'ssl = on' >>"$PG_DATA/postgresql.conf"
pg_restart
hba 'hostssl all all 127.0.0.1/32 scram-sha-256'
fetch 'user = monster' "password = $PG_PASSWORD" 'sslmode = require'
works "sslmode = require"
fetch 'user = monster' "password = $PG_PASSWORD"
works "the default sslmode takes TLS where it is offered"
fetch 'user = monster' "password = $PG_PASSWORD" 'sslmode = disable'
fails "sslmode = disable where only TLS is admitted" 'no pg_hba.conf entry.*no encryption.*check user and sslmode'
fetch 'user = monster' "password = $PG_PASSWORD" 'sslmode = verify-full' "sslrootcert = $T/ours.crt"
fails "verify-full, another name" 'server certificate for "db.example" .*does not match host name "127.0.0.1"; check host, sslmode and sslrootcert'
fetch 'user = monster' "password = $PG_PASSWORD" 'sslmode = verify-ca' "sslrootcert = $T/ours.crt"
works "verify-ca does not look at the name"
fetch 'user = monster' "password = $PG_PASSWORD" 'sslmode = verify-full' "sslrootcert = $T/theirs.crt"
fails "verify-full, another CA" 'certificate verify failed; check host, sslmode and sslrootcert'
fetch 'user = monster' "password = $PG_PASSWORD" 'sslmode = verify-full' "sslrootcert = $T/nothing.crt"
fails "verify-full, no CA file" 'root certificate file ".*nothing.crt" does not exist'
certificate localhost DNS:localhost,IP:127.0.0.1
pg_reload
fetch 'user = monster' "password = $PG_PASSWORD" 'sslmode = verify-full' "sslrootcert = $T/ours.crt"
works "verify-full, our CA and the right name"
check "an expired certificate can be made" certificate localhost DNS:localhost,IP:127.0.0.1 expired
pg_reload
fetch 'user = monster' "password = $PG_PASSWORD" 'sslmode = verify-full' "sslrootcert = $T/ours.crt"
fails "verify-full, expired" 'certificate verify failed; .*that the server.s certificate has not expired'

# ---- impostors ----

# A server of another name at the other end of PORT; libpq is told its address.
far() { # far PORT [LINE...]
	printf '[far]\nhost=db.example\nhostaddr=127.0.0.1\nport=%s\nuser=monster\npassword=%s\n' "$1" \
		"$PG_PASSWORD" >"$T/service.conf"
	shift
	{
		printf '[database]\nservice = far\nservicefile = %s\n' "$T/service.conf"
		[ $# = 0 ] || printf '%s\n' "$@"
		printf '[power]\nbackend = direct\ndeadline_seconds = %s\n' "$(slow 5)"
	} >"$T/mp.ini"
	run "$MP" fetch -c "$T/mp.ini" --start $S --end $E --nodelist rpc-91-1
}
impostor() { # impostor MODE
	"$MP_BUILDDIR/tests/tools/pg_peer" "$1" >"$T/got" &
	PEER=$!
	wait_for 5 grep -q . "$T/got"
}
for mode in clear md5 sasl-clear; do
	impostor $mode
	far "$(head -n 1 "$T/got")"
	kill $PEER
	fails "an impostor asks: $mode" 'nothing shows that it is the server.*clear_passwords'
	unlike "an impostor asks: $mode: gets nothing" "$(cat "$T/got")" "$PG_PASSWORD|md5"
done
impostor clear
far "$(head -n 1 "$T/got")" 'clear_passwords = yes'
kill $PEER
like "clear_passwords = yes: it is a trusted network" "$(cat "$T/got")" "got: $PG_PASSWORD"
far "$PG_PORT"
works "SCRAM with a server far away"
printf 'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n' >"$PG_DATA/pg_hba.conf"
pg_reload
far "$PG_PORT" 'sslmode = disable'
works "... without TLS"
echo "SlurmUser=$(id -un)" >"$T/slurm.conf"
run "$MP" check -c "$T/mp.ini" --slurm-conf "$T/slurm.conf"
like "check fails for a far server that is not verified" "$OUT" 'FAIL .*way to db.example can pass for it.*verify-full'
pg_ini >"$T/mp.ini"
run "$MP" check -c "$T/mp.ini" --slurm-conf "$T/slurm.conf"
like "check warns of one on this machine" "$OUT" 'warn .*nothing shows who listens at 127.0.0.1'
unlike "... only" "$OUT" 'FAIL .*can pass for it'

done_testing
