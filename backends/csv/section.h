/* SPDX-License-Identifier: MIT
 * section.h - [csv]. */
#ifndef MP_CSV_SECTION_H
#define MP_CSV_SECTION_H

struct mp_csv_config {
    char *input; /* file, or "-" */
};

#endif
