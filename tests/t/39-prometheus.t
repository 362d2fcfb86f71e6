#!/bin/bash
# SPDX-License-Identifier: MIT
# The prometheus backend against a real server, filled from the recording: the report is that of
# the same samples replayed; what servers allow, whom they let in, and names that are code.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
. "$MP_SRCDIR/tests/lib/prometheus.sh"
prom_needs

START=2025-10-15T03:00:00Z END=2025-10-15T04:00:00Z NODES='rpc-91-[1-2],rpg-93-1'
UNITS='TotalCPUPower:W, TotalMemoryPower:W, TotalStoragePower:W, TotalFanPower:W,'
UNITS="$UNITS SystemInputPower:W, SystemOutputPower:W"
ini() { # FILE [LINE...]: of the recording's metrics; LINEs belong to [prometheus]
	local file=$1
	shift
	{
		prom_ini "$@"
		printf '[route rpc]\nunits = %s\n[route rpg]\nunits = %s, PowerConsumption:mW\n' \
			"$UNITS" "$UNITS"
	} >"$file"
	chmod 600 "$file"
}
fetch() { # INI [OPTION...]
	local ini=$1
	shift
	run "$MP" fetch -q -c "$ini" --start $START --end $END --nodelist "$NODES" "$@"
}
# gets NAME FILE: fetch brought these rows
gets() {
	is "$1: exit 0" "$STATUS" 0 || diag "$ERR"
	check "$1: every row, as it is" cmp "$T/.out" "$2"
}
# refuses NAME REGEX: fetch failed, and says why
refuses() {
	is "$1: exit 1" "$STATUS" 1
	like "$1: says so" "$ERR" "$2"
}

prom_metrics "$MP_SRCDIR/tests/data/recording.csv" | prom_fill "$T/db"
export TZ=America/Chicago # the recording's
prom_rows "$MP_SRCDIR/tests/data/recording.csv" >"$T/want.csv"
check "the server starts" prom_start "$T/db"
ini "$T/c.ini"

# --- the same report ---
fetch "$T/c.ini"
gets "the hour" "$T/want.csv"
mkdir "$T/a" "$T/b"
report() { # OUTDIR OPTION...
	local dir=$1
	shift
	run "$MP" profile -q -c "$T/c.ini" "$@" --job-id 7 --start $START --end $END \
		--nodelist "$NODES" --outdir "$dir"
}
report "$T/a"
is "the report: exit 4, a node is silent for ten minutes" "$STATUS" 4 || diag "$ERR"
report "$T/b" --backend csv --input "$T/a/power_7/raw_power.csv"
is "its replay: exit 4" "$STATUS" 4 || diag "$ERR"
for f in raw_power.csv timeseries.png timeseries.pdf energy_pie.png energy_pie.pdf report.txt; do
	check "$f" cmp "$T/a/power_7/$f" "$T/b/power_7/$f"
done
is "summary.json but for its provenance" \
	"$(diff "$T/a/power_7/summary.json" "$T/b/power_7/summary.json" | grep '^[<>]' |
		grep -vE '"(program|backend|database|backend_findings)":')" ""
run "$MP" profile -q -c "$T/c.ini" --job-id 7 --outdir "$T/a"
is "a job is not looked up there: exit 2" "$STATUS" 2
like "... which it says" "$ERR" 'prometheus cannot look a job up: give --start, --end and --nodelist'

# --- windows ---
# window NAME START END: the rows of the recording between two Unix times
window() {
	run "$MP" fetch -q -c "$T/c.ini" --start "$2" --end "$3" --nodelist "$NODES"
	cp "$T/.out" "$T/got.csv"
	run "$MP" fetch -q -c "$T/c.ini" --backend csv --input "$T/want.csv" --start "$2" --end "$3" \
		--nodelist "$NODES"
	gets "$1" "$T/got.csv"
}
window "both ends belong to it" 1760497205 1760497505
window "ends between samples" 1760497206.25 1760497508.125
window "a job between two samples" 1760497206.1 1760497208.2
window "an instant" 1760497205 1760497205

# --- names ---
NODES="RPC-91-1.example.org,rpc-91-2"
run "$MP" fetch -c "$T/c.ini" --start $START --end $END --nodelist "$NODES"
is "a domain and capitals do not matter" "$(wc -l <"$T/.out")" \
	"$(($(grep -c ',rpc-91-' "$T/want.csv") + 1))"
