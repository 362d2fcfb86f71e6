/* SPDX-License-Identifier: MIT
 * html.h - report.html: what a report says, on one page that can be mailed.
 *
 * One file; nothing is fetched.  It can be read without a script; one of our own adds
 * values under the pointer, switching of curves and zoom.  Its Content-Security-Policy
 * lets that script and that style run and nothing else, whatever a name may contain; all
 * texts are escaped as well.  Below 400 KB for any job.  Where the samples came from is
 * not in it: a replay gives the same bytes. */
#ifndef MP_HTML_H
#define MP_HTML_H

#include "chart/chart.h"

struct mp_html_input {
    const struct mp_chart_input *chart;
    const struct mp_chart_svgs *svgs;
};

/* `fd` is borrowed. */
int mp_html_write(const struct mp_html_input *in, int fd, struct mp_error *err);

#endif
