# SPDX-License-Identifier: MIT
# prometheus.sh - a private Prometheus for a test, on loopback, gone when the test ends.
# Source after tap.sh.
#
#   prom_needs                  skips the whole test where there is no prometheus or promtool,
#                               or the backend was not built
#   prom_metrics FILE.csv       rows of a raw_power.csv as OpenMetrics on standard output: the
#                               metric's name, labels instance (host:9100) and sensor (fqdd).
#                               What Prometheus cannot hold, NULL and repeated times, is left out
#   prom_rows FILE.csv          the same rows as the report must have them: without a source
#   prom_fill DIR <METRICS      makes blocks of OpenMetrics
#   prom_start DIR [ARG...]     starts it on DIR, at PROM_SAME_PORT if that is set; sets
#                               PROM_PORT, PROM_PID
#   prom_stop
#   vm_start DIR [ARG...]       VictoriaMetrics on DIR instead; 1 where it is not installed
#   vm_fill <METRICS            OpenMetrics into it
#   prom_ini [LINE...]          a configuration; LINEs belong to [prometheus]
#
# shellcheck shell=bash
PROM_PID=

prom_needs() {
	! "$MP" backends 2>/dev/null | grep -q '^prometheus.*not built' ||
		skip_all "built without libcurl"
	command -v prometheus >/dev/null && command -v promtool >/dev/null ||
		skip_all "no prometheus and promtool found"
}

# A TCP port of 127.0.0.1 that nobody listens on now.
prom_free_port() {
	local p
	while :; do
		p=$((32000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || break
	done
	echo "$p"
}

# OpenMetrics wants the samples of a metric in one place, so that each has a file first.
prom_metrics() {
	local dir
	dir=$(mktemp -d "$T/om.XXXXXX") || return 1
	TZ=UTC awk -F, -v dir="$dir" '
		# A day at a time; mktime takes longer than all the rest.
		function seconds(text,    d, zone) {
			zone = substr(text, 20)
			sub(/^\.[0-9]*/, "", zone)
			if (substr(text, 1, 10) != day) {
				day = substr(text, 1, 10)
				split(day, d, /-/)
				midnight = mktime(d[1] " " d[2] " " d[3] " 0 0 0")
			}
			hour = substr(text, 12, 2) - zone
			return midnight + 3600 * hour + 60 * substr(text, 15, 2) + substr(text, 18, 2)
		}
		NR > 1 && $5 != "" {
			t = seconds($1)
			key = $2 SUBSEP $4 SUBSEP $7
			if (last[key] == t)
				next
			last[key] = t
			printf "%s{instance=\"%s:9100\",job=\"power\"%s} %s %d\n", $7, $2,
				$4 != "" ? ",sensor=\"" $4 "\"" : "", $5, t >(dir "/" $7)
		}' "$1"
	for f in "$dir"/*; do
		printf '# TYPE %s gauge\n' "${f##*/}"
		cat "$f"
	done
	echo "# EOF"
	rm -rf "$dir"
}

prom_rows() {
	awk -F, -v OFS=, 'NR == 1 { print; next }
		$5 != "" && !(($1, $2, $4, $7) in seen) { seen[$1, $2, $4, $7]; $3 = ""; print }' "$1"
}

prom_fill() { # DIR
	cat >"$1.om"
	promtool tsdb create-blocks-from --max-block-duration=1000h openmetrics "$1.om" "$1" >"$1.log" 2>&1 ||
		{ diag "$(cat "$1.log")"; return 1; }
	rm -f "$1.om"
}

prom_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$PROM_PORT") 2>/dev/null; }
prom_ready() { grep -q 'Server is ready' "$PROM_DIR.server.log"; }

# On a free port; another one if somebody was faster.
prom_start() { # DIR [ARG...]
	local try
	PROM_DIR=$1
	shift
	[ -e "$T/prometheus.yml" ] || echo 'global: {}' >"$T/prometheus.yml"
	for try in 1 2 3 4 5; do
		PROM_PORT=${PROM_SAME_PORT:-$(prom_free_port)}
		: >"$PROM_DIR.server.log"
		prometheus --config.file="$T/prometheus.yml" --storage.tsdb.path="$PROM_DIR" \
			--storage.tsdb.retention.time=100y --web.listen-address=127.0.0.1:"$PROM_PORT" "$@" \
			>>"$PROM_DIR.server.log" 2>&1 &
		PROM_PID=$!
		at_exit "kill $PROM_PID 2>/dev/null"
		wait_for 20 prom_ready_or_taken
		grep -q 'address already in use' "$PROM_DIR.server.log" || break
		wait $PROM_PID
	done
	wait_for 5 prom_answers || {
		diag "$(tail -n 5 "$PROM_DIR.server.log") (try $try)"
		return 1
	}
}
prom_ready_or_taken() { grep -q 'address already in use' "$PROM_DIR.server.log" || prom_ready; }

vm_start() { # DIR [ARG...]
	local vm
	vm=$(command -v victoria-metrics || command -v victoria-metrics-prod) || return 1
	PROM_DIR=$1
	shift
	PROM_PORT=$(prom_free_port)
	"$vm" -storageDataPath="$PROM_DIR" -httpListenAddr=127.0.0.1:"$PROM_PORT" \
		-retentionPeriod=100y "$@" >"$PROM_DIR.server.log" 2>&1 &
	PROM_PID=$!
	at_exit "kill $PROM_PID 2>/dev/null"
	wait_for 20 prom_answers || { diag "$(tail -n 5 "$PROM_DIR.server.log")"; return 1; }
}

# Its import takes milliseconds.
vm_fill() {
	grep -v '^#' | sed 's/$/000/' | curl -sS --fail --data-binary @- \
		"http://127.0.0.1:$PROM_PORT/api/v1/import/prometheus" &&
		curl -sS --fail "http://127.0.0.1:$PROM_PORT/internal/force_flush"
}

prom_stop() {
	[ -z "$PROM_PID" ] || { kill "$PROM_PID" && wait "$PROM_PID"; } 2>/dev/null
	PROM_PID=
}

prom_ini() { # [LINE...]
	printf '[power]\nbackend = prometheus\n[prometheus]\nurl = http://127.0.0.1:%s\n' "$PROM_PORT"
	[ $# = 0 ] || printf '%s\n' "$@"
}