for name in 'rpc"}or{x="' 'rpc-91-.' 'rpc.*' 'rpc\' "rpc'" 'rpc|rpc-91-1' 'rpc(' 'rpc$'; do
	run "$MP" fetch -q -c "$T/c.ini" --start $START --end $END --nodelist "$name"
	is "node $name: no samples, exit 3" "$STATUS" 3 || diag "$ERR"
	unlike "... and no other node's" "$OUT" 'rpc-91'
done
NODES='rpc-91-[1-2],rpg-93-1'

# --- limits ---
prom_stop
check "a server that loads 10,000 samples a query" prom_start "$T/db" --query.max-samples=10000
ini "$T/c.ini"
fetch "$T/c.ini"
gets "it is asked for less" "$T/want.csv"
prom_stop
check "one that loads 5, a second of a node" prom_start "$T/db" --query.max-samples=5
ini "$T/c.ini"
window "even that is enough" 1760497205 1760497225
prom_stop
check "one that loads 3, of four GPUs" prom_start "$T/db" --query.max-samples=3
ini "$T/c.ini"
fetch "$T/c.ini"
refuses "that is too little" 'does not even give a second of PowerConsumption of one node: .*too many samples'
prom_stop

# --- who is let in ---
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost -keyout "$T/key.pem" -out "$T/cert.pem" 2>/dev/null
# the password is s3cret
cat >"$T/web.yml" <<'X'
tls_server_config: {cert_file: cert.pem, key_file: key.pem}
basic_auth_users:
  monster: $2b$05$HZR.W.4gsRJ7wTF6HX7z5.6Kosw6N84wvNv3gjiNLeAEuEML1H92K
X
secure() { # FILE HOST [LINE...]
	local file=$1 host=$2
	shift 2
	ini "$file" "cafile = $T/cert.pem" "$@"
	sed -i "s,^url = .*,url = https://$host:$PROM_PORT," "$file"
}
check "a server with TLS and passwords" prom_start "$T/db" --web.config.file="$T/web.yml"
secure "$T/tls.ini" localhost 'username = monster' 'password = s3cret'
fetch "$T/tls.ini"
gets "the right name and password" "$T/want.csv"
secure "$T/wrong.ini" 127.0.0.1 'username = monster' 'password = s3cret'
fetch "$T/wrong.ini"
refuses "another name than the certificate's" 'its certificate is not accepted'
secure "$T/wrong.ini" localhost 'username = monster' 'password = wrong-password'
fetch "$T/wrong.ini"
refuses "a wrong password" 'not admitted \(HTTP 401\)'
unlike "... which it does not say" "$ERR" 'wrong-password'
secure "$T/wrong.ini" localhost 'username = monster' 'password = s3cret' 'cafile ='
sed -i '0,/^cafile = .*/{/^cafile = .*/d}' "$T/wrong.ini"
fetch "$T/wrong.ini"
refuses "a certificate that nobody we know signed" 'its certificate is not accepted'
run "$MP" config -c "$T/tls.ini"
unlike "config does not show the password" "$OUT" s3cret

