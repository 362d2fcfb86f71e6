#!/bin/bash
# SPDX-License-Identifier: MIT
# report.html in a browser: values under the pointer, zoom, keys, both widths; nothing is
# fetched, and no name becomes markup or script.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"

# (That the sensors do not move makes the report suspect, which is no matter here.)
# One GPU node for 20 minutes: input 400 W in the first half and 800 W in the second, the
# GPU 100 W throughout; what the sensor is called would be a script.
evil='</script><script>document.title=1</script><img src=x onerror=document.title=2>'
{
	echo timestamp,hostname,source,fqdd,value,units,metric
	for ((t = 0; t <= 1200; t += 5)); do
		when=$(date -u -d "@$((1760497200 + t))" '+%Y-%m-%d %H:%M:%S+00')
		for m in SystemInputPower:$((t < 600 ? 400 : 800)) SystemOutputPower:380 TotalCPUPower:100 \
			TotalMemoryPower:30 TotalStoragePower:10 TotalFanPower:20; do
			echo "$when,rpg-91-1,powermetrics,PowerMetrics,${m#*:},W,${m%:*}"
		done
		echo "$when,rpg-91-1,powermetrics,\"$evil\",100,W,PowerConsumption"
	done
} >"$T/samples.csv"
export TZ=America/Chicago
run "$MP" profile --backend csv --input "$T/samples.csv" --job-id 7 --start 1760497200 \
	--end 1760498400 --nodelist rpg-91-1 --outdir "$T"
page=$T/power_7/report.html
check "a report with a page" test -s "$page"

run env MONSTER_POWER_HTML=no "$MP" profile --backend csv --input "$T/samples.csv" --job-id 8 \
	--start 1760497200 --end 1760498400 --nodelist rpg-91-1 --outdir "$T"
check "html = no: a report without a page" test ! -e "$T/power_8/report.html" -a -e "$T/power_8/summary.json"

# what its policy lets run is what it contains
hash_of() { # ELEMENT: the SHA-256 of what stands between <ELEMENT> and </ELEMENT>
	tr '\n' '\001' <"$page" | sed "s/.*<$1>\(.*\)<\/$1>.*/\1/" | tr '\001' '\n' |
		openssl dgst -sha256 -binary | openssl base64 -A
}
for e in style script; do
	like "the policy names the $e" "$(grep Content-Security-Policy "$page")" \
		"$e-src 'sha256-$(hash_of $e | sed 's/[+.]/\\&/g')'"
done
is "one element of script and one of data" "$(grep -c '<script' "$page")" 2
unlike "no address to fetch from" "$(grep -v '^  const' "$page")" '(src|href|action)="?(https?:)?//|url\(h|@import'

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -z "$browser" ]; then
	skip "in a browser" "no chromium"
	done_testing
	exit 0
fi

# ---- DevTools over a pipe: messages of JSON, each ended by NUL ----
mkfifo "$T/to" "$T/from"
"$browser" --headless --no-sandbox --disable-gpu --remote-debugging-pipe --user-data-dir="$T/profile" \
	--disable-background-networking 3<"$T/to" 4>"$T/from" >"$T/browser.log" 2>&1 &
browser_pid=$!
exec 7>"$T/to" 8<"$T/from"
id=0
session=
# cdp METHOD PARAMS: its answer in $ANSWER; events on the way go to $T/events
cdp() {
	id=$((id + 1))
	printf '{"id":%d,"method":"%s","params":%s%s}\0' $id "$1" "${2:-{\}}" \
		"${session:+,\"sessionId\":\"$session\"}" >&7
	while IFS= read -r -t 60 -d '' ANSWER <&8; do
		case $ANSWER in
		"{\"id\":$id,"*) return 0 ;;
		*) printf '%s\n' "$ANSWER" >>"$T/events" ;;
		esac
	done
	return 1
}
quoted() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; }
evaluate() { # EXPRESSION: its value as text in $VALUE
	cdp Runtime.evaluate "{\"expression\":\"String($(quoted "$1"))\",\"returnByValue\":true}"
	VALUE=$(printf '%s' "$ANSWER" | sed -n 's/.*"type":"string","value":"\(.*\)"}}.*/\1/p')
}
open_page() { # FILE WIDTH
	cdp Emulation.setDeviceMetricsOverride \
		"{\"width\":$2,\"height\":900,\"deviceScaleFactor\":1,\"mobile\":false}"
	cdp Page.navigate "{\"url\":\"file://$1\"}"
	for ((i = 0; i < 100; i++)); do
		evaluate 'location.href + document.readyState'
		case $VALUE in "file://$1"complete) return ;; esac
		sleep 0.1
	done
}
mouse() { # TYPE X Y
	local buttons=1
	[ "$1" = mouseMoved ] && [ -z "$held" ] && buttons=0
	cdp Input.dispatchMouseEvent "{\"type\":\"$1\",\"x\":$2,\"y\":$3,\"button\":\"left\",\"buttons\":$buttons,\"clickCount\":1}"
}
key() { cdp Input.dispatchKeyEvent "{\"type\":\"keyDown\",\"key\":\"$1\"}"; }
# place SHARE: where on the screen that share of the window is, as "X Y"
place() {
	evaluate "(() => { const m = document.getElementById('timeseries').getScreenCTM();
		return Math.round(m.a * (96 + 1200 * $1) + m.e) + ' ' + Math.round(m.d * 400 + m.f); })()"
	echo "$VALUE"
}
values() {
	evaluate "document.getElementById('values').textContent"
	printf '%s' "$VALUE"
}
held=

