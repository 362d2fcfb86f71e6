/* SPDX-License-Identifier: MIT
 * site.h - [site]: what a kWh costs and emits here. */
#ifndef MP_SITE_H
#define MP_SITE_H

#include <stdbool.h>

#include "config/keys.h"

struct mp_site_config {
    char *price_per_kwh; /* decimals; "" where nobody says */
    char *currency;
    char *carbon_g_per_kwh;
    char *pue;
};

extern const struct mp_keys mp_site_keys;

enum { MP_CURRENCY_SIZE = 16 };

/* The same as numbers.  Factors stand beside what they make of an energy, everywhere. */
struct mp_site {
    double price;    /* of a kWh; NaN: not configured, like the next */
    double carbon_g; /* CO2 equivalent of a kWh */
    double pue;      /* energy of the building per energy of its computers; else 1 */
    bool has_pue;
    char currency[MP_CURRENCY_SIZE]; /* "" where not configured */
};

struct mp_site mp_site_of(const struct mp_site_config *config);
/* One where nothing is configured. */
struct mp_site mp_site_none(void);
/* What an energy of the nodes costs, and emits in grams; NaN where not configured. */
double mp_site_cost(const struct mp_site *site, double kwh);
double mp_site_carbon(const struct mp_site *site, double kwh);

#endif
