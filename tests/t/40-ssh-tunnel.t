#!/bin/bash
# SPDX-License-Identifier: MIT
# The tunnel of the ssh backend: bytes in every direction, many connections over one session,
# TLS from end to end, cancelling, and who cannot get through it.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"
. "$MP_SRCDIR/tests/lib/sshd.sh"
PROBE=$MP_BUILDDIR/tests/tools/tunnel_probe
PEER=$MP_BUILDDIR/tests/tools/net_peer
[ -x "$PROBE" ] || skip_all "the ssh backend is not built"
sshd_setup
sshd_start

# config PORT [DATABASE-LINE...]: $T/c.ini for a target on that port
config() {
	{
		printf '[database]\nhost = localhost\nport = %s\nuser = monster\n' "$1"
		printf 'password = %s\n' "${PG_PASSWORD:-none}"
		shift
		[ $# = 0 ] || printf '%s\n' "$@"
		ssh_ini
	} >"$T/c.ini"
	chmod 600 "$T/c.ini"
}
# peer MODE...: a net_peer, its port in PEER_PORT
peer() {
	rm -f "$T/peer.port"
	"$PEER" "$@" >"$T/peer.port" &
	PEER_PID=$!
	at_exit "kill $PEER_PID 2>/dev/null"
	until [ -s "$T/peer.port" ]; do sleep 0.02; done
	PEER_PORT=$(cat "$T/peer.port")
}

# --- bytes ---
peer source
config "$PEER_PORT"
check "64 MiB come through unchanged" "$PROBE" "$T/c.ini" pump 64 0
check "... through a window of 16 KiB and small socket buffers" \
	env TUNNEL_WINDOW=16384 timeout 60 "$PROBE" "$T/c.ini" pump 8 0
check "a reader that rests does not break it" "$PROBE" "$T/c.ini" pump 8 50
check "... nor one that rests for longer than 3 keepalives" "$PROBE" "$T/c.ini" pump 2 6500
check "a connection that is not read does not hold up another" \
	timeout 30 "$PROBE" "$T/c.ini" beside 32
peer sink 20
config "$PEER_PORT"
run timeout 60 "$PROBE" "$T/c.ini" push 16
is "16 MiB go the other way, to a slow reader, and the answer after our end arrives" \
	"$OUT" "$((16 << 20)) bytes, 0 wrong"
sshd_stop
sshd_start "RekeyLimit 1M" "LogLevel DEBUG1"
peer source
config "$PEER_PORT"
# libssh2 1.10 itself loses 51 bytes with every exchange of keys.
echo 'leak:libssh2' >"$T/lsan"
check "200 MiB come through with new keys after every MiB" \
	env LSAN_OPTIONS="suppressions=$T/lsan:print_suppressions=0" timeout 120 "$PROBE" "$T/c.ini" pump 200 0
is "... and they were made" "$(($(grep -c 'rekeying' "$SSHD_DIR/log") > 150))" 1
sshd_stop
sshd_start

# --- a database with TLS ---
PG_OS_USER=${PG_OS_USER:-$(id -nu postgres 2>/dev/null || echo nobody)}
chmod 755 "$T"
mkdir "$T/tls"
(
	cd "$T/tls" || exit 1
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=test-ca -keyout ca.key -out ca.crt &&
		openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr &&
		openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 \
			-extfile <(echo "subjectAltName=DNS:localhost") -out server.crt &&
		chmod 600 server.key
) >"$T/openssl.log" 2>&1 || skip_all "openssl cannot make certificates"
[ "$(id -u)" != 0 ] || chown "$PG_OS_USER" "$T/tls/server.key"
pg_start ssl=on "ssl_cert_file=$T/tls/server.crt" "ssl_key_file=$T/tls/server.key" \
	log_connections=on
pg_sql postgres -c 'create database zen4' -c 'create database h100'

config "$PG_PORT"
run "$PROBE" "$T/c.ini" sql zen4 "select current_user, current_database()"
is "a query through the tunnel" "$STATUS $OUT" "0 monster	zen4"
before=$(grep -c 'Accepted publickey' "$SSHD_DIR/log")
run "$PROBE" "$T/c.ini" many h100 12
is "twelve connections at once, twice" "$STATUS$ERR" 0
is "... over one SSH session" "$(($(grep -c 'Accepted publickey' "$SSHD_DIR/log") - before))" 1
check "PQcancel ends a statement through the tunnel" timeout 20 "$PROBE" "$T/c.ini" cancel zen4

tls="select ssl from pg_stat_ssl where pid = pg_backend_pid()"
config "$PG_PORT" "sslmode = verify-full" "sslrootcert = $T/tls/ca.crt"
run "$PROBE" "$T/c.ini" sql zen4 "$tls"
is "verify-full: TLS from end to end" "$STATUS $OUT" "0 t"
sed -i 's/^host = .*/host = 127.0.0.1/' "$T/c.ini"
run "$PROBE" "$T/c.ini" sql zen4 "$tls"
is "verify-full: a name that is not the certificate's is refused" "$STATUS" 1
like "... by its name, not the listener's" "$ERR" 'certificate for "localhost" .*does not match host name "127.0.0.1"'
config "$PG_PORT" "sslmode = verify-full" "sslrootcert = $SSHD_DIR/host_rsa.pub"
run "$PROBE" "$T/c.ini" sql zen4 "$tls"
is "verify-full: a wrong root certificate is refused" "$STATUS" 1
config "$PG_PORT"
run "$PROBE" "$T/c.ini" sql zen4 "$tls"
is "prefer takes TLS as well" "$STATUS $OUT" "0 t"
config "$PG_PORT" "sslmode = disable"
run "$PROBE" "$T/c.ini" sql zen4 "$tls"
is "disable is clear text inside the tunnel" "$STATUS $OUT" "0 f"
sed -i '1i hostssl all all 127.0.0.1/32 reject' "$PG_DATA/pg_hba.conf"
pg_sql postgres -c 'select pg_reload_conf()' >/dev/null
config "$PG_PORT" "sslmode = prefer"
run "$PROBE" "$T/c.ini" sql zen4 "$tls"
is "prefer: libpq's second attempt gets through too" "$STATUS $OUT" "0 f"
sed -i 1d "$PG_DATA/pg_hba.conf"
pg_sql postgres -c 'select pg_reload_conf()' >/dev/null

# A .pgpass line for the database's own name and port holds.
config "$PG_PORT" "passfile = $T/pgpass"
sed -i '/^password/d' "$T/c.ini"
printf 'localhost:%s:*:monster:%s\n' "$PG_PORT" "$PG_PASSWORD" >"$T/pgpass"
chmod 600 "$T/pgpass"
run "$PROBE" "$T/c.ini" sql zen4 "select 1"
is "a .pgpass line with the database's name and port" "$STATUS $OUT" "0 1"

# --- who gets through ---
config "$PG_PORT"
"$PROBE" "$T/c.ini" hold 30 >"$T/hold" &
hold=$!
disown "$hold" # so that bash does not tell of its end
until [ -s "$T/hold" ]; do sleep 0.05; done
read -r address port <"$T/hold"
like "the listener is on a loopback address of its own" "$address" '^127\.[0-9]+\.[0-9]+\.[0-9]+$'
unlike "... not the usual one" "$address" '^127\.0\.0\.1$'
is "... on the database's own port" "$port" "$PG_PORT"
: >"$PG_DIR/log"
intruder() { "$@" psql -X -At "host=$address port=$port user=monster dbname=zen4 connect_timeout=5" -c 'select 1'; }
export PGPASSWORD=$PG_PASSWORD
run intruder env
is "another process of the same user does not get through" "$STATUS$OUT" 2
if [ "$(id -u)" = 0 ]; then
	run intruder setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/
	is "another user does not get through" "$STATUS$OUT" 2
	run intruder setpriv --reuid "$PG_OS_USER" --regid "$(id -g "$PG_OS_USER")" --clear-groups env HOME=/
	is "nor does the database's" "$STATUS$OUT" 2
else
	skip "another user does not get through" "needs root to be another user"
fi
unset PGPASSWORD
is "the database never heard of them" "$(grep -c 'connection received' "$PG_DIR/log")" 0
kill -9 "$hold" 2>/dev/null

# --- nothing is left ---
run env TMPDIR=/nonexistent HOME=/nonexistent "$PROBE" "$T/c.ini" sql zen4 "select 1"
is "no temporary directory is needed" "$STATUS $OUT" "0 1"
for _ in $(seq 40); do
	left=$(sshd_sessions)
	[ -n "$left" ] || break
	sleep 0.1
done
is "no session is left on the server" "$left" ""
is "no session is left in the database" \
	"$(pg_sql postgres -c "select count(*) from pg_stat_activity where usename = 'monster'")" 0
done_testing
