#!/bin/bash
# SPDX-License-Identifier: MIT
# Everything that can go wrong between here and the database: what is said, with which exit
# status, how soon, and that nothing is left.  MP_TIMES=FILE gets a table of the times.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"
. "$MP_SRCDIR/tests/lib/sshd.sh"
PEER=$MP_BUILDDIR/tests/tools/net_peer
[ -x "$PEER" ] || skip_all "the ssh backend is not built"
CONNECT=3 KEEPALIVE=2
sshd_setup
sshd_start
pg_start
pg_seed nodes=2 seconds=1200
pg_seed database=h100 prefix=rpg nodes=1 gpus=4 seconds=1200
START=1760497200 END=1760498400

# config [SSH-LINE...]: the whole way, with these lines of [ssh]
config() {
	{
		printf '[database]\nhost = 127.0.0.1\nport = %s\nuser = monster\n' "${DB_PORT:-$PG_PORT}"
		printf 'password = %s\n' "$PG_PASSWORD"
		ssh_ini "connect_timeout = $CONNECT" "keepalive = $KEEPALIVE" "$@"
		printf '[power]\nbackend = ssh\n'
	} >"$T/c.ini"
	chmod 600 "$T/c.ini"
}
FETCH=("$MP" fetch -c "$T/c.ini" --start "$START" --end "$END" --nodelist 'rpc-91-[1-2],rpg-91-1')
PROFILE=("$MP" profile -c "$T/c.ini" --job-id 7 --start "$START" --end "$END"
	--nodelist 'rpc-91-[1-2]' --outdir "$T/out")
