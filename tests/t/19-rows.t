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

done_testing
