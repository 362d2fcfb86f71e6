#!/bin/bash
# The command line as a newcomer meets it: help, version, wrong words.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"

run "$MP" --version
is "--version exits 0" "$STATUS" 0
like "--version names the program" "$OUT" '^monster-power [0-9]+\.[0-9]+\.[0-9]+'
run "$MP" --help
is "--help exits 0" "$STATUS" 0
help=$OUT
run "$MP" help
is "... and help is the same" "$STATUS $OUT" "0 $help"
for c in profile show fetch epilog prolog worker queue check config probe hosts backends; do
	like "--help lists $c" "$OUT" "^  $c "
	run "$MP" $c --help
	is "$c --help exits 0" "$STATUS" 0
	like "$c --help starts with its usage" "$OUT" "^usage: monster-power $c"
	usage=$OUT
	run "$MP" help $c
	is "... and so does help $c" "$STATUS $OUT" "0 $usage"
	run "$MP" --help
done
run "$MP" help profil
is "help of an unknown command: exit 2" "$STATUS" 2
for c in profile fetch config hosts backends; do
	run "$MP" $c --version
	like "$c --version names the program" "$OUT" '^monster-power [0-9]'
done
run "$MP"
is "no command: exit 2" "$STATUS" 2
run "$MP" profil
is "an unknown command: exit 2" "$STATUS" 2
like "... names the nearest" "$ERR" 'did you mean profile\?'
run "$MP" zzz
like "one like none: exit 2, and no guess" "$STATUS $ERR" '^2 monster-power: no command is called zzz; .monster'

run "$MP" hosts --nonsense
is "an unknown option: exit 2" "$STATUS" 2

run "$MP_SRCDIR/quickstart" --help
is "quickstart --help exits 0" "$STATUS" 0
like "... ends with its text" "$(tail -n 1 <<<"$OUT")" '^says what is missing'

# Output that goes nowhere is no success.
for c in --version --help 'hosts n[1-4]' backends config 'profile --help'; do
	# shellcheck disable=SC2086
	run bash -c '"$@" >/dev/full' - "$MP" $c
	is "$c to a full disk: exit 1" "$STATUS" 1
	# shellcheck disable=SC2086
	run bash -c '"$@" >&-' - "$MP" $c
	is "$c without standard output: exit 1" "$STATUS" 1
	like "... says so" "$ERR" 'standard output'
done

if command -v readelf >/dev/null; then
	like "every symbol is bound before main, and read-only" "$(readelf -d "$MP")" 'BIND_NOW|NOW'
fi

done_testing
