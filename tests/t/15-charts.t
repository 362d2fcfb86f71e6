#!/bin/bash
# SPDX-License-Identifier: MIT
# The pictures of a report from outside: a machine without fonts, and bytes that depend on
# nothing but the samples.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"

profile() { # OUTDIR [ENVIRONMENT...]
	local dir=$1
	shift
	mkdir -p "$dir"
	run env "$@" "$MP" profile --backend csv --input "$MP_SRCDIR/tests/data/recording.csv" \
		--job-id 4711 --start 1760497200 --end 1760500800 \
		--nodelist 'rpc-91-[1-2],rpg-93-1' --outdir "$dir"
}

# no fonts: said, with the remedy, and nothing is left behind
mkdir "$T/nofonts"
echo '<?xml version="1.0"?><fontconfig></fontconfig>' >"$T/nofonts/fonts.conf"
profile "$T/dark" FONTCONFIG_FILE="$T/nofonts/fonts.conf"
is "without fonts: exit 1" "$STATUS" 1
like "... and says what is missing" "$ERR" 'no font'
like "... and how to mend it" "$ERR" 'apt install fonts-dejavu-core, or dnf install dejavu-sans-fonts'
unlike "... without warnings of the font libraries" "$ERR" 'Pango|GLib'
is "... and leaves nothing" "$(ls -A "$T/dark")" ""

profile "$T/one"
is "with fonts: drawn" "$STATUS" 4
unlike "... without warnings of the font libraries" "$ERR" 'Pango|GLib|Fontconfig'

# another process, day, locale and home: the same bytes
sleep 1.1
profile "$T/two" LANG=ja_JP.UTF-8 LC_ALL=de_DE.UTF-8 LANGUAGE=zh_CN HOME="$T" XDG_CONFIG_HOME="$T"
profile "$T/three" -i TZ=UTC
for f in timeseries.png timeseries.pdf energy_pie.png energy_pie.pdf report.html; do
	check "$f: the same in another locale" cmp "$T/one/power_4711/$f" "$T/two/power_4711/$f"
	check "$f: the same with an empty environment" \
		cmp "$T/one/power_4711/$f" "$T/three/power_4711/$f"
done

# the zone, and only the zone, changes the time axis
profile "$T/zone" TZ=Asia/Kolkata
check "energy is the same in another zone" test "$(grep -c kWh <<<"$OUT$ERR")" -gt 0
if cmp -s "$T/one/power_4711/timeseries.png" "$T/zone/power_4711/timeseries.png"; then
	result 1 "the time axis is local"
else
	result 0 "the time axis is local"
fi

done_testing
