#!/bin/bash
# SPDX-License-Identifier: MIT
# `monster-power show` and report.txt: the same words from the result and from summary.json,
# widths, plain ASCII, what a name may not do, and which report is meant.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"

export MONSTER_POWER_CONFIG=$T/empty.ini
: >"$MONSTER_POWER_CONFIG"
chmod 600 "$MONSTER_POWER_CONFIG"
unset COLUMNS NO_COLOR
profile() { # ID OPTION...
	"$MP" profile -q --input "$MP_SRCDIR/tests/data/recording.csv" --job-id "$1" \
		--start 2025-10-15T03:00:00Z --end 2025-10-15T04:00:00Z \
		--nodelist 'rpc-91-[1-2],rpg-93-1' --outdir "$T" "${@:2}"
}
profile 4242
cd "$T" || exit 99

run "$MP" show 4242
is "a report by its number: exit 0" "$STATUS $ERR" "0 "
is "... is what report.txt says" "$OUT" "$(cat power_4242/report.txt)"
like "... the energy with its interval" "$OUT" '^Energy +3\.94[0-9]* ± 0\.0[0-9]+ kWh \(95 %'
like "... a component with bar and the ring's share" "$OUT" '^GPU .* 29\.0 % █+$'
like "... power over time, a line of blocks" "$OUT" '^Time +[▁▂▃▄▅▆▇█]{64}$'
like "... the verdict and why" "$OUT" '^ +- rpc-91-2: the samples of SystemInputPower'
is "... and is 80 columns wide" "$(wc -L <power_4242/report.txt)" 80
unlike "... no colour in a pipe" "$OUT" $'\033'
for form in power_4242 power_4242/summary.json; do
	run "$MP" show $form
	is "the same by $form" "$OUT" "$(cat power_4242/report.txt)"
done
run "$MP" show --json 4242
is "--json is summary.json" "$OUT" "$(cat power_4242/summary.json)"

for width in 60 120 200; do
	run env COLUMNS=$width "$MP" show 4242
	is "$width columns are used, and no more" "$(wc -L <<<"$OUT")" $width
done
run env LC_ALL=C "$MP" show 4242
is "a locale without UTF-8: exit 0" "$STATUS" 0
unlike "... plain ASCII" "$OUT" '[^ -~]'
like "... +- for the interval" "$OUT" '^Energy +3\.94[0-9]* \+- 0\.0[0-9]+ kWh'
run script -qec "'$MP' show 4242" /dev/null
like "a terminal gets colour" "$OUT" $'\033\[33mpartial'
run env NO_COLOR=1 script -qec "'$MP' show 4242" /dev/null
unlike "... unless NO_COLOR" "$OUT" $'\033\['

# A name is what its owner likes.
sed 's/"name": null/"name": "a\\u001b[31m\\u009b1m\\nEnergy 0 kWh"/; s/"user": null/"user": "\\u202eeve"/' \
	power_4242/summary.json >odd.json
run "$MP" show odd.json
is "a hostile name: exit 0" "$STATUS" 0
unlike "... no escape, no C1 byte" "$(LC_ALL=C.UTF-8 cat -v <<<"$OUT")" '\^\[|M-BM-\['
is "... and forges no line" "$(grep -c '^Energy' <<<"$OUT")" 1

mkdir -p deep/er
profile 4243
mv power_4243 deep/er/
run "$MP" show
like "without an argument: the newest below" "$OUT" '^Job 4243'
run "$MP" show 4242 deep/er/power_4243
like "two: a table" "$OUT" '^4242 +3 +1 h 3\.94.* partial'
is "... a line each and a heading" "$(wc -l <<<"$OUT")" 3
for width in 60 70 80; do
	run env COLUMNS=$width "$MP" show 4242 deep/er/power_4243
	is "... $width columns are used" "$(wc -L <<<"$OUT")" $width
done
sed 's/"name": null/"name": "'"$(printf 'n%.0s' {1..90})"'"/; s/"nodelist": "/&'"$(printf 'x%.0s' {1..90})"'/' \
	power_4242/summary.json >wide.json
for width in 95 130 200; do
	run env COLUMNS=$width "$MP" show wide.json wide.json
	is "... $width with long names and nodes, and no more" "$(wc -L <<<"$OUT")" $width
done
run "$MP" show 9
like "none there: exit 3, and where it looked" "$STATUS $ERR" '^3 .*power_9/summary.json'
cd "$T/deep/er/power_4243" && mkdir none && cd none || exit 99
run "$MP" show
is "no report below: exit 3" "$STATUS" 3
printf '{"schema": 1}' >summary.json
run "$MP" show summary.json
like "what is no summary: exit 2, and what it lacks" "$STATUS $ERR" '^2 .*job.id'
printf '{' >summary.json
run "$MP" show summary.json
like "what is no JSON: exit 2, with the line" "$STATUS $ERR" '^2 .*summary.json:1:'

# One sample, and an instant.
mkdir "$T/even"
"$MP" profile -q --backend synthetic --job-id 7 --start 2026-02-04T15:00:00Z --end 2026-02-04T15:00:00Z \
	--nodelist rpc-1-1 --outdir "$T/even" >/dev/null 2>&1
run "$MP" show "$T/even/power_7"
like "an instant is one time" "$OUT" '^2026-02-04 15:00:00\+00, one instant$'
unlike "... and no figure of it is none" "$OUT" 'nan|inf'

# Of an even number of nodes the middle is between two.
"$MP" profile -q --backend synthetic --job-id 6 --start 2026-02-04T15:00:00Z --end 2026-02-04T16:00:00Z \
	--nodelist 'rpc-1-[1-2]' --outdir "$T/even" >/dev/null 2>&1
middle=$(grep -oE '^ +\{"name": "[^"]*", "route": "[^"]*", "energy_kwh": [0-9.]+' "$T/even/power_6/summary.json" |
	awk '{ s += $NF } END { printf "%.4f", s / 2 }')
like "the middle one of two nodes is their mean" "$("$MP" show "$T/even/power_6")" "the middle one $middle kWh"

done_testing
