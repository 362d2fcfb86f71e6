#!/bin/bash
# SPDX-License-Identifier: MIT
# What the documents tell administrators and users to type, look for and open exists: commands,
# options, keys, installed files, links, messages; both languages say the same.  And the
# completion for bash.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
cd "$MP_SRCDIR" || exit 99
GUIDE=doc/slurm.md

# All that is typed: code blocks and `inline`, a command continued with \ on one line.
typed() { # FILE...
	cat "$@" | sed -e ':a' -e '/\\$/{N;s/\\\n//;ta' -e '}' |
		awk '/^```/ {fence = !fence; next}
			fence || /^    / {print; next}
			{while (match($0, /`[^`]*`/)) {
				print substr($0, RSTART + 1, RLENGTH - 2)
				$0 = substr($0, RSTART + RLENGTH)}}'
}

# --- commands and options ---
commands=$("$MP" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
for c in $commands; do "$MP" "$c" --help >"$T/help.$c"; done
# bad_commands FILE...: lines with a command or an option that there is not
bad_commands() {
	local line c o
	typed "$@" | grep -oE '(^|[ /'"'"'])monster-power [a-z][^|>;)]*' | sed "s/#.*//; s/^[ /']//" |
		while read -r line; do
			read -r _ c _ <<<"$line"
			[ "$c" != write-report ] || continue # not for people, so in no help
			[ -f "$T/help.$c" ] || { echo "no command: $line" && continue; }
			for o in $(grep -oE -- ' --?[a-z][a-z-]*' <<<"$line"); do
				grep -qE -- "(^| )$o( |,|\$)" "$T/help.$c" || echo "no option $o: $line"
			done
		done
}
for f in $GUIDE doc/slurm.zh.md README.md HACKING.md doc/design*.md doc/formats.md; do
	is "$f: every command and option exists" "$(bad_commands "$f")" ""
done
check "... and there are some" test "$(typed $GUIDE README.md | grep -c 'monster-power [a-z]')" -ge 12
printf '    monster-power chekc --slurm-conf x\n    monster-power check --slurm-cnf x\n' >"$T/wrong.md"
is "... this would see two wrong ones" "$(bad_commands "$T/wrong.md" | cut -d: -f1 | grep -c .)" 2

man_options() { sed -n 's/^\.\(Op \|It \)\{0,1\}Fl -*//p' doc/monster-power.1 | grep -oE '(^|[, ]-)[a-z][a-z-]+' | tr -d ' ,' | sed 's/^-//' | sort -u; }
missing=
for o in $(man_options); do
	[ ${#o} = 1 ] || grep -qE -- "--$o( |\$)" "$T"/help.* || missing="$missing $o"
done
is "monster-power(1): every option exists" "$missing" ""
missing=
for o in $(grep -ohE -- '--[a-z-]+' "$T"/help.* | sort -u); do
	case $o in --detached | --lock-fd) continue ;; esac # between hook and worker
	grep -qE -- "-${o#--}( |\$)" doc/monster-power.1 || missing="$missing $o"
done
is "... and it has all of them" "$missing" ""

# --- keys ---
sed -n '/^```ini/,/^```$/{/^```/!p}' $GUIDE >"$T/guide.ini"
chmod 600 "$T/guide.ini"
run "$MP" config --config "$T/guide.ini"
is "the guide's configuration is one" "$STATUS$ERR" 0
like "... and counts" "$OUT" 'logfile = .*file, line'
"$MP" config --config /dev/null | sed -n 's/^\([a-z_]*\) = .*/\1/p; s/^; \([a-z_]*\) = .*/\1/p' | sort -u >"$T/keys"
unknown=
for k in $(typed $GUIDE README.md | grep -xE '[a-z]+_[a-z_]+|host|port|outdir|logfile' |
	grep -vx secure_path | sort -u); do
	grep -qx "$k" "$T/keys" || unknown="$unknown $k"
done
is "every key that is named is one" "$unknown" ""
check "... and there are some" grep -qw comment_keyword $GUIDE

# --- what is installed ---
if [ -f "$MP_BUILDDIR/Makefile" ]; then
	(
		unset MAKEFLAGS MFLAGS MAKELEVEL
		make -C "$MP_BUILDDIR" install DESTDIR="$T/dest" prefix=/usr/local exec_prefix=/usr/local \
			systemdsystemunitdir=/usr/local/lib/systemd/system </dev/null
	) >"$T/install.log" 2>&1
	is "make install" "$?" 0
	absent=
	for f in $(grep -ohE '/usr/local/(bin|libexec|lib|share)/[A-Za-z0-9_./-]+' $GUIDE doc/slurm.zh.md | sort -u); do
		[ -e "$T/dest$f" ] || absent="$absent $f"
	done
	is "every installed file that the guide names" "$absent" ""
	installed=$(cd "$T/dest" && find . -type f | sed 's|.*/||')
	absent=
	for f in doc/*.md README.md; do
		grep -qxF "${f##*/}" <<<"$installed" || absent="$absent $f"
	done
	is "every document is installed" "$absent" ""
else
	skip "make install" "not in a build directory"
fi

# --- links ---
dead=
for f in doc/*.md README.md HACKING.md; do
	for l in $(grep -oE '\]\([^)]*\)' "$f" | sed 's/^](//; s/)$//'); do
		case $l in
		http*) ;;
		'#'*) grep -qixE "#+ ${l#?}" "$f" || dead="$dead $f:$l" ;;
		*) [ -e "$(dirname "$f")/$l" ] || dead="$dead $f:$l" ;;
		esac
	done
done
is "every file that is linked exists" "$dead" ""

# --- messages ---
# The left column of the last table quotes the program: each piece must stand in its source.
unheard=$(sed -n '/^| what you see/,/^$/s/^| \([^|]*\) |.*/\1/p' $GUIDE | grep -oE '`[^`]+`' | tr -d '`' |
	sed 's/^event=//; s/ *… */\n/g' | grep -vxE 'queue|outdir|\.out|Connection refused|timeout' |
	while read -r piece; do
		grep -rqF --include='*.c' -- "$piece" src backends || echo "$piece"
	done)