cdp Target.createTarget '{"url":"about:blank"}'
target=$(printf '%s' "$ANSWER" | sed -n 's/.*"targetId":"\([^"]*\)".*/\1/p')
cdp Target.attachToTarget "{\"targetId\":\"$target\",\"flatten\":true}"
session=$(printf '%s' "$ANSWER" | sed -n 's/.*"sessionId":"\([^"]*\)".*/\1/p')
cdp Network.enable
cdp Page.enable
cdp Log.enable
cdp Runtime.enable

for width in 1280 400; do
	open_page "$page" $width
	evaluate "document.documentElement.scrollWidth <= $width"
	is "$width: nothing is wider than the screen" "$VALUE" true
	evaluate "document.getElementById('timeseries').scrollIntoView()"
	# shellcheck disable=SC2046 # two words
	mouse mouseMoved $(place 0.2)
	like "$width: under the pointer, the first half" "$(values)" '^2025-10-14 22:0[34]:.*Input 400 W'
done
open_page "$page" 1280
evaluate "document.getElementById('timeseries').scrollIntoView()"
# shellcheck disable=SC2046
mouse mouseMoved $(place 0.8)
like "the second half, and the component" "$(values)" '^2025-10-14 22:1[56]:.*CPU 100 W.*Input 800 W'

evaluate "document.querySelectorAll('#tools input')[0].click()"
unlike "a curve switched off says nothing" "$(values)" 'CPU'
evaluate "getComputedStyle(document.querySelector('#timeseries .s0')).display"
is "... and is not drawn" "$VALUE" none

# shellcheck disable=SC2046
{
	mouse mousePressed $(place 0.25)
	held=1
	mouse mouseMoved $(place 0.4)
	mouse mouseReleased $(place 0.5)
	held=
}
evaluate "document.getElementById('timeseries').classList.contains('zoomed')"
is "dragging looks closer" "$VALUE" true
# shellcheck disable=SC2046
mouse mouseMoved $(place 0.96)
like "... where the right edge is the middle of the window" "$(values)" '^2025-10-14 22:09:.*Input 400 W'
evaluate "document.querySelector('.chart').focus()"
key Escape
evaluate "document.getElementById('timeseries').classList.contains('zoomed')"
is "Escape shows the whole window" "$VALUE" false
key End
like "arrow keys and End read values" "$(values)" '^2025-10-14 22:19:59.*Input 800 W'

evaluate 'document.title'
is "a sensor's name does nothing" "$VALUE" 'Job 7: power'
evaluate "document.body.textContent.includes('<img src=x')"
is "... and is shown as it is" "$VALUE" true
evaluate "document.querySelectorAll('img').length"
is "... not as an image" "$VALUE" 0

if [ -x "$MP_BUILDDIR/tests/tools/chart_demo" ]; then
	"$MP_BUILDDIR/tests/tools/chart_demo" "$T" hostile >/dev/null
	open_page "$T/hostile.report.html" 1280
	evaluate "document.querySelectorAll('h1 b').length + document.title"
	like "a job's name is text" "$VALUE" '^0Job '
else
	skip "a job's name is text" "chart_demo was not built"
fi
is "nothing was asked of any network" \
	"$(grep -o '"Network.requestWillBeSent".*' "$T/events" | grep -oE '"url":"[^"]{0,40}' | grep -vE '"(file:///|data:image/png|about:blank)' | sort -u)" ""
unlike "no policy was violated, no script failed" "$(grep -E '"Log.entryAdded"|Runtime.exceptionThrown' "$T/events")" .

cdp Browser.close || kill "$browser_pid"
wait "$browser_pid" 2>/dev/null
done_testing
