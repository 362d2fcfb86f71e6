#!/bin/bash
# SPDX-License-Identifier: MIT
# Three machines (network namespaces): head can reach only the bastion, and only the bastion
# can reach the database.  From head the direct way fails, the ssh way makes the very report
# that the direct way makes beside the database; and what a lost network looks like.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/postgres.sh"
. "$MP_SRCDIR/tests/lib/sshd.sh"
[ -x "$MP_BUILDDIR/tests/tools/tunnel_probe" ] || skip_all "the ssh backend is not built"
[ "$(id -u)" = 0 ] || skip_all "network namespaces need root"
command -v ip >/dev/null || skip_all "no ip (iproute2) found"
ID=$(printf '%04x' $((RANDOM % 65536)))
HEAD=mph$ID BASTION=mpb$ID DB=mpd$ID
OUTER=10.$((RANDOM % 100 + 100)).$((RANDOM % 250)) INNER=10.$((RANDOM % 50 + 200)).$((RANDOM % 250))
ip netns add "$HEAD" 2>/dev/null || skip_all "network namespaces cannot be made here"
lab_down() {
	local ns
	for ns in "$HEAD" "$BASTION" "$DB"; do
		ip netns del "$ns" 2>/dev/null
		rm -rf "/etc/netns/$ns"
	done
	rmdir /etc/netns 2>/dev/null
}
at_exit lab_down
lab_up() {
	local ns
	ip netns add "$BASTION" && ip netns add "$DB" || return 1
	for ns in "$HEAD" "$BASTION" "$DB"; do
		ip -n "$ns" link set lo up
		mkdir -p "/etc/netns/$ns"
		: >"/etc/netns/$ns/resolv.conf"
	done
	ip link add "h$ID" netns "$HEAD" type veth peer name "b$ID" netns "$BASTION" &&
		ip link add "d$ID" netns "$DB" type veth peer name "c$ID" netns "$BASTION" &&
		ip -n "$HEAD" addr add "$OUTER.2/24" dev "h$ID" && ip -n "$HEAD" link set "h$ID" up &&
		ip -n "$BASTION" addr add "$OUTER.1/24" dev "b$ID" && ip -n "$BASTION" link set "b$ID" up &&
		ip -n "$BASTION" addr add "$INNER.1/24" dev "c$ID" && ip -n "$BASTION" link set "c$ID" up &&
		ip -n "$DB" addr add "$INNER.2/24" dev "d$ID" && ip -n "$DB" link set "d$ID" up || return 1
	printf '127.0.0.1 localhost\n%s.1 bastion.lab\n' "$OUTER" >"/etc/netns/$HEAD/hosts"
	printf '127.0.0.1 localhost\n%s.2 db.lab\n' "$INNER" | tee "/etc/netns/$BASTION/hosts" >"/etc/netns/$DB/hosts"
}
lab_up >"$T/lab.log" 2>&1 || {
	diag "$(cat "$T/lab.log")"
	skip_all "the namespaces cannot be joined here"
}
at() {
	local ns=$1
	shift
	ip netns exec "$ns" "$@"
}

# --- the bastion's sshd, the database with TLS ---
SSHD_RUN=(ip netns exec "$BASTION") SSHD_ADDRESS=$OUTER.1 SSHD_NAME=bastion.lab
sshd_setup
sshd_start
PG_OS_USER=$(id -nu postgres 2>/dev/null || echo nobody)
chmod 755 "$T"
mkdir "$T/tls"
(
	cd "$T/tls" || exit 1
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=lab-ca -keyout ca.key -out ca.crt &&
		openssl req -newkey rsa:2048 -nodes -subj /CN=db.lab -keyout server.key -out server.csr &&
		openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 \
			-extfile <(echo "subjectAltName=DNS:db.lab") -out server.crt &&
		chmod 600 server.key && chown "$PG_OS_USER" server.key
) >"$T/openssl.log" 2>&1 || skip_all "openssl cannot make certificates"
pg_as() {
	at "$DB" setpriv --reuid "$PG_OS_USER" --regid "$(id -g "$PG_OS_USER")" --clear-groups "$@"
}
pg_start "listen_addresses=$INNER.2" ssl=on "ssl_cert_file=$T/tls/server.crt" \
	"ssl_key_file=$T/tls/server.key"
printf 'hostssl all monster %s.0/24 scram-sha-256\n' "$INNER" >>"$PG_DATA/pg_hba.conf"
pg_sql postgres -c 'select pg_reload_conf()' >/dev/null
pg_seed nodes=4 seconds=3600
pg_seed database=h100 prefix=rpg nodes=2 gpus=4 seconds=3600