# --- counters: RAPL at 250 W and 40 W, wrapping, reset at 03:30; kepler's platform, at 600 W ---
prom_stop
awk 'BEGIN {
	print "# TYPE node_rapl_package_joules counter"
	for (t = 1760496905; t <= 1760501100; t += 15)
		printf "node_rapl_package_joules_total{index=\"0\",instance=\"n1:9100\"} %.6f %d\n", (200000 + 250 * (t - 1760496900)) % 262143.328850, t
	print "# TYPE node_rapl_dram_joules counter"
	for (t = 1760496905; t <= 1760501100; t += 15)
		printf "node_rapl_dram_joules_total{index=\"0\",instance=\"n1:9100\"} %.6f %d\n", t < 1760499000 ? 7e6 + 40 * (t - 1760496900) : 40 * (t - 1760499003.25), t
	print "# TYPE kepler_node_platform_joules counter"
	for (t = 1760496905; t <= 1760501100; t += 15)
		printf "kepler_node_platform_joules_total{instance=\"n1:28282\"} %d %d\n", 600 * (t - 1760496900), t
	print "# TYPE board_watts gauge"
	for (t = 1760496905; t <= 1760501100; t += 15)
		printf "board_watts{instance=\"n1:1\"} %d %d\n", 720, t
	print "# EOF"
}' | prom_fill "$T/count"
check "a server with counters" prom_start "$T/count"
prom_ini >"$T/count.ini"
printf '[route n]\nexporter = rapl, kepler-node\n' >>"$T/count.ini"
chmod 600 "$T/count.ini"
count() { # LABEL OUTDIR [OPTION...]: from 03:00 on, an hour
	local id=$1 dir=$2
	shift 2
	run "$MP" profile -q -c "$T/count.ini" --start 1760497200 --end 1760500800 --nodelist n1 \
		--job-id "$id" --outdir "$dir" "$@"
}
count 61 "$T/a"
is "counters alone: exit 0" "$STATUS" 0 || diag "$ERR$(cat "$T/a/power_61/report.txt")"
SUMMARY=$(cat "$T/a/power_61/summary.json")
like "... the platform's 600 W for an hour" "$SUMMARY" '"name": "n1", .*"energy_kwh": 0\.(6|60000000000[0-9]*|59999999999[0-9]*),'
like "... 250 W through a wrap, 40 W through a reset" "$SUMMARY" \
	'"components": \{"cpu": 0\.(25|2500000000[0-9]*|2499999999[0-9]*), "memory": 0\.0(4|400000000[0-9]*|399999999[0-9]*),'
like "... with neighbours on both sides of the window" "$(cat "$T/a/power_61/raw_power.csv")" \
	'^2025-10-14 21:59:50-05,n1,,,.*,J,kepler_node_platform_joules_total$'
count 61 "$T/b" --backend csv --input "$T/a/power_61/raw_power.csv"
is "the replay: exit 0" "$STATUS" 0 || diag "$ERR"
is "... is the same" "$(diff -r "$T/a/power_61" "$T/b/power_61" | grep '^[<>]' |
	grep -vE '"(program|backend|database|backend_findings)":')" ""
printf 'metrics = board_watts:input\n' >>"$T/count.ini"
count 62 "$T/a"
is "a counter of 600 W beside a power of 720 W: exit 4" "$STATUS" 4
SUMMARY=$(cat "$T/a/power_62/summary.json")
like "... is a reason" "$SUMMARY" \
	'differ by more than both can be off: input of n1 \(0.6 kWh counted, 0.72 kWh by its power\)'
like "... the counter counts" "$SUMMARY" '"name": "n1", .*"energy_kwh": 0\.(6|60000000000[0-9]*|59999999999[0-9]*),'

# --- 30 days, every 5 s: up and down again by the hour, 300 W to 900 W ---
prom_stop
awk 'BEGIN {
	print "# TYPE node_watts gauge"
	for (t = 1757894400; t <= 1757894400 + 30 * 86400; t += 5) {
		x = t % 3600 / 3600
		printf "node_watts{host=\"n1.example.org:9290\"} %.6g %d\n", 900 - 1200 * (x < .5 ? .5 - x : x - .5), t
	}
	print "# EOF"
}' | prom_fill "$T/month"
check "a server with a month" prom_start "$T/month"
prom_ini >"$T/month.ini"
printf '[route n]\nmetrics = node_watts:input\n' >>"$T/month.ini"
chmod 600 "$T/month.ini"
month() { # COMMAND...
	"$@" -q -c "$T/month.ini" --start 1757894400 --end 1760486400 --nodelist n1
}
run month "$MP" profile --job-id 30 --outdir "$T/a"
is "a month's report: exit 0" "$STATUS" 0 || diag "$ERR"
like "... has 600 W for 720 h, 432 kWh" "$(cat "$T/a/power_30/summary.json")" \
	'"name": "n1", "route": "n", "energy_kwh": 432,'
is "... every sample" "$(wc -l <"$T/a/power_30/raw_power.csv")" 518402
run month "$MP" profile --backend csv --input "$T/a/power_30/raw_power.csv" --job-id 30 --outdir "$T/b"
check "... and is that of its replay" cmp "$T/a/power_30/timeseries.png" "$T/b/power_30/timeseries.png"

