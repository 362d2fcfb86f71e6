# SPDX-License-Identifier: MIT
# src/report/local.mk - what lies in power_<id>/.
noinst_LIBRARIES += libmp-report.a
libmp_report_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(ZSTD_CFLAGS)
libmp_report_a_SOURCES = \
	src/report/compare.c \
	src/report/compare.h \
	src/report/compare_json.c \
	src/report/compare_json.h \
	src/report/compare_text.c \
	src/report/compare_text.h \
	src/report/digest.c \
	src/report/digest.h \
	src/report/html.c \
	src/report/html.h \
	src/report/jobs.c \
	src/report/jobs.h \
	src/report/locate.c \
	src/report/locate.h \
	src/report/outdir.c \
	src/report/outdir.h \
	src/report/page.h \
	src/report/rawcsv.c \
	src/report/rawcsv.h \
	src/report/report.c \
	src/report/report.h \
	src/report/screen.c \
	src/report/screen.h \
	src/report/sheet.c \
	src/report/sheet.h \
	src/report/summary.c \
	src/report/summary.h

# The page's style and script as lines of C.
nodist_libmp_report_a_SOURCES = src/report/page.c
CLEANFILES += src/report/page.c
EXTRA_DIST += src/report/page.css src/report/page.js
src/report/page.c: $(srcdir)/src/report/page.css $(srcdir)/src/report/page.js
	$(AM_V_GEN)$(MKDIR_P) src/report && \
	lines='s/[\\"]/\\&/g;s/.*/    "&\\n",/' && { \
	echo '#include "report/page.h"' && \
	echo 'const char *const mp_page_style[] = {' && \
	$(SED) -e "$$lines" $(srcdir)/src/report/page.css && \
	echo '    0};' && \
	echo 'const char *const mp_page_script[] = {' && \
	$(SED) -e "$$lines" $(srcdir)/src/report/page.js && \
	echo '    0};'; } >$@
