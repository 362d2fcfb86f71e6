#!/bin/bash
# SPDX-License-Identifier: MIT
# `monster-power config` and --import-env as an administrator meets them: where a value
# comes from, what is refused and how to mend it, secrets never shown, and the way from a
# .env to a working INI.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
umask 077
ini=$T/monster-power.ini
secret='p=a#s;s"w'\''o\rd %20$(x)'

# value SECTION KEY: of the configuration in $OUT, with its origin
value() {
	printf '%s\n' "$OUT" | sed -n "/^\[$1\]/,/^\[/s/^\(; \)\{0,1\}$2 = //p" | sed 's/  *;/ ;/'
}

printf '[database]\nhost = db.example # bracketless\nport = 15432\n' >"$ini"
run env REPACSS_DB_PORT=25432 MONSTER_POWER_PYTHON=/x MONSTER_POWER_OUTDRI=/y \
	"$MP" config -c "$ini" -b csv
is "config: exit 0" "$STATUS" 0
is "... a value from the file" "$(value database host)" "db.example ; file, line 2"
is "... from the environment, which wins" "$(value database port)" \
	"25432 ; environment, REPACSS_DB_PORT"
is "... from the command line" "$(value power backend)" "csv ; command line, --backend"
is "... built in" "$(value ssh port)" "22 ; default"
like "... names the file" "$OUT" "^# file: $ini\$"
like "... says that MONSTER_POWER_PYTHON is ignored" "$OUT" \
	'^# ignored: environment variable MONSTER_POWER_PYTHON$'
like "... and a misspelt variable" "$OUT" 'ignored.* MONSTER_POWER_OUTDRI$'
printf '%s\n' "$OUT" >"$T/printed.ini"
run "$MP" config -c "$T/printed.ini"
is "what it prints loads back" "$STATUS" 0
is "... to the same" "$(value database port | cut -d' ' -f1)" 25432
run env MONSTER_POWER_CONFIG="$ini" "$MP" config
is "MONSTER_POWER_CONFIG names the file" "$(value database port)" "15432 ; file, line 3"
run env MONSTER_POWER_CONFIG="$T/absent" "$MP" config -c "$ini"
is "... but --config wins" "$STATUS" 0

# wrong NAME TEXT REGEX: a file that is refused with exit 2, nothing printed
wrong() {
	printf "$2" >"$ini"
	run "$MP" config -c "$ini"
	is "$1: exit 2" "$STATUS" 2
	is "... prints nothing" "$OUT" ""
	like "... says where and what" "$ERR" "$3"
	unlike "... never the value" "$ERR" hunter2
}
wrong "an unknown key" '[database]\nhots = x\n' "$ini:2: .*hots.*did you mean host"
wrong "an unknown section" '\n[databse]\n' "$ini:2: .*databse.*did you mean \[database\]"
wrong "a key in the wrong section" '[power]\nhost = x\n' "$ini:2: .*belongs to \[database\]"
wrong "a number out of range" '[queue]\nworkers = 0\n' "$ini:2: .*between 1 and 64"
wrong "a password with a ; and no quotes" '[database]\npassword = hunter2;x\n' "$ini:2: "
wrong "a password with a # comment" '[database]\npassword = hunter2 # x\n' "$ini:2: "
wrong "an open quote" '[ssh]\npassphrase = "hunter2\n' "$ini:2: the quote is not closed"
wrong "a line over the limit" "[database]\npassword = hunter2$(printf '%01000d' 0)\n" \
	"$ini:2: the value is too long"
run "$MP" config -c "$T/absent"
is "a file that is not there: exit 2" "$STATUS" 2
like "... is named" "$ERR" "$T/absent: No such file"
run "$MP" config -b nonsense -c /dev/null
is "an unknown backend: exit 2" "$STATUS" 2
like "... lists the known" "$ERR" "--backend: .*nonsense.*auto, direct, ssh, csv"

# A secret, and who may read it.
printf '[database]\npassword = "%s"\n' hunter2 >"$ini"
run "$MP" config -c "$ini"
is "a private file with a password: exit 0" "$STATUS" 0
unlike "... the password is not shown" "$OUT$ERR" hunter2
like "... but that there is one" "$OUT" '^; password = \*+ +; file, line 2$'
chmod 0644 "$ini"
run "$MP" config -c "$ini"
is "others can read it: exit 2" "$STATUS" 2
like "... with the remedy" "$ERR" "chmod 0[46][04]0 $ini"
eval "$(printf '%s\n' "$ERR" | grep -o "chmod 0[0-7]* $ini")"
run "$MP" config -c "$ini"
is "... which mends it" "$STATUS" 0
if command -v setfacl >/dev/null 2>&1 && setfacl -m u:nobody:r "$ini" 2>/dev/null; then
	chmod 0600 "$ini"
	setfacl -m u:nobody:r "$ini"
	run "$MP" config -c "$ini"
	is "an access control list: exit 2" "$STATUS" 2
	setfacl -b "$ini"
