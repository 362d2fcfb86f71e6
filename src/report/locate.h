/* SPDX-License-Identifier: MIT
 * locate.h - which summary.json somebody means.  Without one: MP_FAULT_NO_SAMPLES. */
#ifndef MP_LOCATE_H
#define MP_LOCATE_H

#include <limits.h>

#include "base/error.h"

/* `report` is a directory, a file, or a job's number, whose report lies in the current
 * directory or, whatever its directory is called ([power] directory), below. */
int mp_locate_named(const char *report, char path[PATH_MAX], struct mp_error *err);
/* The one below the current directory whose summary was written last. */
int mp_locate_newest(char path[PATH_MAX], struct mp_error *err);

#endif
