#!/bin/bash
# SPDX-License-Identifier: MIT
# `monster-power check`: on a sound set-up it exits 0; each rule is then broken alone, and
# must be named.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/users.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root, to check as SlurmUser"
make_user S mp-ck || skip_all "cannot make a user"
chmod 755 "$T"
umask 022
cp "$MP" "$T/mp"

# sound: everything as it should be
sound() {
	rm -rf "${T:?}"/{etc,lib,var,out}
	mkdir -p "$T/etc/inc" "$T/lib" "$T/var"
	install -d -o $S -m 700 "$T/var/queue"
	install -d -o $S "$T/out"
	printf '#!/bin/sh\nexit 0\n' >"$T/lib/epilog.sh"
	cp "$T/lib/epilog.sh" "$T/lib/prolog.sh"
	chmod 755 "$T"/lib/*.sh
	cat >"$T/etc/slurm.conf" <<-CONF
		ClusterName=check  # a comment with EpilogSlurmctld=/nonsense
		SlurmctldHost=localhost
		EPILOGslurmctld \\
		  = "$T/lib/epilog.sh"
		include inc/more.conf
		NodeName=rpc-91-1 CPUs=1
		PartitionName=main Nodes=rpc-91-1
	CONF
	printf '%s\n' "slurmuser=$S" "prologSlurmctld=$T/lib/prolog.sh" >"$T/etc/inc/more.conf"
	cat >"$T/etc/monster-power.ini" <<-INI
		[database]
		password = sesame-open-7421
		[csv]
		input = $T/samples.csv
		[power]
		backend = csv
		outdir = $T/out
		[queue]
		directory = $T/var/queue
	INI
	chgrp $S "$T/etc/monster-power.ini"
	chmod 640 "$T/etc/monster-power.ini"
}
{
	echo timestamp,hostname,source,fqdd,value,units,metric
	now=$(date +%s)
	for ((t = now - 700; t <= now + 60; t += 5)); do
		when=$(date -u -d "@$t" '+%Y-%m-%d %H:%M:%S+00')
		for m in SystemInputPower:500 SystemOutputPower:480 TotalCPUPower:200 \
			TotalMemoryPower:50 TotalStoragePower:10 TotalFanPower:20; do
			echo "$when,rpc-91-1,powermetrics,PowerMetrics,${m#*:},W,${m%:*}"
		done
	done
} >"$T/samples.csv"
ask() {
	run timeout 60 "$T/mp" check -c "$T/etc/monster-power.ini" \
		--slurm-conf "$T/etc/slurm.conf" "$@"
}
# broken NAME REGEX: exit 1, and a FAIL line that matches and has a remedy
broken() {
	ask
	is "$1: exit 1" "$STATUS" 1
	like "... named" "$OUT" "^FAIL .*($2).* -- "
	sound
}

sound
ask --node rpc-91-1
is "a sound set-up: exit 0" "$STATUS" 0
unlike "... without a FAIL" "$OUT" '^FAIL'
like "... as the user of an included file" "$OUT" "^ok    SlurmUser is $S"
like "... the epilog of a continued line, key in any case" "$OUT" "^ok    EpilogSlurmctld: $T/lib/epilog.sh can"
like "... the prolog" "$OUT" "^ok    PrologSlurmctld: $T/lib/prolog.sh can"
like "... the configuration" "$OUT" '^ok    .*monster-power.ini can be read by'
like "... the queue" "$OUT" '^ok    queue directory .* is private'
like "... fonts" "$OUT" '^(ok|warn)  *fonts'
like "... the backend" "$OUT" '^ok    backend csv'
like "... a dry run" "$OUT" '^ok    dry run: rpc-91-1, the last ten minutes: [1-9][0-9]* samples, verdict valid'
like "... what to copy first" "$OUT" '^ok    before a change: cp -a '
like "... and the warning of slurmctld -C" "$OUT" '^warn  never run `slurmctld -C`.*`slurmctld -c`'
like "... and what becomes of slurmctld's environment" "$OUT" "slurmctld's environment do not arrive"
if [ -n "$(fc-list :lang=zh)" ]; then
	latin=$(dirname "$(fc-match -f '%{file}' 'DejaVu Sans')")
	printf '<?xml version="1.0"?><fontconfig><dir>%s</dir></fontconfig>\n' "$latin" >"$T/latin.conf"
	chmod 644 "$T/latin.conf"
	FONTCONFIG_FILE=$T/latin.conf ask
	like "without a font for Chinese: a warning" "$OUT" \
		'^warn  fonts for the charts are there, but none for Chinese.* -- apt install fonts-noto-cjk'
	ask --node rpc-91-1
else
	skip "without a font for Chinese: a warning" "there is none here at all"
fi
unlike "the password is not told" "$OUT$ERR" 'sesame'
is "nothing is left in the queue or the fallback directory" "$(find "$T/out" "$T/var/queue" -mindepth 1 -type f)" ""
if [ -x /usr/sbin/slurmctld ] || [ -x /usr/bin/scontrol ]; then
	like "Slurm's version, and what it wants" "$OUT" '^ok    Slurm [0-9]+\.[0-9]+: .*restart'
	echo 'Nonsense=1' >>"$T/etc/slurm.conf"
	broken "a key Slurm does not know" "slurm.conf: .*Nonsense"
	unlike "... in words that can be read" "$OUT" 'Nonsense.*[?]'
else
	skip "Slurm's version, and what it wants" "no Slurm"
fi

mv "$T/etc/slurm.conf" "$T/etc/away"
broken "no slurm.conf" "slurm.conf: No such file"
rm "$T/etc/inc/more.conf"
broken "an included file missing" "more.conf: No such file"
sed -i /lib.epilog/d "$T/etc/slurm.conf"
sed -i 's/^EPILOG.*/#&/' "$T/etc/slurm.conf"
broken "no EpilogSlurmctld" "EpilogSlurmctld is not set"
sed -i 's/^slurmuser=[^ ]*/SlurmUser=nobody-of-that-name/' "$T/etc/inc/more.conf"
broken "an unknown SlurmUser" "SlurmUser=nobody-of-that-name"
rm "$T/lib/epilog.sh"
broken "no script" "EpilogSlurmctld: .*epilog.sh: No such file"
chmod 744 "$T/lib/epilog.sh"
broken "a script SlurmUser cannot execute" "EpilogSlurmctld: .*Permission denied"
chmod 711 "$T/lib/epilog.sh"
broken "a script SlurmUser cannot read" "EpilogSlurmctld: .*Permission denied"
chmod 700 "$T/lib"
broken "a folder SlurmUser cannot enter" "EpilogSlurmctld: .*Permission denied"
chmod 644 "$T/lib/prolog.sh"
broken "a prolog that cannot be executed" "PrologSlurmctld: .*Permission denied"
chmod 757 "$T/lib/epilog.sh"
broken "a script everybody can change" "epilog.sh can be changed by everybody"
chmod 777 "$T/lib"
broken "a folder everybody can change" "/lib can be changed by everybody"
chown nobody "$T/lib"
broken "a folder of somebody else's" "/lib belongs to uid"
sed -i "s|= \"$T/lib|= \"lib|" "$T/etc/slurm.conf"
broken "a relative path" "EpilogSlurmctld=lib/epilog.sh"
chmod 600 "$T/etc/monster-power.ini"
broken "a configuration SlurmUser cannot read" "configuration, as user $S: .*Permission denied"
chmod 644 "$T/etc/monster-power.ini"
broken "a password everybody can read" "monster-power.ini.*chmod 0640"
rm "$T/etc/monster-power.ini"
broken "no configuration where one is named" "No such file"
unlike "... with a remedy that helps" "$OUT" 'chgrp|chmod'
echo 'bakcend = csv' >>"$T/etc/monster-power.ini"
broken "a wrong configuration" "bakcend"
chmod 777 "$T/etc"
broken "a configuration in a folder everybody can change" "/etc can be changed by everybody"
chmod 755 "$T/var/queue"
broken "a queue others can read" "queue: "
chown nobody "$T/var/queue"
broken "a queue of somebody else's" "(queue: |queue belongs to)"
rmdir "$T/var/queue"
broken "no queue, and no way to make one" "cannot be made"
rm -rf "$T/out"
broken "no fallback directory although one is set" "fallback directory .*No such file"
chown root "$T/out"
broken "a fallback directory that cannot be written" "fallback directory .* cannot be written"
mv "$T/samples.csv" "$T/away.csv"
broken "no samples to be read" "no samples can be read"
mv "$T/away.csv" "$T/samples.csv"
ask --node rpc-99-9
like "a dry run without a sample" "$STATUS $OUT" "FAIL  dry run: rpc-99-9: "
ask --node ignored-1
like "a dry run of a node no route knows" "$OUT" "FAIL  dry run: ignored-1: .*no route"

sed -i '/outdir/d' "$T/etc/monster-power.ini"
MONSTER_POWER_PYTHON=/x ask
is "warnings alone: exit 0" "$STATUS" 0
like "... MONSTER_POWER_PYTHON is ignored" "$OUT" '^warn  MONSTER_POWER_PYTHON and MONSTER_POWER_SCRIPT are ignored'
like "... no fallback directory" "$OUT" '^warn  no fallback directory'
like "... no dry run" "$OUT" '^warn  no report was made for trial'
like "... not our script" "$OUT" '^warn  EpilogSlurmctld .* is not this program'
if [ ! -e "$(getent passwd root >/dev/null && echo /etc/sudoers.d/monster-power)" ]; then
	like "... no sudo rule" "$OUT" '^warn  sudo does not let'
fi
sound
sed -i 's/prologSlurmctld=.*//' "$T/etc/inc/more.conf"
ask
like "no prolog: said, by version" "$OUT" '^(warn|ok  )  PrologSlurmctld is not '
sound
sed -i /password/d "$T/etc/monster-power.ini"
chmod 644 "$T/etc/monster-power.ini"
touch "$T/var/queue/service"
ask
like "the mark of a service whose worker does not live" "$OUT" \
	"^warn  no worker lives.* \(as root\) .*$T/var/queue/service -- systemctl start"
like "... it is still what is checked" "$OUT" '^ok    reports are written as the job.s owner: root could'
(cd / && exec "$T/mp" worker --service -c "$T/etc/monster-power.ini") &
service=$!
wait_for 20 sh -c "[ \"\$(cat $T/var/queue/lock)\" = $service ]"
ask
like "a worker that lives: by the lock, and as whom" "$OUT" "^ok    a worker is at the queue: process $service, as root"
kill "$service"
wait "$service"
ask
like "... and that none does" "$OUT" '^ok    no worker is at the queue: the next job'
chmod 700 "$T/mp"
touch "$T/var/queue/service"
ask
like "a program that owners cannot run" "$OUT" '^warn  .*/mp cannot be run as nobody'
chmod 755 "$T/mp"
rm "$T/var/queue/service"
sound

# --- as a user ---
as $S env HOME=/nonexistent "$T/mp" check -c "$T/etc/monster-power.ini" --slurm-conf "$T/etc/slurm.conf" >"$T/.o" 2>&1
is "as SlurmUser: what SlurmUser can do is looked at" "$? $(grep -c 'queue directory .* is private' "$T/.o")" "0 1"
as nobody "$T/mp" check -c "$T/etc/monster-power.ini" --slurm-conf "$T/etc/slurm.conf" >"$T/.o" 2>&1
is "as somebody else: no restart is called safe" "$?" 1
like "... it asks for root" "$(cat "$T/.o")" "^FAIL  what $S can do was not looked at, .* -- run it as root"
is "... once, and says nothing for $S" "$(grep -c "$S can" "$T/.o") $(grep -c "by $S\|by SlurmUser" "$T/.o")" "1 0"

# --- where all reports go to one tree ---
sed -i "s|^outdir = .*|place = outdir\ndirectory = %u/%j|" "$T/etc/monster-power.ini"
broken "place = outdir without one" "there is no outdir"
sed -i "s|^outdir = .*|&\nplace = outdir|" "$T/etc/monster-power.ini"
ask
like "... with one" "$OUT" "^ok    the reports' directory $T/out can be written"
sound

# --- why a trial report is not valid ---
cp "$T/samples.csv" "$T/all.csv"
awk -F, 'NR == 1 || NR % 30 < 24 || !/SystemInputPower/' "$T/all.csv" | grep -v 'SystemInputPower' >"$T/samples.csv"
ask --node rpc-91-1
like "a trial report that is not valid" "$OUT" '^warn  dry run: rpc-91-1, .*verdict (partial|suspect)'
like "... and why" "$OUT" '^warn  dry run: .*SystemInputPower'
mv "$T/all.csv" "$T/samples.csv"

sound
sed -i "s|^\[power\]|&\nlogfile = $T/var/log|" "$T/etc/monster-power.ini"
ask
like "a log that SlurmUser cannot make: a warning" "$OUT" \
	"^warn  log $T/var/log cannot be written by $S: .* -- install -m 0640 -o $S "
install -m 640 /dev/null "$T/var/log"
ask
like "a log of root's" "$OUT" "^warn  log $T/var/log cannot be written by $S: .* -- chown $S $T/var/log"
chown $S "$T/var/log"
ask
like "a log of SlurmUser's" "$OUT" "^ok    log $T/var/log can be written by $S"

run "$T/mp" check --slurm-cnf x
is "a wrong option: exit 2" "$STATUS" 2

done_testing