config() {
	{
		printf '[database]\nhost = db.lab\nport = %s\nuser = monster\npassword = %s\n' "$PG_PORT" "$PG_PASSWORD"
		printf 'sslmode = verify-full\nsslrootcert = %s\nconnect_timeout = 3\n' "$T/tls/ca.crt"
		ssh_ini
		printf '[power]\nbackend = %s\nauto_probe_ms = 500\n' "$1"
	} >"$T/$1.ini"
	chmod 600 "$T/$1.ini"
}
for b in direct ssh auto; do config $b; done
mkdir "$T/out"
# profile NAMESPACE BACKEND: a report in $T/out/BACKEND
profile() {
	mkdir -p "$T/out/$2"
	run timeout 60 ip netns exec "$1" "$MP" profile -c "$T/$2.ini" --job-id 4711 --start 1760497200 \
		--end 1760500800 --nodelist 'rpc-91-[1-4],rpg-91-[1-2]' --outdir "$T/out/$2"
}
profile "$HEAD" direct
is "from head the direct way fails" "$STATUS" 1
like "... and says why" "$ERR" 'db\.lab'
is "... and writes nothing" "$(ls -A "$T/out/direct")" ""
profile "$DB" direct
like "beside the database the direct way works" "$STATUS" '^[04]$' # 4: the made-up data have gaps
WANT=$STATUS
profile "$HEAD" ssh
is "from head the ssh way works" "$STATUS" "$WANT"
profile "$HEAD" auto
is "from head auto works" "$STATUS" "$WANT"
for b in ssh auto; do
	for f in raw_power.csv timeseries.png timeseries.pdf energy_pie.png energy_pie.pdf; do
		check "$b: $f is the direct one's, byte for byte" \
			cmp "$T/out/direct/power_4711/$f" "$T/out/$b/power_4711/$f"
	done
	like "$b: the summary says which way it was" "$(cat "$T/out/$b/power_4711/summary.json")" \
		'"backend": *"ssh"'
done
# a way from head to the database, whose pg_hba.conf admits the bastion alone
at "$BASTION" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
ip -n "$HEAD" route add "$INNER.0/24" via "$OUTER.1"
ip -n "$DB" route add "$OUTER.0/24" via "$INNER.1"
printf '%s.2 db.lab\n' "$INNER" >>"/etc/netns/$HEAD/hosts"
profile "$HEAD" direct
is "a database that does not admit head: exit 1" "$STATUS" 1
like "... and says so" "$ERR" 'no pg_hba.conf entry for host "'"$OUTER"
profile "$HEAD" auto
is "... but the bastion: auto works" "$STATUS" "$WANT"
like "... and says which way it took" "$ERR" 'samples come from ssh: .*\(backend = auto\)'
ip -n "$HEAD" route del "$INNER.0/24"
ip -n "$DB" route del "$OUTER.0/24"
sed -i '/db\.lab/d' "/etc/netns/$HEAD/hosts"
config ssh
sed -i 's/^host = .*/host = '"$INNER.2/" "$T/ssh.ini"
profile "$HEAD" ssh
is "a name that is not the certificate's is refused through the tunnel" "$STATUS" 1
like "... and said" "$ERR" 'does not match host name'
config ssh

# --- the network goes away during a transfer ---
lost() { # NAME REGEX LIMIT_MS COMMAND UNDO
	local t0 locker pid
	psql -X -q -h "$PG_DIR" -p "$PG_PORT" -U postgres -d zen4 >/dev/null 2>&1 <<-SQL &
		begin; lock table idrac.totalcpupower; select pg_sleep(20); commit;
	SQL
	locker=$!
	sleep 0.5
	timeout 60 ip netns exec "$HEAD" "$MP" fetch -c "$T/ssh.ini" --start 1760497200 --end 1760500800 \
		--nodelist 'rpc-91-[1-4]' >"$T/.out" 2>"$T/.err" &
	pid=$!
	sleep 1.5
	eval "$4"
	t0=$(date +%s%3N)
	wait "$pid"
	is "$1: exit 1" $? 1
	t0=$(($(date +%s%3N) - t0))
	like "... and said" "$(cat "$T/.err")" "$2"
	check "... within $3 ms (took $t0)" [ "$t0" -le "$(slow "$3")" ]
	eval "$5"
	pg_sql zen4 -c "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()" >/dev/null
	wait "$locker" 2>/dev/null
}
lost "the network to the bastion is lost" 'SSH connection to bastion.lab.* broke: nothing heard' 6000 \
	'ip -n "$BASTION" route add blackhole "$OUTER.2/32"' 'ip -n "$BASTION" route del blackhole "$OUTER.2/32"'
ip -n "$DB" route add blackhole "$INNER.1/32"
t0=$(date +%s%3N)
profile "$HEAD" ssh
t0=$(($(date +%s%3N) - t0))
is "the database is out of the bastion's reach: exit 1" "$STATUS" 1
like "... and said" "$ERR" "does not reach the database at db.lab:[0-9]* within $(slow 5) s"
check "... within 6000 ms (took $t0)" [ "$t0" -le "$(slow 6000)" ]
ip -n "$DB" route del blackhole "$INNER.1/32"
profile "$HEAD" ssh
is "and when the network is back it works again" "$STATUS" "$WANT"
done_testing