AS=(env)
now() { date +%s%3N; }
# said NAME STATUS REGEX LIMIT_MS MS: after run
said() {
	is "$1: exit $2" "$STATUS" "$2"
	like "... says so" "$ERR" "$3"
	unlike "... without the password" "$ERR$OUT" 's3cret'
	check "... within $4 ms (took $5)" [ "$5" -le "$(slow "$4")" ]
	[ -z "${MP_TIMES:-}" ] || printf '%s\t%s\t%s ms\t%s\n' "$1" "$2" "$5" \
		"$(printf '%s' "${ERR#monster-power: }" | tail -n 1 | sed "s|$T|DIR|g")" >>"$MP_TIMES"
}
# fails NAME STATUS REGEX LIMIT_MS SSH-LINE...: fetch fails, and prints nothing
fails() {
	local name=$1 status=$2 regex=$3 limit=$4 t0
	shift 4
	config "$@"
	t0=$(now)
	run timeout 60 "${AS[@]}" "${FETCH[@]}"
	said "$name" "$status" "$regex" "$limit" $(($(now) - t0))
	is "... and prints no sample" "$OUT" ""
}
peer() {
	rm -f "$T/peer.port"
	"$PEER" "$@" >"$T/peer.port" &
	at_exit "kill $! 2>/dev/null"
	until [ -s "$T/peer.port" ]; do sleep 0.02; done
	PEER_PORT=$(cat "$T/peer.port")
}
SOON=1500 LATE=$((CONNECT * 1000 + 1000)) STUCK=$((3 * KEEPALIVE * 1000))

config
run "${FETCH[@]}"
is "the way is open" "$STATUS" 0
WHOLE=$OUT
is "... for both databases over one session" "$(grep -c "Accepted publickey" "$SSHD_DIR/log")" 1
check "... and there are samples" [ "$(printf '%s\n' "$WHOLE" | wc -l)" -gt 3000 ]
run env TMPDIR=/nonexistent "${FETCH[@]}"
is "no temporary directory is needed" "$STATUS$([ "$OUT" = "$WHOLE" ] && echo same)" 0same

# --- before the SSH server answers ---
if unshare -n true 2>/dev/null; then
	AS=(unshare -n)
elif unshare -rn true 2>/dev/null; then
	AS=(unshare -rn)
fi
if [ "${AS[0]}" = unshare ]; then
	fails "no route" 1 'cannot connect to 192.0.2.7: Network is unreachable; check hostname' $SOON \
		"hostname = 192.0.2.7" "port = 22"
else
	skip "no route" "needs a network namespace"
fi
AS=(env)
fails "a name nobody knows" 1 'cannot find no.such.host.invalid: .*check hostname' $LATE \
	"hostname = no.such.host.invalid"
CLOSED=$(free_port)
fails "port closed" 1 "127.0.0.1:$CLOSED refuses the connection: no SSH server" $SOON "port = $CLOSED"
peer full
fails "packets dropped" 1 "127.0.0.1:$PEER_PORT does not answer in time" $LATE "port = $PEER_PORT"
peer silent
fails "a server that says nothing" 1 'accepts connections but says nothing' $LATE "port = $PEER_PORT"
peer say $'220 mail.example ESMTP\r\n'
fails "a mail server" 1 "127.0.0.1:$PEER_PORT is not an SSH server: it says '220 mail.example ESMTP'" $LATE \
	"port = $PEER_PORT"
fails "a database" 1 'is not an SSH server|closes the connection without a word|says nothing' $LATE \
	"port = $PG_PORT"
peer say $'SSH-2.0-Stuck\r\n'
fails "a server that hangs after its greeting" 1 'greets as an SSH server and then says nothing more' $LATE \
	"port = $PEER_PORT"
peer say $'Not allowed at this time\r\n'
fails "an OpenSSH server that punishes this machine" 1 \
	"does not serve this machine for a while: it says 'Not allowed at this time'.*PerSourcePenaltyExemptList" \
	$LATE "port = $PEER_PORT"
peer hostile lines
fails "a server that says lines for ever" 1 "is not an SSH server: it says 'hello'" $SOON "port = $PEER_PORT"
peer hostile drip
fails "a server that sends a byte now and then" 1 'greets as an SSH server|key exchange' $LATE "port = $PEER_PORT"
peer hostile ignore
fails "a server that sends packets for ever" 1 'sends far more than an SSH server does' $SOON "port = $PEER_PORT"
sshd_stop
sshd_start "KexAlgorithms sntrup761x25519-sha512@openssh.com"
fails "no common key exchange" 1 \
	'no key exchange algorithm in common; the server offers sntrup761x25519-sha512@openssh.com' $SOON
sshd_stop
sshd_start "MACs umac-64@openssh.com" "Ciphers aes128-ctr"
fails "no common MAC" 1 'no MAC algorithm in common; the server offers umac-64@openssh.com' $SOON
sshd_stop
sshd_start

# --- the host key ---
fingerprint() { ssh-keygen -l -f "$SSHD_DIR/host_$1.pub" | awk '{print $2}'; }
: >"$T/kh"
fails "unknown host key" 2 "host key of 127.0.0.1:$SSHD_PORT is not known: [a-z0-9-]* SHA256:" $SOON \
	"known_hosts = $T/kh"
type=$(printf '%s' "$ERR" | grep -oE 'keyscan -p [0-9]+ -t (ed25519|ecdsa|rsa)' | awk '{print $NF}')
like "... with the fingerprint that ssh prints" "$ERR" "$(fingerprint "$type" | sed 's/[+]/[+]/g')"
line=$(printf '%s' "$ERR" | grep -oE "ssh-keyscan -p $SSHD_PORT -t [a-z0-9]+ 127.0.0.1 >> $T/kh")
check "... and the ssh-keyscan line that adds it" [ -n "$line" ]
eval "$line" 2>/dev/null
run "${FETCH[@]}"
is "... which does" "$STATUS" 0
entry() { echo "${2:-}[127.0.0.1]:$SSHD_PORT $(awk '{print $1, $2}' "$SSHD_DIR/$1.pub")"; }
ssh-keygen -q -t ed25519 -N '' -f "$SSHD_DIR/other"
entry other >"$T/kh"
fails "changed host key" 1 \
	"has CHANGED: it shows ssh-ed25519 $(fingerprint ed25519 | sed 's/[+]/[+]/g'), but $T/kh line 1 has SHA256:.*ssh-keygen -R '\[127.0.0.1\]:$SSHD_PORT' -f $T/kh && ssh-keyscan -p $SSHD_PORT -t ed25519 127.0.0.1 >> $T/kh" \
	$SOON "known_hosts = $T/kh"
{ entry host_ed25519; entry host_ed25519 '@revoked '; } >"$T/kh"
fails "revoked host key" 1 "is marked @revoked in $T/kh line 2" $SOON "known_hosts = $T/kh"
entry host_ed25519 '@cert-authority ' >"$T/kh"
fails "a certificate authority only" 2 '@cert-authority line cannot be used here' $SOON "known_hosts = $T/kh"
for t in ed25519 ecdsa; do
	entry host_$t >"$T/kh"
	config "known_hosts = $T/kh"
	run "${FETCH[@]}"
	is "a host known by its $t key only" "$STATUS" 0
done
entry host_ed25519 >"$T/kh"
ssh-keygen -q -H -f "$T/kh" >/dev/null 2>&1
config "known_hosts = $T/kh"
run "${FETCH[@]}"
is "a hashed entry" "$STATUS" 0
fails "no known_hosts file" 2 "cannot read the known_hosts file $T/none: No such file" $SOON \
	"known_hosts = $T/none"
sshd_stop
sed -i 's/^HostKey.*//' "$SSHD_DIR/config"
mv "$SSHD_DIR/host_ed25519" "$SSHD_DIR/hidden" && mv "$SSHD_DIR/host_ecdsa" "$SSHD_DIR/hidden2"
sshd_start 2>/dev/null
config
run "${FETCH[@]}"
like "a server with an RSA host key only: works from libssh2 1.11 on, else says so" "$STATUS$ERR" \
	'^0|no host key algorithm in common; the server offers rsa-sha2.*an ed25519 host key'
sshd_stop
mv "$SSHD_DIR/hidden" "$SSHD_DIR/host_ed25519" && mv "$SSHD_DIR/hidden2" "$SSHD_DIR/host_ecdsa"

# --- after the login ---
sshd_start "AllowTcpForwarding no"
fails "forwarding forbidden" 1 \
	"lets $(id -un) log in but forbids forwarding to 127.0.0.1:$PG_PORT; .*AllowTcpForwarding" $SOON
sshd_stop
sshd_start "PermitOpen 127.0.0.1:1"
fails "another target permitted only" 1 "forbids forwarding to 127.0.0.1:$PG_PORT.*PermitOpen" $SOON
sshd_stop
sshd_start
cp "$SSHD_DIR/authorized_keys" "$T/keys"
sed -i 's/^/restrict /' "$SSHD_DIR/authorized_keys"
fails "forwarding forbidden for the key" 1 'forbids forwarding.*no-port-forwarding' $SOON
cp "$T/keys" "$SSHD_DIR/authorized_keys"
DB_PORT=$(free_port)
fails "database down behind the server" 1 \
	"127.0.0.1:$SSHD_PORT cannot reach the database at 127.0.0.1:$DB_PORT .*as that machine sees" $LATE
peer full
DB_PORT=$PEER_PORT
fails "database's packets dropped behind the server" 1 \
	"does not reach the database at 127.0.0.1:$DB_PORT within $CONNECT s: something drops" $LATE
DB_PORT=
config
sed -i 's/^host = .*/host = no.such.host.invalid/' "$T/c.ini"
run timeout 60 "${FETCH[@]}"
is "a database name the server does not know: exit 1" "$STATUS" 1
like "... says so" "$ERR" 'cannot reach the database at no.such.host.invalid'
config
sed -i 's/^host = .*/host = \/var\/run\/postgresql/' "$T/c.ini"
run timeout 60 "${FETCH[@]}"
is "a Unix socket for the database's host: exit 2" "$STATUS" 2
config
sed -i 's/^password = .*/password = wrong-one/' "$T/c.ini"
run timeout 60 "${FETCH[@]}"
is "a wrong database password: exit 1" "$STATUS" 1
like "... says so" "$ERR" 'password authentication failed'
unlike "... without showing it" "$ERR" 'wrong-one'

config
printf '[strict]\ngssencmode=require\n' >"$T/service.conf"
sed -i "s|^host = .*|&\nservice = strict\nservicefile = $T/service.conf|" "$T/c.ini"
run timeout 60 env KRB5CCNAME="FILE:$T/no-ticket" "${FETCH[@]}"
is "a service file that wants the database's traffic encrypted is not overruled" "$STATUS" 1
like "... as libpq says" "$ERR" 'GSSAPI'

# --- auto ---
auto() { # HOST PORT PASSWORD
	{
		printf '[database]\nhost = %s\nport = %s\nuser = monster\npassword = %s\n' "$@"
		ssh_ini
		printf '[power]\nbackend = auto\nauto_probe_ms = 400\n'
	} >"$T/c.ini"
	chmod 600 "$T/c.ini"
	: >"$SSHD_DIR/log"
	run timeout 60 "${FETCH[@]}"
}
auto 127.0.0.1 "$PG_PORT" "$PG_PASSWORD"
is "auto: the direct way where it works" "$STATUS$([ "$OUT" = "$WHOLE" ] && echo same)" 0same
is "... and no other" "$(grep -c Accepted "$SSHD_DIR/log")" 0
like "... and says so" "$ERR" "samples come from direct: 127.0.0.1:$PG_PORT \(backend = auto\)"
run timeout 60 "${FETCH[@]}" -q
is "... but not if it shall be quiet" "$STATUS$ERR" 0
auto 127.0.0.1 "$PG_PORT" wrong-one
is "auto: a database that says no is not asked again through SSH: exit 1" "$STATUS" 1
is "... indeed" "$(grep -c Accepted "$SSHD_DIR/log")" 0
auto 127.0.0.1 "$(free_port)" "$PG_PASSWORD"
is "auto: neither way: exit 1" "$STATUS" 1
like "... and both reasons" "$ERR" 'cannot reach the database at .* \(and not reached with direct either: '

# --- during the transfer ---
# Another session holds the tables: the fetch has asked and waits for an answer.
hold_tables() {
	psql -X -q -h "$PG_DIR" -p "$PG_PORT" -U postgres -d zen4 >/dev/null 2>&1 <<-SQL &
		begin; lock table idrac.totalcpupower; select pg_sleep($1); commit;
	SQL
	LOCKER=$!
	sleep 0.5
}
waiting() {
	for _ in $(seq 100); do
		[ "$(pg_sql zen4 -c "select count(*) from pg_stat_activity where usename = 'monster' and wait_event_type = 'Lock'")" = 0 ] || return 0
		sleep 0.05
	done
	return 1
}
release_tables() {
	pg_sql zen4 -c "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()" >/dev/null
	wait "$LOCKER" 2>/dev/null
}
# during NAME REGEX LIMIT_MS ACTION COMMAND...: do ACTION while the command waits
during() {
	local name=$1 regex=$2 limit=$3 action=$4 t0 pid
	shift 4
	config
	hold_tables 30
	timeout 60 "$@" >"$T/.out" 2>"$T/.err" &
	pid=$!
	check "$name: the transfer is under way" waiting
	t0=$(now)
	eval "$action"
	wait "$pid"
	STATUS=$?
	t0=$(($(now) - t0))
	OUT=$(cat "$T/.out") ERR=$(cat "$T/.err")
	said "$name" 1 "$regex" "$limit" "$t0"
	release_tables
}
kill_sessions() { kill -9 $(sshd_sessions); }
stop_sessions() { STOPPED=$(sshd_sessions) && kill -STOP $STOPPED; }
during "sshd killed" "SSH connection to 127.0.0.1:$SSHD_PORT broke: (the server closed it|Connection reset)" $SOON \
	kill_sessions "${FETCH[@]}"
during "server stalled" "SSH connection to 127.0.0.1:$SSHD_PORT broke: nothing heard from it for [0-9.]* s" $STUCK \
	stop_sessions "${FETCH[@]}"
kill -9 $STOPPED 2>/dev/null
mkdir "$T/out"
during "sshd killed under profile" 'broke: ' $SOON kill_sessions "${PROFILE[@]}"
is "... and nothing is written" "$(ls -A "$T/out")" ""
during "SIGTERM" 'stopped by a signal' $((SOON + 1000)) 'pkill -TERM -P $pid' "${FETCH[@]}"

config
hold_tables 8
t0=$(now)
run timeout 60 "${FETCH[@]}"
is "a database that is silent for longer than 3 keepalives is waited for" \
	"$STATUS$([ "$OUT" = "$WHOLE" ] && echo whole)" 0whole
check "... and was silent" [ $(($(now) - t0)) -gt $STUCK ]
wait "$LOCKER" 2>/dev/null

# A transfer of more than all the buffers on the way hold, that loses its server half-way.
pg_seed database=big nodes=6 seconds=86400
config
printf '[route rpc]\ndatabase = big\n' >>"$T/c.ini"
mkfifo "$T/pipe"
timeout 60 "$MP" fetch -c "$T/c.ini" --start "$START" --end $((START + 86400)) \
	--nodelist 'rpc-91-[1-6]' >"$T/pipe" 2>"$T/.err" &
pid=$!
exec 9<"$T/pipe"
head -c 1000 <&9 >/dev/null
sleep 1
kill_sessions
cat <&9 >/dev/null
exec 9<&-
wait "$pid"
is "a server killed half-way through the rows: exit 1" "$?" 1
like "... and said" "$(cat "$T/.err")" "SSH connection to 127.0.0.1:$SSHD_PORT broke: "

# --- nothing is left ---
for _ in $(seq 50); do
	left="$(sshd_sessions)$(pg_sql postgres -c "select pid from pg_stat_activity where usename = 'monster'")"
	[ -n "$left" ] || break
	sleep 0.1
done
is "no session is left on either server" "$left" ""
is "no listener is left" "$(ss -Hltn 2>/dev/null | awk '$4 ~ /^127\./ && $4 !~ /^127\.0\.0\.(1|53)/' | grep -c ":$PG_PORT ")" 0
done_testing