fi

# As the worker meets it: root's file, readable by SlurmUser's group and nobody else.
if [ "$(id -u)" = 0 ] && id slurm >/dev/null 2>&1 && id nobody >/dev/null 2>&1; then
	cp "$MP" "$T/mp"
	chmod 755 "$T" "$T/mp"
	chown root:slurm "$ini"
	chmod 0640 "$ini"
	run "$T/mp" config -c "$ini"
	is "root:slurm 0640: root reads it" "$STATUS" 0
	run runuser -u slurm -- "$T/mp" config -c "$ini"
	is "... SlurmUser reads it" "$STATUS" 0
	run runuser -u nobody -- "$T/mp" config -c "$ini"
	is "... nobody else does: exit 2" "$STATUS" 2
	like "... with the reason" "$ERR" "cannot read $ini: Permission denied"
	chown nobody "$ini"
	run "$T/mp" config -c "$ini"
	is "another user's file: root refuses it" "$STATUS" 2
	like "... with the remedy" "$ERR" "chown root $ini"

	# With a secret in memory there is no core file: /proc/PID then belongs to root.
	chmod 0600 "$ini"
	mkfifo "$T/samples"
	chmod 644 "$T/samples"
	runuser -u nobody -- "$T/mp" fetch -c "$ini" --start 0 --end 1 --nodelist rpc-1 \
		--input "$T/samples" >/dev/null 2>&1 &
	exec 9>"$T/samples" # returns once it has been opened for reading
	pid=$(pgrep -n -u nobody -f "^$T/mp fetch")
	is "a process with a secret in memory leaves no core" \
		"$(stat -c %U "/proc/$pid/environ" 2>&1)" root
	exec 9>&-
	wait
	chown root "$ini"
else
	skip "root's file, SlurmUser's group" "not root, or no user slurm"
fi

# From a .env.
{
	printf '# the Python script'\''s\r\nREPACSS_DB_HOST=db.example\r\n'
	printf 'REPACSS_DB_PASSWORD=%s\r\n' "$secret"
	printf 'REPACSS_SSH_PASSPHRASE="kept"\nREPACSS_DB_ACCESS_MODE=tunnel\n'
	printf 'REPACSS_EGAUGE_PASSWORD=hunter2\n'
} >"$T/.env"
run "$MP" config --import-env "$T/.env"
is "--import-env: exit 0" "$STATUS" 0
unlike "... keeps what is not ours out" "$OUT" hunter2
like "... and names it" "$OUT" '^# line 6, REPACSS_EGAUGE_PASSWORD: not used'
like "... remarks on quotes" "$OUT" '^# line 4, REPACSS_SSH_PASSPHRASE: .*quotes'
like "... says what the script had built in" "$OUT" '^# REPACSS_DB_USER: not set; .*\[database\] user'
unlike "... of what is missing only" "$OUT" '^# REPACSS_DB_PASSWORD: not set'
cp "$T/.out" "$ini"
run "$MP" config -c "$ini"
is "what it prints loads" "$STATUS" 0
is "... the host" "$(value database host | cut -d' ' -f1)" db.example
is "... the backend" "$(value power backend | cut -d' ' -f1)" ssh
unlike "... and config shows no secret" "$OUT" 'a#s|kept'
run "$MP" config --import-env "$T/absent"
is "no such .env: exit 2" "$STATUS" 2
printf 'REPACSS_DB_PORT=x\n' >"$T/.env"
run "$MP" config --import-env "$T/.env"
is "a .env with a wrong port: exit 2" "$STATUS" 2
like "... names the line" "$ERR" "$T/.env:1: "
is "... prints nothing" "$OUT" ""
if [ -e /dev/full ]; then
	"$MP" config -c /dev/null >/dev/full 2>/dev/null
	is "a full disk: exit 1" $? 1
fi

run "$MP" config --sample
is "the sample is what the tables of keys say (make reference)" "$OUT" \
	"$(cat "$MP_SRCDIR/etc/monster-power.ini")"
printf '%s\n' "$OUT" >"$ini"
run "$MP" config -c "$ini"
unlike "... and changes nothing" "$OUT" 'file, line'
run "$MP" config --manual
is "so is the manual page" "$OUT" "$(sed -n '/^\.\\" The keys, made/,/^\.\\" End of the keys/p' \
	"$MP_SRCDIR/doc/monster-power.ini.5" | sed '1d;$d')"

run "$MP" backends
is "backends: exit 0" "$STATUS" 0
like "... csv is always built" "$OUT" '^csv +built '
is "... each is built or not" \
	"$(printf '%s\n' "$OUT" | grep -Ec '^(direct|ssh|csv) +(built|not built) ')" 3

done_testing
