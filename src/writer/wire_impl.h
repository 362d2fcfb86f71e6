/* SPDX-License-Identifier: MIT
 * wire_impl.h - the layout that wire_send.c and wire_receive.c share. */
#ifndef MP_WIRE_IMPL_H
#define MP_WIRE_IMPL_H

#include <stdint.h>

struct mp_wire_sample {
    int64_t time;
    double value;
    uint32_t series;
    uint16_t text_len;
    uint8_t kind;
    uint8_t unused;
};

enum { MP_WIRE_OPTIONAL = 1, MP_WIRE_COUNTER = 2 }; /* of a metric */

enum {
    MP_WIRE_FINDING_MISSING = 1,
    MP_WIRE_FINDING_WARNING,
    MP_WIRE_FINDING_UNITS_CONTRADICT /* nothing follows */
};

#endif
