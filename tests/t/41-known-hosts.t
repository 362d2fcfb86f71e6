#!/bin/bash
# SPDX-License-Identifier: MIT
# known_hosts: the same lines match as for ssh-keygen -F, in files made at random; and the
# same keys are accepted.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
MATCH=$MP_BUILDDIR/tests/tools/known_hosts_match
[ -x "$MATCH" ] || skip_all "the ssh backend is not built"
command -v ssh-keygen >/dev/null || skip_all "no ssh-keygen found"

for i in 1 2 3; do
	ssh-keygen -q -t ed25519 -N '' -C '' -f "$T/e$i"
	ssh-keygen -q -t ecdsa -N '' -C '' -f "$T/c$i"
done
ssh-keygen -q -t rsa -b 2048 -N '' -C '' -f "$T/r1"
mapfile -t KEYS < <(for f in "$T"/*.pub; do awk '{print $1, $2}' "$f"; done)
NAMES=(alpha alpha.example beta beta.example bad.example 10.0.0.1 a ab x '[alpha]:2222'
	'[beta.example]:2222' '[10.0.0.1]:2222' '[a]:2222' fe80::1)
PATTERNS=("${NAMES[@]}" 'ALPHA' 'Alpha.Example' '*.example' '!bad.example,*.example'
	'*.example,!bad.example' '!alpha' '?lpha' '*' '!*' 'al*a' '[*]:2222' '[al?ha]:2222' 'alpha,beta'
	'beta,alpha.example,10.0.0.1' '10.0.0.*' 'a?' ',' 'alpha,,beta' '*a*a*' '!a*,*' ',alpha' 'alpha,')
# Hashed names, as ssh-keygen -H makes them.
for n in "${NAMES[@]}"; do echo "$n ${KEYS[0]}"; done >"$T/plain"
ssh-keygen -q -H -f "$T/plain" >/dev/null 2>&1
mapfile -t HASHED < <(awk '{print $1}' "$T/plain")
rm -f "$T/plain.old"

pick() { local -n list=$1; PICK=${list[RANDOM % ${#list[@]}]}; }
random_line() {
	local marker='' name key sep=' ' end=''
	case $((RANDOM % 12)) in
	0) printf '# a comment\n' && return ;;
	1) printf '%s' $'   \n' && return ;;
	2) printf 'no key at all\n' && return ;;
	esac
	case $((RANDOM % 10)) in
	0) marker='@revoked ' ;;
	1) marker='@cert-authority ' ;;
	2) marker='@nonsense ' ;;
	3) marker='@revoked  ' ;;
	4) marker='@revoked @cert-authority ' ;;
	esac
	case $((RANDOM % 3)) in 0) pick HASHED ;; *) pick PATTERNS ;; esac
	name=$PICK
	pick KEYS
	key=$PICK
	case $((RANDOM % 16)) in
	0) key=${key:0:$((RANDOM % ${#key}))} ;;
	1) key=${key#* } ;;
	2) key="ssh-ed25519 ${key#* }" ;;
	3) key="${key/ /  }" ;;
	4) key="$key a comment = with # things" ;;
	5) key="${key/AAAA/AA*A}" ;;
	6) key="1024 35 1234567890" ;;
	7) name="${name:0:$((RANDOM % (${#name} + 1)))}" ;;
	8) name="|1|${name:3}" ;;
	esac
	case $((RANDOM % 6)) in 0) sep=$'\t' ;; 1) sep=' 	 ' ;; esac
	case $((RANDOM % 8)) in 0) end=$'\r' ;; 1) end=' ' ;; esac
	case $((RANDOM % 8)) in 0) printf ' \t' ;; esac
	printf '%s%s%s%s%s\n' "$marker" "$name" "$sep" "$key" "$end"
}
# ssh_keygen_says FILE NAME (-l makes it read the keys), we_say FILE NAME: "LINE [CA|REVOKED]"
ssh_keygen_says() {
	ssh-keygen -l -F "$2" -f "$1" 2>/dev/null | sed -n 's/^# Host .* found: line \([0-9]*\) *\(CA\|REVOKED\)\{0,1\} *$/\1 \2/p' |
		sed 's/ *$//'
}
we_say() {
	case $2 in
	\[*) "$MATCH" "$1" "$(expr "$2" : '\[\(.*\)\]')" "${2##*]:}" | grep -v plain ;;
	*) "$MATCH" "$1" "$2" 22 ;;
	esac
}
SEED=${MP_SEED:-$RANDOM}
RANDOM=$SEED
differ=0 matches=0 files=${MP_FUZZ_FILES:-25}
for ((f = 0; f < files; f++)); do
	for ((i = 0; i < 80; i++)); do random_line; done >"$T/kh"
	[ $((f % 5)) != 0 ] || printf '%s %s' alpha "${KEYS[1]}" >>"$T/kh" # no newline at the end
	for n in "${NAMES[@]}"; do
		theirs=$(ssh_keygen_says "$T/kh" "$n")
		ours=$(we_say "$T/kh" "$n")
		matches=$((matches + $(printf '%s' "$theirs" | grep -c .)))
		if [ "$theirs" != "$ours" ]; then
			differ=$((differ + 1))
			[ $differ -gt 3 ] || diag "seed $SEED file $f name $n" \
				"$(diff <(echo "$theirs") <(echo "$ours"))"
		fi
	done
done
is "the same lines as ssh-keygen -F (seed $SEED, $files files, $matches matches)" "$differ" 0
check "... and there was something to match" [ "$matches" -gt 100 ]

# --- what is made of a key ---
key() { awk '{print $2}' "$T/$1.pub"; }
entry() { echo "$1 $(awk '{print $1, $2}' "$T/$2.pub")"; }
verdict() { "$MATCH" "$T/kh" "$1" "$2" "$(key "$3")"; }
entry alpha e1 >"$T/kh"
is "the very key" "$(verdict alpha 22 e1)" known
is "another key of the type" "$(verdict alpha 22 e2)" changed
is "a key of another type" "$(verdict alpha 22 c1)" unknown
is "another host" "$(verdict beta 22 e1)" unknown
is "names in upper case" "$(verdict ALPHA 22 e1)" known
is "a name known without its port counts where the port is not listed" "$(verdict alpha 2222 e1)" known
is "... but another key there is only unknown" "$(verdict alpha 2222 e2)" unknown
{ entry alpha e1; entry '[alpha]:2222' e2; } >"$T/kh"
is "[host]:port has its own key" "$(verdict alpha 2222 e2)" known
is "... and the plain name's does not count there" "$(verdict alpha 2222 e1)" changed
is "... nor the other way round" "$(verdict alpha 22 e2)" changed
{ entry alpha e1; entry '@revoked *' e1; } >"$T/kh"
is "@revoked wins" "$(verdict alpha 22 e1)" revoked
is "@revoked for the plain name holds at every port" "$(verdict alpha 2222 e1)" revoked
printf '@revoked\talpha %s\nalpha %s\n' "$(awk '{print $1, $2}' "$T/e1.pub")" \
	"$(awk '{print $1, $2}' "$T/e1.pub")" >"$T/kh"
is "@revoked holds with a tab behind it, where ssh skips the line" "$(verdict alpha 22 e1)" revoked
entry '@cert-authority alpha' e1 >"$T/kh"
is "@cert-authority vouches for nothing" "$(verdict alpha 22 e1)" unknown
{ entry alpha e1; entry alpha e2; entry alpha c1; } >"$T/kh"
is "several keys of a host: one" "$(verdict alpha 22 e2)" known
is "... another type" "$(verdict alpha 22 c1)" known
{ head -c 300000 /dev/zero | tr '\0' x; echo; echo "alpha garbage"; entry alpha e1; } >"$T/kh"
is "bad lines do not hide good ones" "$(verdict alpha 22 e1)" known
entry '*********************************************a' e1 >"$T/kh"
is "a pattern of many stars ends in time" \
	"$(timeout 5 "$MATCH" "$T/kh" "$(printf 'a%.0s' $(seq 200))b" 22 "$(key e1)")" unknown
run "$MATCH" "$T/none" alpha 22
like "a missing file is said" "$ERR" 'cannot read the known_hosts file .*none: No such file'
done_testing
