/* SPDX-License-Identifier: MIT
 * site.c - the keys of [site], and the two products they are for. */
#include "config.h"

#include "config/site.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/numtext.h"

#define SITE(member, ...) MP_KEY(struct mp_site_config, member, #member, __VA_ARGS__)

static const struct mp_key site_keys[] = {
    SITE(price_per_kwh, MP_KEY_DECIMAL, "", .max = 1000000,
         .env = {"MONSTER_POWER_PRICE_PER_KWH"},
         .help = "What a kWh costs. Reports then say what the job's energy cost, with "
                 "this factor beside it. Empty: nothing is said."),
    SITE(currency, MP_KEY_STRING, "", .env = {"MONSTER_POWER_CURRENCY"},
         .help = "In what: EUR, say. At most 15 bytes are shown."),
    SITE(carbon_g_per_kwh, MP_KEY_DECIMAL, "", .max = 1000000,
         .env = {"MONSTER_POWER_CARBON_G_PER_KWH"},
         .help = "Grams of CO2 equivalent that a kWh stands for here. Nothing is fetched "
                 "from anywhere."),
    SITE(pue, MP_KEY_DECIMAL, "", .max = 100, .env = {"MONSTER_POWER_PUE"},
         .help = "Power usage effectiveness: energy of the building per energy of its "
                 "computers. Cost and carbon are multiplied by it; energies never are."),
};

const struct mp_keys mp_site_keys = {
    .section = "site",
    .help = "What a kWh costs and emits here, all optional.",
    .key = site_keys,
    .n = sizeof site_keys / sizeof *site_keys,
    .size = sizeof(struct mp_site_config),
};

static double number(const char *text)
{
    double v;

    return text != NULL && text[0] != '\0' && mp_number_read(text, strlen(text), &v) == 0
               ? v
               : NAN;
}

struct mp_site mp_site_none(void)
{
    return (struct mp_site){.price = NAN, .carbon_g = NAN, .pue = 1};
}

struct mp_site mp_site_of(const struct mp_site_config *config)
{
    struct mp_site site = mp_site_none();
    double pue = number(config->pue);

    site.price = number(config->price_per_kwh);
    site.carbon_g = number(config->carbon_g_per_kwh);
    site.has_pue = !isnan(pue);
    site.pue = site.has_pue ? pue : 1;
    snprintf(site.currency, sizeof site.currency, "%s", config->currency);
    return site;
}

double mp_site_cost(const struct mp_site *site, double kwh)
{
    return kwh * site->pue * site->price;
}

double mp_site_carbon(const struct mp_site *site, double kwh)
{
    return kwh * site->pue * site->carbon_g;
}