# --- broken off ---
mkfifo "$T/rows"
month "$MP" fetch >"$T/rows" 2>"$T/.err" &
pid=$!
{
	head -n 100 >/dev/null
	kill -9 "$PROM_PID"
	cat >/dev/null
} <"$T/rows"
wait $pid
STATUS=$? ERR=$(cat "$T/.err")
refuses "the server is killed half-way" 'the connection broke|cannot be reached'
fetch "$T/c.ini"
refuses "nobody listens" 'cannot be reached'
PROM_PID=

# --- a first configuration ---
awk -v now="$(date +%s)" '
	function metric(name, labels, value,    t) {
		for (t = now - 900; t <= now; t += 15)
			printf "%s{%s} %s %d\n", name, labels, value, t
	}
	BEGIN {
		for (n = 1; n <= 4; n++)
			metric("ipmi_dcmi_power_consumption_watts", "instance=\"cpu-" n ":9290\"", 400 + n)
		metric("ipmi_dcmi_power_consumption_watts", "instance=\"gpu-1:9290\"", 900)
		for (g = 0; g < 4; g++)
			metric("DCGM_FI_DEV_POWER_USAGE", "instance=\"10.0.0.1:9400\",Hostname=\"gpu-1\",gpu=\"" g "\",pod=\"p" g "\"", 150 + g)
		metric("node_hwmon_power_average_watt", "instance=\"gpu-1:9100\",chip=\"a\",sensor=\"power1\"", 890)
		for (n = 1; n <= 4; n++)
			metric("rack_fan_power_watts", "instance=\"cpu-" n ":1\"", 40)
		metric("lab_power", "instance=\"cpu-1:3\"", 17)
		metric("node_power_limit_watts", "instance=\"cpu-1:3\"", 700)
		metric("evil_watts", "instance=\"cpu-1\\n[power]\\noutdir = /\"", 1)
		for (s = 1; s <= 2; s++)
			metric("psu_in", "instance=\"cpu-1\",name=\"PSU " s "\"", 200 + s)
		print "# EOF"
	}' | prom_fill "$T/probe"
check "a server that is scraped" prom_start "$T/probe"
run "$MP" probe --url "http://127.0.0.1:$PROM_PORT"
is "probe: exit 0" "$STATUS" 0 || diag "$ERR"
cp "$T/.out" "$T/probe.ini"
chmod 600 "$T/probe.ini"
like "it finds exporters" "$OUT" '^exporter = ipmi, dcgm$'
like "... one role told twice" "$OUT" '^# node_hwmon is there as well'
like "... a metric whose name says what it is" "$OUT" '^metrics = rack_fan_power_watts:fan$'
like "... and says what it cannot decide" "$OUT" '^# lab_power: 1 series \(instance\), now 17 to 17; what'
unlike "... and no limits, nor lines of others" "$OUT" 'limit|outdir'
run "$MP" config -c "$T/probe.ini"
is "config takes it at once: exit 0" "$STATUS" 0 || diag "$ERR"
"$MP" config -c "$T/probe.ini" >"$T/again.ini"
chmod 600 "$T/again.ini"
is "... and what config prints" "$("$MP" config -c "$T/again.ini" | grep -v '^#' | sed 's/ *; .*//')" \
	"$(grep -v '^#' "$T/again.ini" | sed 's/ *; .*//')"
