#!/bin/bash
# SPDX-License-Identifier: MIT
# `monster-power compare`: which reports are meant, the exit status, what is said of nodes,
# shares, intervals and verdicts; tests/unit/test_compare.c has the arithmetic.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"

export MONSTER_POWER_CONFIG=$T/empty.ini
: >"$MONSTER_POWER_CONFIG"
chmod 600 "$MONSTER_POWER_CONFIG"
unset COLUMNS NO_COLOR
cd "$T" || exit 99
profile() { # ID START END NODES
	"$MP" profile -q --backend synthetic --job-id "$1" --start "$2" --end "$3" \
		--nodelist "$4" --outdir . >/dev/null 2>&1
}
profile 1 2026-02-04T15:00:00Z 2026-02-04T16:00:00Z 'rpc-1-[1-4]'
profile 2 2026-02-04T17:00:00Z 2026-02-04T18:00:00Z 'rpc-1-[1-4]'
profile 3 2026-02-04T15:00:00Z 2026-02-04T16:30:00Z 'rpc-1-[1-4]'
profile 4 2026-02-04T15:00:00Z 2026-02-04T16:00:00Z 'rpc-1-[3-6]'
profile 5 2026-02-04T15:00:00Z 2026-02-04T16:00:00Z 'rpc-1-3'
profile 6 2026-02-04T15:00:00Z 2026-02-04T15:00:02Z 'rpc-1-3'
profile 7 2026-02-04T15:00:00Z 2026-02-04T16:00:00Z 'rpc-1-[1-20]'
profile 8 2026-02-04T15:00:00Z 2026-02-04T16:00:00Z 'rpc-1-4'

run "$MP" compare 1 2
is "two like runs: exit 0" "$STATUS $ERR" "0 "
like "... no difference" "$OUT" '^Answer +no difference'
like "... each node by its name" "$OUT" '^rpc-1-4 +0\.61'
like "... on the same nodes, it says" "$OUT" 'same nodes, so that no difference between'
like "... components" "$OUT" '^CPU .* same$'
is "... within 80 columns" "$(wc -L <<<"$OUT" | awk '{print ($1 <= 80)}')" 1
for form in power_1 power_1/summary.json "$T/power_1"; do
	run "$MP" compare "$form" 2
	is "the same by $form" "$STATUS $(grep -c '^A: job 1 ' <<<"$OUT")" "0 1"
done

run "$MP" compare 1 3
is "a longer run: exit 5" "$STATUS $ERR" "5 "
like "... energy more, power the same" "$(tr -s ' \n' ' ' <<<"$OUT")" 'Energy [^a-z]*kWh.* more Power [^a-z]*W.* same Length .* more'
like "... in words" "$OUT" 'its power was the same, it ran longer'
run "$MP" compare 3 1
is "the other way round: exit 6" "$STATUS" 6
like "... and less long" "$OUT" 'it ran less long'

run "$MP" compare 1 4
is "other nodes, somewhat more energy: exit 0" "$STATUS" 0
like "... how far nodes differ, in words" "$(tr -s ' \n' ' ' <<<"$OUT")" \
	'since they ran on different nodes, 2 of 4 and 4 in common, and nodes of one kind differ by [0-9.]+ % \(standard deviation, robust, of the 8'
like "... nodes by their place" "$OUT" '^middle '
run "$MP" compare 5 8
like "one node and another: an assumption, it says" "$(tr -s ' \n' ' ' <<<"$OUT")" \
	'taken to differ by 2\.5 % \(an assumption'
is "... that 2 % are within" "$STATUS" 0
run "$MP" compare 7 7
is "twenty nodes: eight are shown" "$(grep -c '^rpc-1-' <<<"$OUT")" 8
like "... and how many there are" "$OUT" 'of 20 nodes; 0 differ'

run "$MP" compare 5 6
is "a report without interval: no difference that anybody can tell" "$STATUS" 0
like "... and it is said" "$(tr -s ' \n' ' ' <<<"$OUT")" 'Beware B has no interval'

sed 's/"verdict": "valid"/"verdict": "suspect"/; s/"reasons": \[\]/"reasons": ["a\\u001b[31mpowerful reason"]/' \
	power_2/summary.json >doubt.json
