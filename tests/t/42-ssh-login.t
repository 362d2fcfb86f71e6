#!/bin/bash
# SPDX-License-Identifier: MIT
# Logging in: every type and format of key against an sshd with its default algorithms, the
# agent, the usual key files, and what is said when a key is no good.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/sshd.sh"
if [ -n "${MP_SANITIZED:-}" ]; then
	# libssh2 1.10 loses two numbers of every ECDSA key in OpenSSH's format.
	echo 'leak:libssh2.so' >"$T/leaks"
	export ASAN_OPTIONS=fast_unwind_on_malloc=0 LSAN_OPTIONS="suppressions=$T/leaks:print_suppressions=0"
fi
PROBE=$MP_BUILDDIR/tests/tools/tunnel_probe
[ -x "$PROBE" ] || skip_all "the ssh backend is not built"
chmod 755 "$T"
cp "$PROBE" "$T/tunnel_probe" # the build may lie in the home folder that is covered below
PROBE=$T/tunnel_probe
sshd_setup
sshd_start
K=$SSHD_DIR
# libssh2 before 1.11 does not sign with RSA keys as servers want
case $("$PROBE" - version) in 1.[0-9].* | 1.10.*) OLD=1 ;; *) OLD= ;; esac

# login LINE...: [ssh] with these lines; the tunnel leads to sshd's own port
login() {
	{
		printf '[database]\nhost = 127.0.0.1\nport = %s\n' "$SSHD_PORT"
		ssh_ini "$@"
	} >"$T/c.ini"
	chmod 600 "$T/c.ini"
	run timeout 20 "${AS[@]}" "$PROBE" "$T/c.ini" hold 0
}
AS=(env)
works() {
	local name=$1
	shift
	login "$@"
	is "$name" "$STATUS$ERR" 0
}
# fails NAME STATUS REGEX LINE...
fails() {
	local name=$1 status=$2 regex=$3 t0
	shift 3
	t0=$(date +%s%3N)
	login "$@"
	is "$name: exit $status" "$STATUS" "$status"
	check "... within the 5 s of connect_timeout" [ $(($(date +%s%3N) - t0)) -le "$(slow 5000)" ]
	like "... says so" "$ERR" "$regex"
	unlike "... and shows no secret" "$ERR" 'open sesame'
}

# --- types and formats ---
PASS='open sesame = ä 2'
for spec in ed25519: ecdsa:256 ecdsa:384 ecdsa:521 rsa:2048 rsa:3072; do
	type=${spec%:*} bits=${spec#*:}
	for format in RFC4716 PEM PKCS8; do
		[ "$type" != ed25519 ] || [ $format = RFC4716 ] || continue
		name=$type$bits-$format
		sshd_key "$name" -t "$type" ${bits:+-b "$bits"} -m $format -N ''
		works "$type${bits:+ $bits}, $format" "key_path = $K/$name"
		cp "$K/$name" "$K/$name-pw"
		ssh-keygen -q -p -m $format -P '' -N "$PASS" -f "$K/$name-pw" >/dev/null
		if [ "$type-$format" = rsa-RFC4716 ] && [ -n "$OLD" ]; then
			fails "$type $bits, $format, with a passphrase" 2 "ssh-keygen -p -m PKCS8 -f $K/$name-pw" \
				"key_path = $K/$name-pw" "passphrase = $PASS"
			cp "$K/$name-pw" "$K/anew"
			ssh-keygen -q -p -m PKCS8 -P "$PASS" -N "$PASS" -f "$K/anew" >/dev/null
			works "... and after that line" "key_path = $K/anew" "passphrase = $PASS"
			continue
		fi
		works "$type${bits:+ $bits}, $format, with a passphrase" "key_path = $K/$name-pw" "passphrase = $PASS"
	done
done
# cipher NAME: a copy of the ed25519 key, encrypted with it
cipher() {
	cp "$K/id_ed25519" "$K/id_cipher"
	ssh-keygen -q -p -Z "$1" -a 4 -P '' -N "$PASS" -f "$K/id_cipher" >/dev/null
}
for cipher in aes128-cbc aes192-ctr 3des-cbc; do
	cipher $cipher
	works "a key encrypted with $cipher" "key_path = $K/id_cipher" "passphrase = $PASS"
	fails "... with a wrong passphrase" 2 "passphrase for the private key $K/id_cipher is wrong" \
		"key_path = $K/id_cipher" "passphrase = open sesame"
done
for cipher in aes256-gcm@openssh.com chacha20-poly1305@openssh.com; do
	cipher $cipher
	case $OLD$cipher in
	aes256-gcm*) works "a key encrypted with $cipher" "key_path = $K/id_cipher" "passphrase = $PASS" ;;
	*) fails "a key encrypted with $cipher" 2 \
		"is encrypted with $cipher: write it anew .ssh-keygen -p -Z aes256-ctr -f $K/id_cipher" \
		"key_path = $K/id_cipher" "passphrase = $PASS" ;;
	esac