run "$MP" check -c "$T/probe.ini" --slurm-conf /dev/null
like "check reaches it, version and all" "$OUT" "^ok    127.0.0.1:$PROM_PORT: answers, version 2"
like "... and all series" "$OUT" 'route gpu: 4 series of DCGM_FI_DEV_POWER_USAGE, 1 nodes by label Hostname'
like "... with their age" "$OUT" '^ok .*the newest sample of ipmi_dcmi_power_consumption_watts is [0-9]+ s old'
sed 's/^prefix = gpu/prefix = none/' "$T/probe.ini" >"$T/other.ini"
chmod 600 "$T/other.ini"
run "$MP" check -c "$T/other.ini" --slurm-conf /dev/null
like "... and nodes of no route" "$OUT" '^warn .*1 nodes that no route.s prefix matches: gpu-1'
prom_ini >"$T/psu.ini"
cat >>"$T/psu.ini" <<'X'
[route cpu]
metrics = psu_in{name="PSU 1"}:input, psu_in{name=~"PSU.2", instance!="x"}:input
units = psu_in:W
X
chmod 600 "$T/psu.ini"
now=$(date +%s)
run "$MP" fetch -q -c "$T/psu.ini" --start $((now - 300)) --end $((now - 100)) --nodelist cpu-1
is "selectors, two for one role: exit 0" "$STATUS" 0 || diag "$ERR"
is "... each its series" "$(cut -d, -f2- <<<"$OUT" | sort -u | grep -c '^cpu-1,,PSU [12],20[12],W,"psu_in{')" 2
run "$MP" fetch -q -c "$T/probe.ini" --start $((now - 300)) --end $((now - 100)) --nodelist gpu-1
is "sensors by gpu, not by pod" "$(grep DCGM <<<"$OUT" | cut -d, -f4 | sort -u | tr '\n' ' ')" "0 1 2 3 "
prom_stop

# --- the worker, and a node that is late ---
prom_stop
ENDED=$(($(date +%s) - 30))
later() { # BLOCKS SECOND NODE...: samples up to the job's end and some seconds more
	local dir=$1 until=$2 n
	shift 2
	for n; do
		awk -v n="$n" -v t=$((ENDED - 300)) -v until=$((ENDED + until)) 'BEGIN {
			for (; t <= until; t += 5) printf "board_watts{instance=\"%s\"} 500 %d\n", n, t }'
	done >"$T/late.txt"
	echo "# EOF" >>"$T/late.txt"
	prom_fill "$dir" <"$T/late.txt"
}
later "$T/late" 15 n1
later "$T/late" -20 n2
check "a server where n2 is late" prom_start "$T/late"
OWNER=$(id -un)
mkdir "$T/home"
if [ "$OWNER" = root ]; then # root gets no reports of its own
	OWNER=nobody
	chmod 711 "$T"
	chown $OWNER "$T/home"
fi
{
	prom_ini
	printf '[route n]\nmetrics = board_watts:input\n'
	printf '[power]\nlogfile = %s\ndelay_seconds = 0\nmax_wait_seconds = 3600\n' "$T/log"
	printf '[queue]\ndirectory = %s\nworkers = 1\n' "$T/queue"
} >"$T/worker.ini"
chmod 600 "$T/worker.ini"
submit() { # ID NODELIST
	env -i MONSTER_POWER_CONFIG="$T/worker.ini" MONSTER_POWER_PROGRAM=/bin/true SLURM_JOB_ID="$1" \
		SLURM_CLUSTER_NAME=alpha SLURM_JOB_RESTART_COUNT=0 SLURM_JOB_UID="$(id -u "$OWNER")" \
		SLURM_JOB_GID="$(id -g "$OWNER")" SLURM_JOB_USER="$OWNER" SLURM_JOB_NODELIST="$2" \
		SLURM_JOB_NAME=sim SLURM_JOB_WORK_DIR="$T/home" SLURM_JOB_COMMENT=power_profiling \
		SLURM_JOB_START_TIME=$((ENDED - 200)) SLURM_JOB_END_TIME="$ENDED" \
		"$MP_BUILDDIR/monster-power-hook" epilog
}
submit 91 n1
submit 92 'n[1-2]'
"$MP" worker -c "$T/worker.ini" >"$T/.out" 2>"$T/.err" &
WORKER=$!
at_exit 'kill $WORKER 2>/dev/null; wait $WORKER 2>/dev/null'
check "a job whose node has caught up is reported" \
	wait_for 30 test -f "$T/home/power_91/summary.json" || diag "$(cat "$T/log" "$T/.err")"
