/* SPDX-License-Identifier: MIT
 * font.h - shaped lines of text, kept so that each is shaped once for all pictures.
 */
#ifndef MP_CHART_FONT_H
#define MP_CHART_FONT_H

#include <pango/pango.h>
#include <stdbool.h>
#include <stdint.h>

#include "chart/scene.h"
#include "base/error.h"

struct mp_fonts; /* opaque */

/* Load fontconfig's lists of fonts.  Starts no thread. */
void mp_fonts_preload(void);

/* Load the font machinery. -1 where the machine has no font that can write digits; the
 * text says what to do. */
int mp_fonts_open(struct mp_fonts **out, struct mp_error *err);
void mp_fonts_close(struct mp_fonts *fonts);

/* Whether there is a font for a character (a code point); without one it is drawn as a
 * box. */
bool mp_fonts_have(struct mp_fonts *fonts, uint32_t character);

/* For the layouts; borrows `fonts`. */
struct mp_measure mp_fonts_measure(struct mp_fonts *fonts);

/* All text is shaped at this size and scaled when painted: for each size of a font that
 * pango is asked for, fontconfig sorts all fonts of the machine anew. */
enum { MP_FONT_SIZE = 20 };

/* The text, on one line of MP_FONT_SIZE, no wider than `width` (at that size; 0: any).
 * Owned by `fonts`, valid until its next call; NULL where memory has run out. */
PangoLayout *mp_fonts_shape(struct mp_fonts *fonts, const char *text, bool bold,
                            double width);

#endif
