#!/bin/bash
# SPDX-License-Identifier: MIT
# Where SlurmUser is not root: the writer through sudo as the job's owner, else the fallback.
# The sudoers rule is put in place in a mount namespace of the test's own.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/users.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root, to be other users"
command -v sudo >/dev/null || skip_all "no sudo"
unshare -m true 2>/dev/null || skip_all "cannot make a mount namespace"
{ make_user A mp-sa && make_user S mp-ss; } || skip_all "cannot make users"
A_UID=$(id -u $A) A_GID=$(id -g $A)
chmod 755 "$T"
cp "$MP_BUILDDIR/tests/tools/writer_drive" "$MP_BUILDDIR/tests/tools/memgrep" "$T/"
DRIVE=$T/writer_drive
mkdir "$T/bin"
echo "Defaults !syslog" >"$T/none"
sed -e "s|^Cmnd_Alias .*|Cmnd_Alias MONSTER_POWER_WRITER = $DRIVE write-report|" \
	-e "s/^slurm /$S /" -e 's/^Defaults!.*/&\nDefaults !syslog/' \
	"$MP_BUILDDIR/etc/monster-power.sudoers" >"$T/rule"
chmod 440 "$T/none" "$T/rule"
is "the sample is a valid sudoers file" "$(visudo -cf "$MP_BUILDDIR/etc/monster-power.sudoers" 2>&1 | grep -c OK)" 1

# through RULES key=value...: as user S, with these sudoers
through() {
	local rules=$1
	shift
	run timeout 60 unshare -m sh -c 'mount --bind "$1" /etc/sudoers && shift && exec "$@"' \
		sh "$rules" runuser -u $S -- "$DRIVE" uid="$A_UID" gid="$A_GID" user=$A "$@"
}
new() {
	rm -rf "$T/w" "$T/out"
	install -d -o $A -g "$A_GID" -m 755 "$T/w"
	install -d -o $S -m 755 "$T/out"
}

new
through "$T/rule" jobdir="$T/w" outdir="$T/out"
is "with the rule: a report" "$STATUS" 0
is "... the owner's" "$(stat -c '%U:%a' "$T/w/power_42" 2>&1)" "$A:750"
is "... every file" "$(stat -c %U "$T"/w/power_42/* | sort -u)" $A
like "... and no fallback" "$OUT" '^fallback 0'
rm -rf "$T/w/power_42"
install -d -m 755 "$T/w/power_42"
through "$T/rule" jobdir="$T/w"
like "... as the owner only: what is root's stays" "$STATUS $ERR" "^1 .*power_42 belongs to uid 0"

new
through "$T/rule" jobdir="$T/w" note="why and what"
is "a note through sudo" "$STATUS $(cat "$T/w/power_42/NO_REPORT.txt") $(stat -c %U "$T/w/power_42/NO_REPORT.txt")" "0 why and what $A"
new
through "$T/none" jobdir="$T/w" note=x
like "... without the rule: none, and why" "$STATUS $ERR $(ls -A "$T/w")" '^1 runuser: .* $'

new
through "$T/none" jobdir="$T/w" outdir="$T/out"
is "without the rule: a report" "$STATUS" 0
is "... in outdir, as who we are" "$(stat -c '%U:%a' "$T/out/power_42" 2>&1)" "$S:750"
like "... saying which and why" "$OUT" '^why as .* through sudo: sudo: .*; as .* through runuser: runuser: '
is "... and nothing in the job's directory" "$(ls -A "$T/w")" ""
through "$T/none" jobdir="$T/w" outdir="$T/out" repeat=2
like "the next report of the same owner: sudo is not asked again" "$STATUS $OUT" 'why .* refused less than ten minutes ago$'
through "$T/rule" jobdir="$T/nowhere" outdir="$T/out" repeat=2
unlike "... but is where only the directory was at fault" "$OUT" 'refused|runuser'
through "$T/none" jobdir="$T/w"
is "without outdir: an error" "$STATUS" 1
like "... saying what would help" "$ERR" 'outdir in section \[power\]'

new
run timeout 60 unshare -m sh -c 'mount --bind "$1" /etc/sudoers && runuser -u "$2" -- sudo -n "$3" write-report </dev/null' \
	sh "$T/rule" $S "$DRIVE"
is "the rule does not make root of us" "$STATUS" 1
run timeout 60 unshare -m sh -c 'mount --bind "$1" /etc/sudoers && runuser -u "$2" -- sudo -n -u "$3" "$4" write-report --x </dev/null' \
	sh "$T/rule" $S $A "$DRIVE"
like "... and allows no arguments" "$ERR" "sudo: "

new
run timeout 60 runuser -u $A -- "$DRIVE" jobdir="$T/w"
is "the owner's own worker needs no sudo" "$STATUS $(stat -c %U "$T/w/power_42")" "0 $A"

new
echo "sesame-open-7421" >"$T/secret"
chown $S "$T/secret"
mkfifo "$T/go"
REPACSS_DB_PASSWORD=sesame-open-7421 timeout 60 unshare -m sh -c \
	'mount --bind "$1" /etc/sudoers && shift && exec "$@"' sh "$T/rule" \
	runuser -u $S -- "$DRIVE" uid="$A_UID" gid="$A_GID" user=$A jobdir="$T/w" \
	secret="$T/secret" pause=half <"$T/go" >"$T/held.out" 2>&1 &
pid=$!
exec 7>"$T/go"
wait_for 5 grep -q paused "$T/held.out"
writer=$(pgrep -u $A -f 'write-report$')
run "$T/memgrep" "$writer" "$T/secret"
is "sudo's writer holds no secret: cmdline, environ, mem" "$STATUS $OUT" "1 "
is "... cannot be looked into by its own user" \
	"$(as $A cat "/proc/$writer/environ" 2>&1 >/dev/null | grep -c denied)" 1
like "... can gain no privileges" "$(cat "/proc/$writer/status")" '^NoNewPrivs:.1$'
echo >&7
exec 7>&-
wait $pid
is "... and finishes" "$?" 0


# --- check tries that way ---
cp "$MP" "$T/mp"
printf 'SlurmUser=%s\nEpilogSlurmctld=/bin/true\n' "$S" >"$T/slurm.conf"
printf '[queue]\ndirectory = %s\n[power]\nbackend = synthetic\n' "$T/q" >"$T/mp.ini"
sed "s|$DRIVE|$T/mp|" "$T/rule" >"$T/rule-mp"
chmod 440 "$T/rule-mp"
for rules in rule-mp none; do
	run timeout 60 unshare -m sh -c 'mount --bind "$1" /etc/sudoers && shift && exec "$@"' \
		sh "$T/$rules" "$T/mp" check -c "$T/mp.ini" --slurm-conf "$T/slurm.conf"
	case $rules in
	none) like "check says where sudo does not" "$OUT" '^warn  sudo does not let' ;;
	*) like "check tries sudo as an owner" "$OUT" '^ok    sudo lets the worker .*tried as nobody' ;;
	esac
done

done_testing
