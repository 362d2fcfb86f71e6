/* SPDX-License-Identifier: MIT
 * section.h - [prometheus], and what a [route] says of a Prometheus server.
 *
 * Known whether or not libcurl was there to build the rest of this folder. */
#ifndef MP_PROM_SECTION_H
#define MP_PROM_SECTION_H

#include "config/keys.h"

struct mp_prom_config {
    char *url; /* of what /api/v1 stands behind */
    char *username, *password, *bearer_token;
    char *headers; /* secret: some hold tokens */
    char *cafile;
    char *proxy;
    int timeout; /* s */
};

extern const struct mp_keys mp_prom_keys;

/* Each ended by a member without a name. */
extern const struct mp_route_key mp_prom_route_keys[];
extern const struct mp_route_map mp_prom_route_maps[];

#endif
