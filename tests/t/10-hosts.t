#!/bin/bash
# SPDX-License-Identifier: MIT
# `monster-power hosts` as a user meets it, and beside Slurm's own scontrol.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"

run "$MP" hosts 'rpc-91-[1-2,07],rpg-93-1'
is "a list: exit 0" "$STATUS" 0
is "... one name a line" "$OUT" $'rpc-91-1\nrpc-91-2\nrpc-91-07\nrpg-93-1'
run "$MP" hosts 'r[1-2]-ib'
is "a text after a bracket" "$OUT" $'r1-ib\nr2-ib'
run "$MP" hosts ''
is "an empty list: exit 0" "$STATUS" 0
is "... nothing printed" "$OUT" ""
run "$MP" hosts -- -x
is "a name that looks like an option, after --" "$OUT" "-x"

run "$MP" hosts
is "no list: exit 2" "$STATUS" 2
like "... says what is missing" "$ERR" 'EXPR'
run "$MP" hosts n1 n2
is "two lists: exit 2" "$STATUS" 2
like "... names the second" "$ERR" 'n2'
for e in 'n[5-' 'n[3-1]' 'n[]' 'n[0-99999999999]' 'n[1-9][1-9][1-9][1-9][1-9][1-9]'; do
	run timeout 5 "$MP" hosts "$e"
	is "$e: exit 2" "$STATUS" 2
	is "... prints nothing" "$OUT" ""
	like "... shows the place" "$ERR" 'character [0-9]+: .*>>>'
done
run "$MP" hosts $'n\x1b[31m'
unlike "an escape sequence does not reach the terminal" "$ERR" $'\x1b'
if [ -e /dev/full ]; then
	"$MP" hosts 'n[1-1000]' >/dev/full 2>"$T/err"
	is "a full disk: exit 1" $? 1
fi

# The rest compares with scontrol, which needs a slurm.conf but no running Slurm.
if ! command -v scontrol >/dev/null; then
	skip "hundreds of lists as scontrol expands them" "scontrol is not installed"
	done_testing
fi
printf 'ClusterName=test\nSlurmctldHost=localhost\n' >"$T/slurm.conf"
export SLURM_CONF=$T/slurm.conf
if [ "$(scontrol show hostnames 'n[1-2]' 2>&1)" != $'n1\nn2' ]; then
	skip "hundreds of lists as scontrol expands them" "scontrol does not work here"
	done_testing
fi

# number: a random one, padded or not, in N.  SEED makes a failure repeatable.
RANDOM=${MP_SEED:-20261123}
number() {
	local width=$((RANDOM % 5))
	printf -v N "%0${width}d" $((RANDOM % 120))
}
bracket() {
	local i n=$((RANDOM % 3 + 1)) lo
	B=""
	for ((i = 0; i < n; i++)); do
		number
		lo=$N
		B+=${B:+,}$lo
		if ((RANDOM % 2)); then
			B+=-$((10#$lo + RANDOM % 12))
		fi
	done
	B="[$B]"
}
word() {
	local words=(n rpc-91- x a1b node "" -ib R)
	W=${words[RANDOM % ${#words[@]}]}
}
expression() {
	local i j hosts=$((RANDOM % 3 + 1)) brackets seps=("," ", " " ," ",," " " "	") last
	E=""
	((RANDOM % 8)) || E=,
	for ((i = 0; i < hosts; i++)); do
		brackets=$((RANDOM % 4))
		word
		E+=h$W
		last=h
		for ((j = 0; j < brackets; j++)); do
			bracket
			E+=$B
			if ((j < brackets - 1)); then
				word
				E+=$W
			fi
			last=]
		done
		if [ $last = h ] && ((RANDOM % 2)); then
			number
			E+=$N
		fi
		E+=${seps[RANDOM % ${#seps[@]}]}
	done
}
same=0 different=0
for ((k = 0; k < 400; k++)); do
	expression
	theirs=$(scontrol show hostnames "$E" 2>&1)
	ours=$("$MP" hosts "$E" 2>&1)
	if [ "$ours" = "$theirs" ]; then
		same=$((same + 1))
	else
		different=$((different + 1))
		diag "differs: $E"
		diag "$(diff <(echo "$theirs") <(echo "$ours") | head -n 6)"
	fi
done
is "400 random lists as scontrol expands them" "$same same, $different different" \
	"400 same, 0 different"

done_testing