sleep 2
check "one with a late node waits" test ! -e "$T/home/power_92"
mkdir "$T/later"
later "$T/later" 15 n2
prom_stop
mv "$T"/later/*/ "$T/late/"
PROM_SAME_PORT=$PROM_PORT
check "... the server is restarted" prom_start "$T/late"
PROM_SAME_PORT=
check "until it has, and is reported then" wait_for 90 test -f "$T/home/power_92/summary.json"
kill $WORKER
wait $WORKER 2>/dev/null
prom_stop

# --- 1,000 nodes for an hour: 300 W to 309 W ---
awk 'BEGIN {
	for (m = 1; m <= 3; m++) {
		print "# TYPE m" m "_watts gauge"
		for (n = 1; n <= 1000; n++)
			for (t = 1760497200; t <= 1760500800; t += 5)
				printf "m%d_watts{instance=\"n%d:9100\"} %d %d\n", m, n, 100 * m + n % 10, t
	}
	print "# EOF"
}' | prom_fill "$T/wide"
check "a server with 1,000 nodes" prom_start "$T/wide"
prom_ini >"$T/wide.ini"
printf '[route n]\nmetrics = m1_watts:cpu, m2_watts:none, m3_watts:input\n' >>"$T/wide.ini"
chmod 600 "$T/wide.ini"
run "$MP" profile -q -c "$T/wide.ini" --start 1760497200 --end 1760500800 \
	--nodelist 'n[1-1000]' --job-id 1000 --outdir "$T/a"
is "their report: exit 0" "$STATUS" 0 || diag "$ERR"
like "... has 304.5 kWh" "$(head -n 40 "$T/a/power_1000/summary.json")" '"total": 304.5,'
is "... from every sample" "$(wc -l <"$T/a/power_1000/raw_power.csv")" 2163001
prom_stop

# --- VictoriaMetrics ---
if vm_start "$T/vm"; then
	prom_metrics "$MP_SRCDIR/tests/data/recording.csv" | TZ=UTC vm_fill
	ini "$T/vm.ini"
	fetch "$T/vm.ini"
	gets "VictoriaMetrics" "$T/want.csv"
	run "$MP" profile -q -c "$T/vm.ini" --job-id 7 --start $START --end $END \
		--nodelist "$NODES" --outdir "$T/b"
	is "its report is that of Prometheus" \
		"$(diff -r "$T/a/power_7" "$T/b/power_7" | grep '^[<>]' |
			grep -vE '"(program|backend|database|backend_findings)":')" ""
	prom_stop
else
	skip "VictoriaMetrics" "no victoria-metrics found"
fi

# --- a server of our own making ---
PEER=
peer() { # ANSWER...: the n-th request gets the n-th, later ones the last
	local n=0 a
	[ -z "$PEER" ] || kill "$PEER"
	rm -rf "$T/peer" "$T/peer.port"
	mkdir "$T/peer"
	for a; do
		n=$((n + 1))
		printf '%b' "$a" >"$T/peer/$n"
		printf '%b' "$a" >"$T/peer/else"
	done
	"$MP_BUILDDIR/tests/tools/http_peer" "$T/peer" >"$T/peer.port" &
	PEER=$!
	at_exit "kill $PEER 2>/dev/null"
	wait_for 10 test -s "$T/peer.port"
	PROM_PORT=$(cat "$T/peer.port")
	ini "$T/peer.ini" "${PEER_LINES[@]}"
}
PEER_LINES=()
http() { printf 'HTTP/1.1 %s\r\nConnection: close\r\n\r\n%s' "$1" "$2"; }
good() { http '200 OK' "{\"status\":\"success\",\"data\":$1}"; }
ONE=$(good '{"resultType":"scalar","result":[1,"1"]}')
LABELS='{"__name__":"TotalCPUPower","instance":"rpc-91-1"}'
SERIES=$(good "[$LABELS]")
matrix() { echo "{\"resultType\":\"matrix\",\"result\":[{\"metric\":$LABELS,\"values\":$1}]}"; }
VALUES=$(good "$(matrix '[[1760497205,"1"],[1760497210.5,"2.50"]]')")
one() { # fetch TotalCPUPower of rpc-91-1
	printf '[route rpc]\nmetrics = TotalCPUPower:cpu\n' >>"$T/peer.ini"
	sed -i '/^units/d' "$T/peer.ini"
	run "$MP" fetch -q -c "$T/peer.ini" --start $START --end $END --nodelist rpc-91-1
}
peer "$ONE" "$SERIES" "$VALUES"
one
is "what it says is taken: exit 0" "$STATUS" 0 || diag "$ERR"
is "... as text" "$(cut -d, -f5 <<<"$OUT" | tr '\n' ' ')" "value 1 2.50 "
like "it is posted, not query_range" "$(tail -n 1 "$T/peer/log")" \
	'^POST /api/v1/query HTTP/1.1 query=TotalCPUPower.*%5B36[0-9]*ms%5D&time=1760500'
peer "$ONE" "$(http '302 Found\r\nLocation: http://localhost:9/elsewhere' '')"
one
refuses "a redirect to another host" 'redirects to http://localhost:9/elsewhere, which is another'
is "... is not followed" "$(wc -l <"$T/peer/log")" 2
peer "$ONE" "$(http '429 Too Many Requests' slow)" "$(http '503 Service Unavailable' slower)" \
	"$SERIES" "$VALUES"
one
is "busy twice: asked again, exit 0" "$STATUS" 0 || diag "$ERR"
EMPTY=$(good '{"resultType":"matrix","result":[]}')
peer "$ONE" "$SERIES" "$(http '504 Gateway Timeout' 'too long')" "$VALUES" "$EMPTY"
one
is "a proxy that does not wait: asked for less, exit 0" "$STATUS" 0 || diag "$ERR"
like "... for half" "$(tail -n 1 "$T/peer/log")" '%5B1800[0-9]*ms%5D'
TWICE="{\"resultType\":\"matrix\",\"result\":[{\"metric\":$LABELS,\"values\":[[1760497205,\"1\"],[1760497215,\"1\"]]},{\"metric\":${LABELS%?},\"job\":\"b\"},\"values\":[[1760497210,\"900\"]]}]}"
peer "$ONE" "$SERIES" "$(good "$TWICE")"
one
sed -i 's/^metrics = .*/&\nunits = TotalCPUPower:W/' "$T/peer.ini"
run "$MP" profile -q -c "$T/peer.ini" --start $START --end $END --nodelist rpc-91-1 \
	--job-id 9 --outdir "$T/a"
