#!/bin/bash
# SPDX-License-Identifier: MIT
# What fuzzing has found once must not come back: each target over its kept inputs.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"

for target in "$MP_BUILDDIR"/tests/fuzz/fuzz_*; do
	[ -x "$target" ] && [ ! -d "$target" ] || continue
	case $target in *.o) continue ;; esac
	name=${target##*/fuzz_}
	# The small ones also over changes of them.
	changes="-r 20000"
	[ "$name" = csv ] && changes=
	# shellcheck disable=SC2086 # words
	check "$name: $(ls "$MP_SRCDIR/tests/fuzz/corpus/$name" | wc -l) inputs${changes:+, and 20000 changed ones}" \
		timeout 60 "$target" $changes "$MP_SRCDIR/tests/fuzz/corpus/$name"/*
done

done_testing