run "$MP" compare 1 doubt.json
like "a suspect report is said, with the reason" "$(tr -s ' \n' ' ' <<<"$OUT")" 'Beware B is suspect.*powerful reason'
unlike "... and no escape of it" "$OUT" $'\033'
sed 's/"total": [0-9.]*/"total": null/' power_2/summary.json >none.json
run "$MP" compare 1 none.json
like "no energy in one: exit 1, and in which" "$STATUS $ERR" '^1 .*no energy in none.json'

# Shares: the second job had half of the CPUs.
sed 's/"shared": false/"shared": true/; s/"share_kwh": [0-9.]*/"share_kwh": 1.2/; s/"share_low_kwh": [0-9.]*/"share_low_kwh": 0.9/; s/"share_high_kwh": [0-9.]*/"share_high_kwh": 1.5/' \
	power_2/summary.json >shared.json
run "$MP" compare 1 shared.json
is "a share against a whole: less" "$STATUS" 6
like "... it is the share that is compared" "$OUT" '^Share +2\.376 kWh +1\.200 kWh'
like "... with the whole nodes below" "$OUT" "^Nodes' +2\.376 kWh +2\.376 kWh"
like "... and what of it is a guess" "$(tr -s ' \n' ' ' <<<"$OUT")" '0\.30 kWh of what there may be is that guess'
sed -i 's/"share_high_kwh": 1.5/"share_high_kwh": 2.4/' shared.json
run "$MP" compare 1 shared.json
is "... a guess that is wide enough: no difference" "$STATUS" 0
sed -i 's/"share_kwh": 1.2/"share_kwh": null/' shared.json
run "$MP" compare 1 shared.json
like "a share that nobody knows is said" "$(tr -s ' \n' ' ' <<<"$OUT")" 'share is not known: the whole nodes are compared'

run "$MP" compare --json 1 3
is "--json: the same exit status" "$STATUS" 5
check "... is JSON" python3 -c 'import json,sys; d=json.load(open(sys.argv[1]))
assert d["result"] == "more" and d["mean_w"]["result"] == "same" and d["same_nodes"] is True
assert abs(d["energy_kwh"]["percent"] - 50) < 0.1 and len(d["nodes_kwh"]) == 4
assert d["components_kwh"]["cpu"]["result"] == "more" and d["components_kwh"]["gpu"]["a"] is None' "$T/.out"

for width in 60 80 200; do
	run env COLUMNS=$width "$MP" compare 1 4
	is "$width columns: no wider" "$(wc -L <<<"$OUT" | awk "{print (\$1 <= $width)}")" 1
done
run env LC_ALL=C "$MP" compare 1 4
unlike "a locale without UTF-8: plain ASCII" "$OUT" '[^ -~]'
run "$MP" compare 1
is "one report: exit 2" "$STATUS" 2
run "$MP" compare 1 2 3
is "three: exit 2" "$STATUS" 2
run "$MP" compare 1 99
like "one that is not there: exit 3, and where it looked" "$STATUS $ERR" '^3 .*power_99/summary.json'
echo '{' >broken.json
run "$MP" compare 1 broken.json
like "one that is no JSON: exit 2, with the line" "$STATUS $ERR" '^2 .*broken.json:[0-9]'
run "$MP" help compare
like "help says the exit statuses" "$OUT" '5 B took more energy, 6 B took less'

# A/A: pairs of reports without a difference, and a folder with a trace of one's own.
run "$MP_SRCDIR/tests/trust/same"
is "A/A on synthetic loads: at most 5 % alarms of each kind" "$STATUS" 0
is "... there are all kinds" "$(grep -c '^| [a-z.(0-9]' <<<"$OUT")" 8
like "... and 5 % more is seen in most" "$OUT" '5 % more\) +\| +2160 \| +9[0-9]\.'
mkdir traces
awk 'BEGIN { srand(3); print "t_s,w0,w1"
	for (t = 0; t < 1500; t += 0.5) {
		a += (rand() - 0.5) * 8 - a / 50
		print t "," 400 + a "," 900 - 2 * a + (t % 97 < 30 ? 300 : 0) } }' | gzip >traces/a.csv.gz
run "$MP_SRCDIR/tests/trust/same" traces
like "... the same on a trace in a folder" "$STATUS $(tr '\n' ' ' <<<"$OUT")" '^0 .*a window read twice +\| +360 '

done_testing