done
ssh-keygen -q -p -Z aes256-ctr -P "$PASS" -N "$PASS" -f "$K/id_cipher" >/dev/null
works "... and after that line" "key_path = $K/id_cipher" "passphrase = $PASS"
openssl genpkey -algorithm ed25519 -out "$K/id_ed_pkcs8" 2>/dev/null && chmod 600 "$K/id_ed_pkcs8"
fails "an ed25519 key as openssl writes it is read (and refused: not authorized)" 1 \
	'ssh-ed25519' "key_path = $K/id_ed_pkcs8"

# --- the agent ---
eval "$(ssh-agent -s -a "$T/agent")" >/dev/null
at_exit "kill $SSH_AGENT_PID 2>/dev/null"
for name in ed25519-RFC4716 ecdsa384-PEM rsa2048-PKCS8 rsa3072-RFC4716; do
	ssh-add -q -D 2>/dev/null
	ssh-add -q "$K/$name" 2>/dev/null
	works "agent: $name" "key_path =" "agent = $T/agent"
done
ssh-add -q -D 2>/dev/null
ssh-add -q "$K/rsa2048-PEM" 2>/dev/null
cp "$K/rsa2048-PEM.pub" "$K/rsa2048-PEM-pw.pub"
AS=(env SSH_AUTH_SOCK="$T/agent")
works "agent named by SSH_AUTH_SOCK" "key_path =" "agent ="
AS=(env)
works "a protected key without passphrase, held by the agent" \
	"key_path = $K/rsa2048-PEM-pw" "agent = $T/agent"
ssh-add -q -D 2>/dev/null
ssh-add -q "$K/rsa2048-RFC4716" 2>/dev/null
works "... its public half read from the key itself" \
	"key_path = $K/rsa2048-RFC4716-pw" "agent = $T/agent"
works "... and one that could not be used with its passphrase here" "key_path = $K/rsa2048-RFC4716-pw" \
	"agent = $T/agent" "passphrase = $PASS"
fails "a protected key that the agent does not hold" 2 \
	'is protected by a passphrase: set passphrase .*does not hold it' \
	"key_path = $K/rsa3072-RFC4716-pw" "agent = $T/agent"
ssh-add -q -D 2>/dev/null
for i in 1 2 3 4 5 6 7; do
	ssh-keygen -q -t ed25519 -N '' -f "$K/stranger$i"
	ssh-add -q "$K/stranger$i" 2>/dev/null
done
fails "an agent with too many keys" 1 \
	'refuses to log .* in with agent key 1 \(ssh-ed25519\), .*2 more keys of the agent not tried' \
	"key_path =" "agent = $T/agent"
fails "an agent that is not there" 2 "cannot reach the ssh agent at $T/nobody: No such file" \
	"key_path =" "agent = $T/nobody"
kill "$SSH_AGENT_PID"
sleep 0.2
: >"$T/plainfile"
fails "an agent that is a plain file" 2 "cannot reach the ssh agent at $T/plainfile: Connection refused" \
	"key_path =" "agent = $T/plainfile"
unset SSH_AUTH_SOCK SSH_AGENT_PID

# --- files that are no good ---
cp "$K/id_ed25519" "$T/key"
fails "key file missing" 2 "private key $T/nokey does not exist; check key_path" "key_path = $T/nokey"
for mode in 644 640 604 620; do
	chmod $mode "$T/key"
	fails "key file open to others ($mode)" 2 "$T/key is open to others \(mode 0$mode\): chmod 600 $T/key" \
		"key_path = $T/key"
done
chmod 600 "$T/key"
if [ "$(id -u)" = 0 ]; then
	login "key_path = $T/key"
	chown 65534 "$T/c.ini"
	chmod 755 "$SSHD_DIR"
	run timeout 20 setpriv --reuid 65534 --regid 65534 --clear-groups "$PROBE" "$T/c.ini" hold 0
	is "key file not readable by us: exit 2" "$STATUS" 2
	like "... says so" "$ERR" "cannot read the private key $T/key: Permission denied"
	chown 0 "$T/c.ini"
else
	chmod 000 "$T/key"
	fails "key file not readable by us" 2 "cannot read the private key $T/key: Permission denied" \
		"key_path = $T/key"
	chmod 600 "$T/key"
