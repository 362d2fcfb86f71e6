#!/bin/bash
# SPDX-License-Identifier: MIT
# The house keeps its floors: no include goes up, no two files need each other, every folder
# has its line in HACKING.md, a backend is one line in the table, and the words that were
# thrown out stay out.
. "${MP_SRCDIR:-.}/tests/lib/tap.sh"
cd "$MP_SRCDIR" || exit 99

ours=$(find src backends -name '*.[ch]' | sort)
floors() { (cd "$1" && awk -f tests/tools/floors $(find src backends -name '*.[ch]' | sort)); }

is "no include goes up, and no circle" "$(floors .)" ""

# A copy with one fault planted each time: the reader of includes must see it.
planted() { # NAME FILE LINE-TO-ADD WANTED
	rm -rf "$T/copy"
	mkdir -p "$T/copy/tests/tools"
	cp -r src backends "$T/copy"
	cp tests/tools/floors "$T/copy/tests/tools"
	printf '%s\n' "$3" >>"$T/copy/$2"
	like "$1" "$(floors "$T/copy")" "$4"
}
planted "an include that goes up is seen" src/base/error.h '#include "energy/energy.h"' \
	'src/base/error.h: goes up to src/energy/energy.h'
planted "a circle is seen, and named" src/model/sample.h '#include "model/sink.h"' \
	'circle:.* src/model/(sample -> src/model/sink|sink -> src/model/sample)'
planted "an include without its folder is seen" src/model/job.c '#include "error.h"' 'name the folder'

missing=
for folder in src/*/ backends/*/; do
	folder=${folder%/}
	grep -q "\`$folder/\`" HACKING.md || case $folder in
	backends/*) grep -q "\`${folder#backends/}/\`" HACKING.md || missing="$missing $folder" ;;
	*) missing="$missing $folder" ;;
	esac
	[ "${folder%%/*}" = backends ] || [ -e "$folder/local.mk" ] || missing="$missing $folder/local.mk"
done
is "every folder has its line in HACKING.md, and its local.mk" "$missing" ""

# Words of a private idiom, which a stranger has to learn first.
is "words that went stay away" "$(grep -nE \
	'(^|[^a-zA-Z])(mp_[a-z]*)?(inquest|mend|lane|pen|arm)(s|ed|ing)?($|[^a-zA-Z])' $ours | head -n 20)" ""
is "no type stands in two headers" \
	"$(grep -hoE '^(struct|enum|union) mp_[a-z0-9_]+ \{' $(printf '%s\n' $ours | grep '\.h$') | sort | uniq -d)" ""

done_testing
