#!/bin/bash
# SPDX-License-Identifier: MIT
# What the compiler makes: hardened as configure asks for, and the same to the byte wherever it is
# built.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"

elf=$(readelf -W -l -d -s "$MP" 2>/dev/null)
[ -n "$elf" ] || skip_all "no readelf here"
like "what the loader has set up becomes read-only" "$elf" 'GNU_RELRO'
like "... all of it, before main" "$elf" 'BIND_NOW|FLAGS_1.* NOW'
like "no stack is executable" "$elf" 'GNU_STACK +[^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ RW '
if [ -z "${MP_SANITIZED:-}" ]; then
	like "stacks are guarded" "$elf" '__stack_chk_fail'
	like "sizes are checked at run time" "$elf" '__(mem|str|sn|vsn|f)[a-z]*_chk'
fi

build() { # FOLDER
	mkdir -p "$1" && cd "$1" || return 1
	"$MP_SRCDIR/configure" CFLAGS='-O0 -g' >configure.log 2>&1 &&
		make -s -j2 monster-power >make.log 2>&1 || tail -n 5 configure.log make.log >&2
}
if [ -z "${MP_SANITIZED:-}" ]; then
	MP_SRCDIR=$(cd "$MP_SRCDIR" && pwd)
	export CCACHE_DISABLE=1
	unset MAKEFLAGS MFLAGS
	(build "$T/one") && (build "$T/another/one/deeper")
	check "built in two places: the same bytes" cmp "$T/one/monster-power" "$T/another/one/deeper/monster-power"
	unlike "... in which no folder is named" "$(strings -a "$T/one/monster-power")" "$T|$MP_SRCDIR"
fi

done_testing
