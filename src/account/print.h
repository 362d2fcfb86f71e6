/* SPDX-License-Identifier: MIT
 * print.h - an account as a table, CSV or JSON. */
#ifndef MP_ACCOUNT_PRINT_H
#define MP_ACCOUNT_PRINT_H

#include <stdio.h>

#include "account/rows.h"
#include "base/error.h"
#include "config/site.h"

enum mp_account_format { MP_FORMAT_TABLE, MP_FORMAT_CSV, MP_FORMAT_JSON };

/* `what` heads the first column ("user").  Keys are the database's: on a terminal their
 * control bytes are escaped. */
int mp_account_print(const struct mp_account_rows *r, const char *what,
                     enum mp_account_format format, const struct mp_site *site, FILE *out,
                     struct mp_error *err);

#endif
