# SPDX-License-Identifier: MIT
# sshd.sh - an SSH server of the test's own, on loopback, gone when the test ends.
# Source after tap.sh.  Works as root and as an ordinary user; who runs it logs in as itself.
#
#   sshd_setup                 host keys, a login key (id_ed25519), authorized_keys and
#                              known_hosts in SSHD_DIR; skips the whole test without sshd
#   sshd_start [LINE...]       start it with its default algorithms on a free port: SSHD_PORT,
#                              SSHD_PID; LINEs go first in sshd_config.  Nobody is kept out for
#                              logins that failed (PerSourcePenalties) unless a LINE says so
#   sshd_stop                  the server and its sessions
#   sshd_restart               both again, on the same port
#   sshd_sessions              process ids of its sessions
#   sshd_known > FILE          known_hosts lines for its three keys
#   sshd_key NAME ARGS...      a further login key, authorized; ARGS for ssh-keygen
#   ssh_ini [LINE...]          section [ssh] for it; LINEs replace the ones of the same key
#   descendants PID            every process below it
#   SSHD_RUN, SSHD_ADDRESS, SSHD_NAME   set before sshd_start: what runs it (an array: "ip netns
#                              exec ..."), where it listens, how clients call it
#   free_port                  a TCP port of 127.0.0.1 that nobody listens on now
# shellcheck shell=bash
SSHD_RUN=() SSHD_ADDRESS=127.0.0.1 SSHD_NAME=127.0.0.1

free_port() {
	local p
	while :; do
		p=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || break
	done
	echo "$p"
}

descendants() {
	local p
	for p in $(pgrep -P "$1"); do
		echo "$p"
		descendants "$p"
	done
}

sshd_setup() {
	local t
	SSHD=$(command -v sshd || ls /usr/sbin/sshd 2>/dev/null)
	[ -n "$SSHD" ] || skip_all "no sshd found"
	command -v ssh-keygen >/dev/null || skip_all "no ssh-keygen found"
	SSHD_DIR=$T/sshd SSHD_PID='' SSHD_PORT=''
	mkdir -p "$SSHD_DIR"
	[ "$(id -u)" != 0 ] || mkdir -p /run/sshd # where sshd, as root, locks itself in
	for t in ed25519 ecdsa rsa; do
		ssh-keygen -q -t $t -N '' -C host -f "$SSHD_DIR/host_$t"
	done
	: >"$SSHD_DIR/authorized_keys"
	sshd_key id_ed25519 -t ed25519 -N ''
	at_exit sshd_stop
}

sshd_key() {
	local name=$1
	shift
	ssh-keygen -q -C "$name" -f "$SSHD_DIR/$name" "$@"
	cat "$SSHD_DIR/$name.pub" >>"$SSHD_DIR/authorized_keys"
}

# Wait for the server that was just started as SSHD_PID.
sshd_up() {
	local i
	for ((i = 0; i < $(slow 100); i++)); do
		"${SSHD_RUN[@]}" bash -c "exec 3<>/dev/tcp/$SSHD_ADDRESS/$SSHD_PORT" 2>/dev/null && return
		kill -0 "$SSHD_PID" 2>/dev/null || break
		sleep 0.05
	done
	return 1
}

# sshd_knows OPTION=VALUE
sshd_knows() { "$SSHD" -t -f /dev/null -h "$SSHD_DIR/host_ed25519" -o "$1" 2>/dev/null; }

sshd_run() {
	"${SSHD_RUN[@]}" "$SSHD" -D -f "$SSHD_DIR/config" -E "$SSHD_DIR/log" 2>>"$SSHD_DIR/log" &
	SSHD_PID=$!
	sshd_up
}

sshd_start() {
	local try
	for try in 1 2 3 4 5; do
		SSHD_PORT=$(free_port)
		{
			[ $# = 0 ] || printf '%s\n' "$@"
			cat <<-CONF
				Port $SSHD_PORT
				ListenAddress $SSHD_ADDRESS
				HostKey $SSHD_DIR/host_ed25519
				HostKey $SSHD_DIR/host_ecdsa
				HostKey $SSHD_DIR/host_rsa
				AuthorizedKeysFile $SSHD_DIR/authorized_keys
				PidFile none
				StrictModes no
				UsePAM no
				MaxStartups 100
				LogLevel VERBOSE
			CONF
			! sshd_knows PerSourcePenalties=no || echo PerSourcePenalties no
		} >"$SSHD_DIR/config"
		if sshd_run; then
			sshd_known >"$SSHD_DIR/known_hosts"
			return 0
		fi
		kill "$SSHD_PID" 2>/dev/null
		wait "$SSHD_PID" 2>/dev/null
	done
	diag "sshd does not start: $(tail -n 5 "$SSHD_DIR/log")"
	exit 99
}

sshd_sessions() { descendants "$SSHD_PID"; }

sshd_stop() {
	local all
	[ -n "$SSHD_PID" ] || return 0
	all="$(descendants "$SSHD_PID") $SSHD_PID"
	# shellcheck disable=SC2086
	kill -CONT $all 2>/dev/null
	# shellcheck disable=SC2086
	kill $all 2>/dev/null
	wait "$SSHD_PID" 2>/dev/null
	SSHD_PID=''
}

sshd_restart() {
	sshd_stop
	sshd_run && return
	diag "sshd does not start again: $(tail -n 5 "$SSHD_DIR/log")"
	exit 99
}

sshd_known() {
	local t
	for t in ed25519 ecdsa rsa; do
		awk -v n="[$SSHD_NAME]:$SSHD_PORT" '{print n, $1, $2}' "$SSHD_DIR/host_$t.pub"
	done
}

ssh_ini() {
	local line key
	echo '[ssh]'
	for line in "hostname = $SSHD_NAME" "port = $SSHD_PORT" "username = $(id -un)" \
		"key_path = $SSHD_DIR/id_ed25519" "known_hosts = $SSHD_DIR/known_hosts" \
		"agent = none" "keepalive = 2" "connect_timeout = $(slow 5)"; do
		key=${line%% *}
		printf '%s\n' "$@" | grep -q "^$key " || echo "$line"
	done
	[ $# = 0 ] || printf '%s\n' "$@"
}
