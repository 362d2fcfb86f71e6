#!/bin/bash
# SPDX-License-Identifier: MIT
# The synthetic backend: energies that are known in closed form, a verdict that must be valid,
# the same samples each time, memory that does not grow with them.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"

START=1760497200 # a multiple of the period, 300 s
export MONSTER_POWER_CONFIG=$T/mp.ini
mkdir "$T/out"

config() { # LINE... of [synthetic]
	{
		echo '[power]'
		echo 'backend = synthetic'
		echo '[synthetic]'
		printf '%s\n' "$@"
	} >"$MONSTER_POWER_CONFIG"
	chmod 600 "$MONSTER_POWER_CONFIG"
}
profile() { # SECONDS NODES
	rm -rf "$T/out/power_1"
	run "$MP" profile --job-id 1 --start $START --end $((START + $1)) --nodelist "$2" --outdir "$T/out"
}
fetch() { # FROM TO NODES
	"$MP" fetch --start $((START + $1)) --end $((START + $2)) --nodelist "$3"
}
total() { sed -n 's/^ *"total": *\([0-9.]*\),*$/\1/p' "$T/out/power_1/summary.json" | head -n 1; }
near() { # WHAT WANT WITHIN: the total
	is "$1" "$(total | awk -v want="$2" -v within="$3" \
		'{d = $1 / want - 1; print (d < within && d > -within) ? "same" : $1 " not " want}')" same
}

NODES='rpc-1-[1-5],rpg-1-[1-5]' # ten nodes of 600 W for an hour
for curve in constant ramp sine steps; do
	config "curve = $curve"
	profile 3600 "$NODES"
	is "$curve: exit 0: valid" "$STATUS" 0
	near "$curve: power x nodes x time" 6 1e-9
done
config 'curve = steps' 'power = 1000' 'swing = 1000' 'interval = 1' 'period = 60'
profile 60 'rpc-1-[1-5]'
near "five nodes of 1000 W for a minute" 0.083333333333333 1e-9

# Of a walk the levels at each period, which the third node (f = 1) shows, are all there is.
config 'curve = walk' 'seed = 7'
profile 3600 "$NODES"
is "walk: exit 0: valid" "$STATUS" 0
near "walk: trapezoids over its levels" "$(awk -F, '$2 == "rpc-1-3" && $7 == "SystemInputPower" && n++ % 60 == 0 {
	w[k++] = $5 } END {for (i = 1; i < k; i++) s += (w[i - 1] + w[i]) / 2; print 10 * s * 300 / 3.6e6}' \
	OFMT=%.12g "$T/out/power_1/raw_power.csv")" 1e-4 # which are rounded to 0.1 W
walk=$(total)
config 'curve = walk' 'seed = 8'
profile 3600 "$NODES"
unlike "another seed is another walk" "$(total)" "^$walk\$"

# --- flawless, whatever the size ---
for curve in constant ramp sine steps walk; do
	for job in '60 rpc-1-1' '600 rpg-1-[1-3]' '3599 rpc-1-[1-32],rpg-1-[1-32]'; do
		config "curve = $curve" 'gpus = 8'
		profile "${job%% *}" "${job#* }"
		like "$curve, ${job#* } for ${job%% *} s: no false alarm" "$STATUS $OUT" '^0 .*valid$'
	done
done

# --- the same each time ---
config 'gpus = 2'
profile 600 'rpg-1-[1-2]'
cp -r "$T/out/power_1" "$T/first"
is "GPUs: as many series as asked for" "$(cut -d, -f4 "$T/first/raw_power.csv" | sort -u | grep -c GPU)" 2
run "$MP" profile --backend csv --input "$T/first/raw_power.csv" --job-id 1 --start $START \
	--end $((START + 600)) --nodelist 'rpg-1-[1-2]' --outdir "$T/out"
for f in raw_power.csv timeseries.png energy_pie.png; do
	check "replayed: $f" cmp "$T/first/$f" "$T/out/power_1/$f"
done
fetch 0 600 'rpg-1-[1-2]' >"$T/whole"
fetch 300 400 'rpg-1-[1-2]' | tail -n +2 >"$T/part"
is "a part of the window is a part of the samples" \
	"$(grep -c -F -x -f "$T/part" "$T/whole")" "$(wc -l <"$T/part")"

# --- many ---
config 'gpus = 4'
bound() { [ -n "${MP_SANITIZED:-}" ] || ulimit -v 300000; } # ASan reserves terabytes
rows=$( (bound && fetch 0 1800 'rpg-1-[1-1000]') | wc -l)
is "3,610,000 samples of 1,000 nodes in 300 MB of address space" "$rows" 3610001

if [ -x /usr/bin/time ] && [ -z "${MP_SANITIZED:-}" ]; then
	config
	rm -rf "$T/out/power_1"
	/usr/bin/time -f %M -o "$T/peak" "$MP" profile -q --job-id 1 --start $START --end $((START + 120)) \
		--nodelist 'rpc-1-[1-1000]' --outdir "$T/out"
	is "a report of 1,000 nodes takes 64 MiB at most ($(tail -n 1 "$T/peak") KiB)" \
		"$(($(tail -n 1 "$T/peak") <= 65536))" 1
fi

# --- auto: the first of a list of names that can be reached from here ---
automatic() { # LIST
	printf '[power]\nbackend = auto\nauto = %s\nauto_probe_ms = 300\n[database]\nhost = 127.0.0.1\nport = 1\n' \
		"$1" >"$MONSTER_POWER_CONFIG"
	run "$MP" fetch --start $START --end $((START + 10)) --nodelist rpc-1-1
}
automatic 'ssh, synthetic'
is "auto: what is not configured is passed over" "$STATUS$(printf '%s\n' "$OUT" | wc -l)" 019
unlike "... and is no choice" "$ERR" 'backend = auto'
automatic 'synthetic direct'
like "auto: the first that opens" "$STATUS $ERR" '^0 .*samples come from synthetic: .*\(backend = auto\)'
if ! "$MP" backends | grep -q '^direct.*not built'; then
	automatic 'direct, synthetic'
	like "auto: the next, where the first cannot be reached" "$STATUS $ERR" '^0 .*samples come from synthetic: '
	automatic 'direct'
	is "auto: the last one's failure is ours" "$STATUS" 1
fi
automatic 'direct, nonsense'
is "auto: an unknown name: exit 2" "$STATUS" 2
like "... is named" "$ERR" 'no backend is called nonsense'
automatic ssh
is "auto: nothing to choose from: exit 2" "$STATUS" 2

config 'power = 100' 'swing = 101'
profile 60 rpc-1-1
is "a swing above the power: exit 2" "$STATUS" 2
like "... says so" "$ERR" '\[synthetic\] swing = 101: above power'

done_testing
