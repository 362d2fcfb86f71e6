#!/bin/bash
# SPDX-License-Identifier: MIT
# `profile` where a report cannot be written: an error that names the place, an older report
# kept whole, nothing half-done.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/users.sh"

REC=$MP_SRCDIR/tests/data/recording.csv
profile() {
	run "$MP" profile -q --input "$REC" --job-id 42 --start 1760497200 --end 1760500800 \
		--nodelist 'rpc-91-1' "$@"
}
sums() { (cd "$1" && find . -type f -exec md5sum {} + | sort -k 2); }

mkdir "$T/o"
profile --outdir "$T/o"
like "a report to begin with" "$STATUS" '^[04]$'
before=$(sums "$T/o")
head -c 60000 "$REC" >"$T/cut.csv"
profile --outdir "$T/o" --input "$T/cut.csv"
is "a fetch that fails: exit 1" "$STATUS" 1
is "... the older report is kept, byte for byte" "$(sums "$T/o")" "$before"
is "... and nothing is beside it" "$(ls -A "$T/o")" power_42
profile --outdir "$T/o" --start 1700000000 --end 1700000600
is "a window without samples: exit 3" "$STATUS" 3
is "... the older report is kept" "$(sums "$T/o")" "$before"
mkfifo "$T/o/power_43"
profile --outdir "$T/o" --job-id 43
like "a FIFO in the way: an error naming it" "$STATUS $ERR" "^1 .*power_43 is a FIFO"

if [ "$(id -u)" = 0 ]; then
	mkdir "$T/fs"
	if mount -t tmpfs -o size=2m tmpfs "$T/fs" 2>/dev/null; then
		at_exit "umount -l $T/fs 2>/dev/null"
		profile --outdir "$T/fs" --nodelist 'rpc-91-1'
		before=$(sums "$T/fs")
		head -c 1200000 /dev/zero >"$T/fs/filler" 2>/dev/null
		profile --outdir "$T/fs" --nodelist 'rpc-91-[1-2],rpg-93-1'
		is "a full file system: exit 1" "$STATUS" 1
		like "... says so" "$ERR" "No space left"
		rm "$T/fs/filler"
		is "... the older report is kept" "$(sums "$T/fs")" "$before"
		is "... and nothing is beside it" "$(ls -A "$T/fs")" power_42
		mount -o remount,ro "$T/fs"
		profile --outdir "$T/fs"
		like "a read-only file system: an error" "$STATUS $ERR" "^1 .*$T/fs: Read-only"
		umount "$T/fs"
	else
		skip "full and read-only file systems" "cannot mount a tmpfs"
	fi
	if make_user U mp-bp; then
		chmod 711 "$T"
		cp "$MP" "$REC" "$T/"
		chmod 755 "$T/monster-power"
		chmod 644 "$T/recording.csv"
		run as "$U" "$T/monster-power" profile -q -c /dev/null --input "$T/recording.csv" --job-id 42 \
			--start 1760497200 --end 1760500800 --nodelist rpc-91-1 --outdir "$T/o"
		like "somebody else's report: an error" "$STATUS $ERR" "^1 .*power_42 belongs to uid 0"
		run as "$U" "$T/monster-power" profile -q -c /dev/null --input "$T/recording.csv" --job-id 44 \
			--start 1760497200 --end 1760500800 --nodelist rpc-91-1 --outdir "$T/o"
		like "an unwritable directory: an error" "$STATUS $ERR" "^1 .*$T/o: Permission denied"
	else
		skip "an unwritable directory" "cannot make a user"
	fi
else
	skip "full, read-only and unwritable places" "needs root"
fi

done_testing