is "every message of the guide is the program's" "$unheard" ""

# --- both languages ---
blocks() {
	awk '/^```/ {fence = !fence; next} (fence || /^    /) && !/[─│▼◄]/' "$1" | sed 's/^ *//' |
		grep -v '^$'
}
check "the Chinese page has the same commands in the same order" \
	diff <(blocks $GUIDE) <(blocks doc/slurm.zh.md)
is "... the same headings" "$(grep -oE '^#+' $GUIDE)" "$(grep -oE '^#+' doc/slurm.zh.md)"
columns() { grep '^|' "$1" | tr -cd '|\n' | awk '{print length}'; }
is "... the same tables" "$(columns $GUIDE)" "$(columns doc/slurm.zh.md)"

# --- completion ---
complete_line() { # WORD...: what is offered for the last one
	PATH=$MP_BUILDDIR:$PATH bash -c '. etc/monster-power.bash-completion &&
		complete -p monster-power >/dev/null || exit
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_monster_power monster-power
		echo "${COMPREPLY[*]}"' bash "$@"
}
for c in $commands; do
	like "completion knows $c" " $(complete_line monster-power "${c:0:2}") " " $c "
done
is "... an option" "$(complete_line monster-power check --sl)" "--slurm-conf"
is "... the backends" "$(complete_line monster-power fetch --backend "")" "auto direct ssh csv prometheus synthetic"
is "... a file" "$(complete_line monster-power profile --input doc/slurm.z)" "doc/slurm.zh.md"
is "... queue retry" "$(complete_line monster-power queue r)" "retry"

# mdoc takes a lone dot at a line's end for the sentence's, and sets it against the word before
is "the manual page's examples keep their dots" "$(grep -nE '^\.D[l1] .* \.$' "$MP_SRCDIR/doc/monster-power.1")" ""
for f in README.md doc/slurm.md doc/slurm.zh.md doc/monster-power.1; do
	check "$f leads to formats.md" grep -q formats.md "$MP_SRCDIR/$f"
done

done_testing