like "two series that nothing tells apart are a finding" "$(cat "$T/a/power_9/summary.json")" \
	'backend_findings.*several series of TotalCPUPower on one node were read as one sensor'
printf '[route x]\nexporter = ipmy\n' >>"$T/peer.ini"
run "$MP" config -c "$T/peer.ini"
is "an exporter that is none: exit 2" "$STATUS" 2
like "... with the nearest" "$ERR" 'no exporter is called ipmy; did you mean ipmi'
peer "$ONE" "$SERIES" \
	"$(http '422 Unprocessable' '{"status":"error","errorType":"execution","error":"parse what?"}')"
one
refuses "a query it cannot do" 'refuses /api/v1/query: parse what\?'
peer "$ONE" "$SERIES" "$(http '200 OK' \
	"{\"status\":\"success\",\"warnings\":[\"store gone\"],\"data\":$(matrix '[[1760497205,"1"]]')}")"
one
sed -i 's/^metrics = .*/&\nunits = TotalCPUPower:W/' "$T/peer.ini"
run "$MP" profile -q -c "$T/peer.ini" --start $START --end $END --nodelist rpc-91-1 \
	--job-id 8 --outdir "$T/a"
is "a partial answer: exit 4" "$STATUS" 4 || diag "$ERR"
like "... is among the findings" "$(cat "$T/a/power_8/summary.json")" \
	'backend_findings.*warns, so that samples may be missing: store gone'
for body in '<html>' '{"status":"success","data":' '[1' '{"status":"error","error":"no"}' \
	"{\"status\":\"success\",\"data\":$(matrix '[["x","1"]]')}" \
	"{\"status\":\"success\",\"data\":$(matrix '[[1760497205,"1e"]]')}" \
	"{\"status\":\"success\",\"data\":$(matrix '[[1760497205,"NULL"]]')}"; do
	peer "$ONE" "$SERIES" "$(http '200 OK' "$body")"
	one
	is "not an answer: ${body:0:40}: exit 1" "$STATUS" 1 || diag "$OUT"
done
PEER_LINES=('bearer_token = t0ken' 'headers = X-Scope-OrgID: tenant')
peer "$ONE" "$SERIES" "$VALUES"
one
is "with a token: exit 0" "$STATUS" 0 || diag "$ERR"
like "... which is sent, with the header" "$(cat "$T/peer/heads")" 'Bearer t0ken.*X-Scope-OrgID: tenant'
http_proxy=http://127.0.0.1:9 all_proxy=http://127.0.0.1:9
export http_proxy all_proxy
peer "$ONE" "$SERIES" "$VALUES"
one
is "the environment's proxy is not used" "$STATUS" 0 || diag "$ERR"

done_testing
