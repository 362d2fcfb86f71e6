#!/bin/bash
# SPDX-License-Identifier: MIT
# How a report keeps its rows: as they are, packed, up to a limit, or not at all.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"

export MONSTER_POWER_CONFIG=$T/empty.ini
: >"$MONSTER_POWER_CONFIG"
chmod 600 "$MONSTER_POWER_CONFIG"
profile() { # NAME OPTION...: 7,200 made-up seconds of two nodes
	rm -rf "${T:?}/$1"
	mkdir "$T/$1"
	run "$MP" profile --backend synthetic --job-id 7 --start 2026-02-04T15:00:00Z \
		--end 2026-02-04T17:00:00Z --nodelist 'rpc-91-[1-2]' --outdir "$T/$1" "${@:2}"
	R=$T/$1/power_7
}
# All of a summary but where the rows came from and went.
figures() { grep -vE '^  "(backend|database|backend_findings|raw)"' "$1/summary.json"; }

profile csv
is "raw = csv: exit 0" "$STATUS" 0
rows=$(tail -n +2 "$R/raw_power.csv" | wc -l)
like "... the summary names the file" "$(cat "$R/summary.json")" "\"raw\": \{\"file\": \"raw_power.csv\", \"rows\": $rows, \"reason\": null\}"
CSV=$R

export MONSTER_POWER_RAW=csv.zst
profile zst
is "raw = csv.zst: exit 0" "$STATUS" 0
check "... no raw_power.csv" test ! -e "$R/raw_power.csv"
check "... is whole, as zstd itself sees it" zstd -tq "$R/raw_power.csv.zst"
is "... holds the same rows" "$(zstd -dcq "$R/raw_power.csv.zst" | cmp - "$CSV/raw_power.csv" && echo same)" same
check "... in a fifth of the room" test "$(stat -c %s "$R/raw_power.csv.zst")" -lt $(($(stat -c %s "$CSV/raw_power.csv") / 5))
is "... with the same figures" "$(figures "$R")" "$(figures "$CSV")"
ZST=$R
unset MONSTER_POWER_RAW
profile replay --backend csv --input "$ZST/raw_power.csv.zst"
is "a replay of it has the same figures" "$(figures "$R")" "$(figures "$CSV")"
is "... and rows" "$(cmp "$R/raw_power.csv" "$CSV/raw_power.csv" && echo same)" same
MONSTER_POWER_RAW=csv.zst run "$MP" profile --backend synthetic --job-id 7 --start 2026-02-04T15:00:00Z \
	--end 2026-02-04T17:00:00Z --nodelist 'rpc-91-[1-2]' --outdir "$T/replay"
is "made again in another form, the old one is gone" "$(cd "$R" && echo raw*)" raw_power.csv.zst

MONSTER_POWER_RAW=none profile none
is "raw = none: exit 0" "$STATUS" 0
is "... no rows" "$(cd "$R" && echo raw*)" 'raw*'
is "... the same figures" "$(figures "$R")" "$(figures "$CSV")"
like "... said" "$OUT" 'rows not kept, as configured'
like "... in the summary" "$(cat "$R/summary.json")" "\"raw\": \{\"file\": null, \"rows\": $rows, \"reason\": \"not kept, as configured \(raw = none\)\"\}"

MONSTER_POWER_RAW_LIMIT=$((rows - 1)) profile over
is "a row more than raw_limit: exit 0" "$STATUS" 0
is "... no rows" "$(cd "$R" && echo raw*)" 'raw*'
is "... the same figures" "$(figures "$R")" "$(figures "$CSV")"
like "... said on the terminal" "$OUT" "rows not kept: $rows are more than raw_limit, $((rows - 1))"
like "... in report.txt" "$(cat "$R/report.txt")" "^Rows +not kept: $rows are more than raw_limit"
run "$MP" show "$R"
is "... and show says the same" "$OUT" "$(cat "$R/report.txt")"
MONSTER_POWER_RAW_LIMIT=$rows profile at
is "as many as raw_limit are kept" "$(cmp "$R/raw_power.csv" "$CSV/raw_power.csv" && echo same)" same
MONSTER_POWER_RAW_LIMIT=$((rows - 1)) MONSTER_POWER_RAW=csv.zst profile packed
is "the limit holds for packed rows" "$(cd "$R" && echo raw*)" 'raw*'

MONSTER_POWER_RAW=gzip profile wrong
is "another word for raw: exit 2" "$STATUS" 2
like "... names what there is" "$ERR" 'csv\.zst'

# --- what it would take ---
estimate() { # SECONDS NODES
	run "$MP" profile --estimate --backend synthetic --start 1770217200 \
		--end $((1770217200 + $1)) --nodelist "$2"
}
estimate 86400 'rpc-1-[1-24]' # 2,488,465 rows, 194,673,850 bytes
like "a day of 24 nodes: its rows and bytes" "$STATUS $OUT" '^0 about 2\.5 million rows, 19[0-9] MB as raw_power\.csv'
like "... from a few minutes" "$OUT" 'from 14 min of the window'
estimate 604800 'rpc-1-[1-1000]'
like "a week of 1,000: above raw_limit" "$OUT" 'above raw_limit'
estimate 40 rpc-1-1 # 9 samples a series, both ends included
like "40 seconds of one node" "$STATUS $OUT" '^0 about [0-9]+ rows'
run "$MP" fetch -q --backend synthetic --start 1770217200 --end 1770217240 --nodelist rpc-1-1
want=$(tail -n +2 <<<"$OUT" | wc -l)
estimate 40 rpc-1-1
like "... are all read, and counted" "$OUT" "^about $want rows"
run "$MP" profile --estimate --backend csv --input "$CSV/raw_power.csv" --start 2026-02-04T15:00:00Z \
	--end 2026-02-04T17:00:00Z --nodelist 'rpc-91-[1-2]'
like "a file's are estimated like a database's" "$STATUS $OUT" '^0 about 17,000 rows, 1\.[34] MB'
run "$MP" profile --estimate --backend csv --input "$CSV/raw_power.csv" --start 2026-02-03T15:00:00Z \
	--end 2026-02-03T17:00:00Z --nodelist 'rpc-91-[1-2]'
is "nothing in the minutes that were read: exit 3" "$STATUS" 3

done_testing
