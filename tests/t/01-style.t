#!/bin/bash
# SPDX-License-Identifier: MIT
# House style that a tool can check: first lines, width, blanks, function length, and what
# must not be written. HACKING.md says why.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
cd "$MP_SRCDIR" || exit 99

c_files=$(find src backends tests/unit tests/fuzz tests/tools tests/trust tests/bench -name '*.[ch]' 2>/dev/null | sort)
scripts=$(find quickstart .ci etc tests -type f \( -name '*.sh' -o -name '*.t' -o -perm -u+x \) \
	! -name '*.c' ! -name '*.csv' ! -path '*/.dirstamp' ! -path '*/unit/test_*' 2>/dev/null | sort |
	while read -r f; do head -n 1 "$f" | grep -q awk || echo "$f"; done)

# nothing NAME LISTING: passes when the listing is empty
nothing() { is "$1" "$(printf '%s' "$2" | head -n 20)" ""; }

# shellcheck disable=SC2086 # lists of paths without blanks
{
	nothing "every C file starts with its licence" \
		"$(for f in $c_files; do head -n 1 "$f" | grep -q SPDX-License-Identifier || echo "$f"; done)"
	nothing "and says in the second line what it is for" \
		"$(for f in $c_files; do sed -n 2p "$f" | grep -q "^ \* ${f##*/} - " || echo "$f"; done)"
	nothing "no line is wider than 90 columns" \
		"$(LC_ALL=C.UTF-8 grep -nE '^.{91,}' $c_files)"
	nothing "no tab and no blank at the end of a line in C" \
		"$(grep -nE $'\t|[[:blank:]]+$' $c_files)"
	nothing "config.h comes first" \
		"$(for f in $(printf '%s\n' $c_files | grep '\.c$'); do
			[ "$(grep -m 1 '^#include' "$f")" = '#include "config.h"' ] || echo "$f"; done)"
	nothing "no unbounded string functions" \
		"$(grep -nE '(^|[^_[:alnum:]])(strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca|system|popen)\(' $(printf '%s\n' $c_files | grep -E '^(src|backends)/'))"
	nothing "only main files print an error and exit" \
		"$(for f in $c_files; do case $f in */*main.c | tests/*) ;; *)
			grep -HnE '(^|[^_[:alnum:]])exit\(' "$f" ;; esac; done)"
}
nothing "every shell test can be run" "$(find tests/t -name '*.t' ! -perm -u+x)"
if command -v ctags >/dev/null 2>&1 && ctags --version | grep -q Universal; then
	# shellcheck disable=SC2086
	nothing "no function is longer than 60 lines" \
		"$(ctags --languages=C --kinds-C=f --fields=+ne -f - $(printf '%s\n' $c_files | grep -E '^(src|backends)/') 2>/dev/null |
			awk -F'\t' '{l = e = 0
				for (i = 4; i <= NF; i++) {
					if ($i ~ /^line:/) l = substr($i, 6)
					if ($i ~ /^end:/) e = substr($i, 5)
				}
				if (e - l > 60) print $1 " in " $2 ": " e - l " lines"}')"
else
	skip "no function is longer than 60 lines" "no universal-ctags"
fi
# One version governs, Debian 12's: others lay the same lines out otherwise.
if ! command -v clang-format >/dev/null 2>&1; then
	skip "clang-format has nothing to say" "no clang-format"
elif ! clang-format --version | grep -q 'version 14\.'; then
	result 0 "clang-format: version 14 decides, here is another"
else
	# shellcheck disable=SC2086
	nothing "clang-format has nothing to say" \
		"$(clang-format -n $c_files 2>&1 | grep -F 'warning:' | cut -d: -f1,2)"
fi
if command -v shellcheck >/dev/null 2>&1; then
	# shellcheck disable=SC2086
	nothing "shellcheck has nothing to say" \
		"$(shellcheck -x -S warning -e SC1010,SC1090,SC1091,SC2034,SC2046,SC2119,SC2120,SC2154,SC2155 $scripts 2>&1)"
else
	skip "shellcheck has nothing to say" "no shellcheck"
fi

done_testing
