/* SPDX-License-Identifier: MIT
 * check.h - one line of `monster-power check`, said by a backend. */
#ifndef MP_BACKEND_CHECK_H
#define MP_BACKEND_CHECK_H

enum mp_check_level { MP_CHECK_OK, MP_CHECK_WARN, MP_CHECK_FAIL };
typedef void mp_check_report(void *arg, enum mp_check_level level, const char *what,
                             const char *remedy /* NULL when ok */);

#endif
