/* SPDX-License-Identifier: MIT
 * section.h - [database], and what a [route] says of MonSTer's databases.
 *
 * Known whether or not libpq was there to build the rest of this folder. */
#ifndef MP_PQSECTION_H
#define MP_PQSECTION_H

#include "config/keys.h"

struct mp_database_config {
    char *host;     /* default localhost; a path starting with / is a Unix socket */
    int port;       /* 5432 */
    char *database; /* "default" in the file: used where a route names none */
    char *user;
    char *password; /* secret */
    char *passfile; /* libpq's passfile */
    char *service;  /* libpq's service, with servicefile */
    char *servicefile;
    char *sslmode; /* libpq's; prefer */
    char *sslrootcert;
    char *clear_passwords; /* "yes" or "no" */
    int connect_timeout;   /* s */
    int idle_hours;        /* 24 */
    int statement_timeout; /* s; 0: none */
};

extern const struct mp_keys mp_database_keys;

/* Each ended by a NULL name. */
extern const struct mp_route_key mp_pq_route_keys[];
extern const struct mp_route_default mp_pq_route_defaults[];

#endif
