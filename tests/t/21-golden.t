#!/bin/bash
# SPDX-License-Identifier: MIT
# What people see of the bundled recording, letter by letter, in a fixed zone and locale.
#
# MP_GOLDEN=write writes the files of tests/data/golden anew; look at the difference before
# it is committed.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"

export TZ=America/Chicago LC_ALL=C.UTF-8 MONSTER_POWER_CONFIG=$T/empty.ini
: >"$MONSTER_POWER_CONFIG"
chmod 600 "$MONSTER_POWER_CONFIG"
unset COLUMNS NO_COLOR LANGUAGE
profile() { # ID NODELIST OPTION...
	"$MP" profile -q --input "$MP_SRCDIR/tests/data/recording.csv" --job-id "$1" \
		--start 2025-10-15T03:00:00Z --end 2025-10-15T04:00:00Z --nodelist "$2" \
		--outdir "$T" "${@:3}"
}
golden() { # FILE: $T/got is what the file says
	local want=$MP_SRCDIR/tests/data/golden/$1
	[ "${MP_GOLDEN:-}" != write ] || cp "$T/got" "$want"
	is "$1" "$(diff "$want" "$T/got" 2>&1)" ""
}
profile 4242 'rpc-91-[1-2],rpg-93-1'
profile 4243 rpg-93-1
# So short that there is one sample of each sensor.
"$MP" profile -q --input "$MP_SRCDIR/tests/data/recording.csv" --job-id 7 --nodelist rpc-91-1 \
	--start 2025-10-15T03:00:00Z --end 2025-10-15T03:00:04Z --outdir "$T"
cd "$T" || exit 99

cp power_4242/report.txt got
golden report.txt
cp power_7/report.txt got
golden report-4-s.txt
for width in 60 80 200; do
	COLUMNS=$width "$MP" show 4242 >got
	golden "show-$width.txt"
	COLUMNS=$width LC_ALL=C "$MP" show 4242 >got
	golden "show-$width-ascii.txt"
	COLUMNS=$width "$MP" show 4242 4243 7 >got
	golden "table-$width.txt"
done
"$MP" compare 4242 4243 >got
golden compare.txt
COLUMNS=80 LC_ALL=C "$MP" compare 4242 4243 >got
golden compare-ascii.txt

# Nothing of it depends on where it was made, but the zone.
for locale in de_DE.UTF-8 ja_JP.UTF-8 POSIX; do
	# bash itself warns of a locale that the machine does not have
	{ LC_ALL=$locale LANGUAGE=zh_CN profile 5 'rpc-91-[1-2],rpg-93-1'; } 2>/dev/null
	is "report.txt made under $locale" "$(sed 's/^Job 5   /Job 4242/' power_5/report.txt | diff - power_4242/report.txt 2>&1)" ""
	rm -r power_5
done

# ---- the page stays small ----
made_up() { # NODELIST SECONDS
	"$MP" profile -q --backend synthetic --job-id 9 --nodelist "$1" --start 1760486400 \
		--end $((1760486400 + $2)) --outdir "$T"
	bytes=$(wc -c <power_9/report.html)
	is "report.html of $1, $2 s: below 400 KB ($bytes)" "$((bytes > 40000 && bytes < 400000))" 1
	rm -r power_9
}
made_up 'rpg-1-1' 10
made_up 'rpc-1-[1-1000]' 600
made_up 'rpg-1-[1-24]' 3600
made_up 'rpc-1-1' $((86400 * 30))
done_testing
