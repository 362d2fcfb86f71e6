#!/bin/bash
# SPDX-License-Identifier: MIT
# What fuzzing has found once must not come back: each target over its kept inputs.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"

for target in "$MP_BUILDDIR"/tests/fuzz/fuzz_*; do
	[ -x "$target" ] && [ ! -d "$target" ] || continue
	case $target in *.o) continue ;; esac
	name=${target##*/fuzz_}
	check "$name: $(ls "$MP_SRCDIR/tests/fuzz/corpus/$name" | wc -l) inputs" \
		timeout 60 "$target" "$MP_SRCDIR/tests/fuzz/corpus/$name"/*
done

done_testing