fi
fails "key file is a directory" 2 'is not a file' "key_path = $T"
for name in ed25519-RFC4716 rsa2048-PEM ecdsa256-PKCS8 ecdsa256-PEM; do
	fails "wrong passphrase ($name)" 2 "passphrase for the private key .* is wrong" \
		"key_path = $K/$name-pw" "passphrase = open sesam"
	fails "no passphrase ($name)" 2 "is protected by a passphrase: set passphrase" \
		"key_path = $K/$name-pw"
done
# content NAME REGEX: a key file of that content (standard input)
content() {
	cat >"$T/odd"
	chmod 600 "$T/odd"
	fails "$1" 2 "$2" "key_path = $T/odd"
}
content "an empty key file" 'is empty' </dev/null
content "a public key" 'is the public half; name the private key' <"$K/id_ed25519.pub"
content "a PuTTY key" 'PuTTY.s format; convert it: puttygen' < <(echo 'PuTTY-User-Key-File-3: ssh-ed25519')
content "some text" 'is not a private key' < <(echo 'once upon a time')
content "some bytes" 'is not a private key|is in|damaged' < <(head -c 3000 /dev/urandom)
for name in ed25519-RFC4716 rsa2048-PEM ecdsa256-PKCS8; do
	content "a damaged key ($name)" 'is damaged or cut off' < <(sed '3,4d' "$K/$name")
	content "a key cut off ($name)" 'is damaged or cut off' < <(head -n 4 "$K/$name")
done
content "a DSA key" 'is a DSA key' < <(sed 's/RSA/DSA/' "$K/rsa2048-PEM")
content "a type that SSH here does not know" 'of a kind that cannot be used here' < <(openssl genpkey -algorithm ed448 2>/dev/null)
content "a file far too big" 'too big for a private key' < <(head -c 300000 /dev/zero)

# --- what the server says ---
fails "a key that is not authorized" 1 \
	"refuses to log $(id -un) in with $K/stranger1 \(ssh-ed25519\): check username .*authorized_keys" \
	"key_path = $K/stranger1"
fails "an account that does not exist" 1 'refuses to log nosuchuser in' "username = nosuchuser"
works "the current user where no username is set" "username ="
sshd_stop
sshd_start "AuthenticationMethods publickey,password" "PasswordAuthentication yes"
fails "a server that wants a password too" 1 \
	'accepts the key .* but wants more than one proof: still password; .*AuthenticationMethods publickey'
sshd_stop
sshd_start "AuthenticationMethods publickey,publickey"
fails "a server that wants a second key" 1 'wants more than one proof: still publickey'
sshd_stop
sshd_start "PubkeyAuthentication no" "PasswordAuthentication yes"
fails "a server that takes no keys" 1 'does not take keys, only password'
sshd_stop
sshd_start

# --- the usual files: in a home folder that only this process tree sees ---
home=$(getent passwd "$(id -un)" | cut -d: -f6)
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	mkdir "$T/system"
	for name in ed25519-RFC4716:id_ed25519 ecdsa256-PEM:id_ecdsa rsa3072-RFC4716:id_rsa; do
		rm -rf "${T:?}/home"
		mkdir -p "$T/home/.ssh"
		cp "$K/${name%:*}" "$T/home/.ssh/${name#*:}"
		cp "$SSHD_DIR/known_hosts" "$T/home/.ssh/known_hosts"
		AS=(unshare -m sh -c 'mount --bind "$0" "$1" && shift && exec "$@"' "$T/home" "$home")
		works "no key_path, no known_hosts: ~/.ssh/${name#*:} and ~/.ssh/known_hosts" \
			"key_path =" "known_hosts ="
	done
	sed 's/^/@revoked /' "$SSHD_DIR/known_hosts" >"$T/system/ssh_known_hosts"
	AS=(unshare -m sh -c 'mount --bind "$0" "$1" && mount --bind "$2" /etc/ssh && shift 2 && exec "$@"'
		"$T/home" "$home" "$T/system")
	fails "a key that the system's known_hosts revokes" 1 'is marked @revoked in /etc/ssh/ssh_known_hosts' \
		"key_path =" "known_hosts ="
	rm "$T/home/.ssh/known_hosts"
	cp "$SSHD_DIR/known_hosts" "$T/system/ssh_known_hosts"
	works "a host that only the system's known_hosts knows" "key_path =" "known_hosts ="
	cp "$SSHD_DIR/known_hosts" "$T/home/.ssh/known_hosts"
	works "a key named with ~" "key_path = ~/.ssh/id_rsa" "known_hosts = ~/.ssh/known_hosts"
	rm "$T/home/.ssh/id_rsa"
	fails "no key at all" 2 'no key to log in to .* with: set key_path' "key_path ="
	AS=(env)
else
	skip "the usual key files" "needs root to put another home folder in place"
fi
done_testing
