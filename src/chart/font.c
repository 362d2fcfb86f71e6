/* SPDX-License-Identifier: MIT
 * font.c - shaped lines of text.
 *
 * Pictures must not depend on who draws them: the language is fixed (fontconfig would
 * take the locale's and choose other glyphs), and so is the rendering (desktop settings
 * would change it).  Glyph metrics are not hinted, so that
 * PNG and PDF share one layout. */
#include "config.h"

#include "chart/font.h"

#include <fontconfig/fontconfig.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <stdlib.h>
#include <string.h>

struct shaped {
    char *text;
    bool bold;
    PangoLayout *layout;
    int width, height; /* px, before any cut */
};

struct mp_fonts {
    PangoContext *context;
    PangoFontDescription *plain, *strong;
    struct shaped *shaped;
    size_t n, capacity;
};

static PangoFontDescription *describe(bool bold)
{
    PangoFontDescription *d = pango_font_description_new();

    pango_font_description_set_family_static(d, "sans-serif");
    pango_font_description_set_weight(d, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_absolute_size(d, MP_FONT_SIZE * PANGO_SCALE);
    return d;
}

static PangoContext *make_context(void)
{
    PangoContext *context =
        pango_font_map_create_context(pango_cairo_font_map_get_default());
    cairo_font_options_t *options = cairo_font_options_create();

    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_SLIGHT);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context, options);
    pango_cairo_context_set_resolution(context, 96);
    pango_context_set_language(context, pango_language_from_string("en"));
    cairo_font_options_destroy(options);
    return context;
}

static bool has_glyph(PangoContext *context, const PangoFontDescription *description,
                      uint32_t character)
{
    PangoLanguage *language = pango_language_from_string("en");
    PangoFontset *set = pango_context_load_fontset(context, description, language);
    PangoFont *font = set ? pango_fontset_get_font(set, character) : NULL;
    bool found = false;

    if (font) {
        PangoCoverage *coverage = pango_font_get_coverage(font, language);

        found = pango_coverage_get(coverage, (int)character) != PANGO_COVERAGE_NONE;
        g_object_unref(coverage);
        g_object_unref(font);
    }
    if (set)
        g_object_unref(set);
    return found;
}

/* Asked before pango shapes anything: without any font it warns and stops the process. */
static bool can_write(PangoContext *context, const PangoFontDescription *description)
{
    int n = 0;

    for (int i = FcSetSystem; i <= FcSetApplication; i++) {
        FcFontSet *fonts = FcConfigGetFonts(NULL, (FcSetName)i);

        n += fonts ? fonts->nfont : 0;
    }
    return n > 0 && has_glyph(context, description, '0');
}

bool mp_fonts_have(struct mp_fonts *fonts, uint32_t character)
{
    return has_glyph(fonts->context, fonts->plain, character);
}

void mp_fonts_preload(void)
{
    FcInit();
}

int mp_fonts_open(struct mp_fonts **out, struct mp_error *err)
{
    struct mp_fonts *fonts = calloc(1, sizeof *fonts);

    *out = NULL;
    if (!fonts)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory while loading fonts");
    mp_fonts_preload(); /* or else pango does so in a thread, while we do it a second time
                         */
    fonts->context = make_context();
    fonts->plain = describe(false);
    fonts->strong = describe(true);
    if (!can_write(fonts->context, fonts->plain)) {
        mp_fonts_close(fonts);
        return mp_fail(
            err, MP_FAULT_FAILED,
            "this machine has no font to write the charts' texts with; install "
            "one: apt install fonts-dejavu-core, or dnf install "
            "dejavu-sans-fonts");
    }
    *out = fonts;
    return 0;
}

void mp_fonts_close(struct mp_fonts *fonts)
{
    if (!fonts)
        return;
    for (size_t i = 0; i < fonts->n; i++) {
        free(fonts->shaped[i].text);
        g_object_unref(fonts->shaped[i].layout);
    }
    free(fonts->shaped);
    pango_font_description_free(fonts->plain);
    pango_font_description_free(fonts->strong);
    g_object_unref(fonts->context);
    free(fonts);
}

static PangoLayout *make_layout(struct mp_fonts *fonts, const char *text, bool bold)
{
    PangoLayout *layout = pango_layout_new(fonts->context);

    pango_layout_set_font_description(layout, bold ? fonts->strong : fonts->plain);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    pango_layout_set_text(layout, text, -1);
    return layout;
}

static struct shaped *find_shaped(struct mp_fonts *fonts, const char *text, bool bold)
{
    for (size_t i = 0; i < fonts->n; i++) {
        struct shaped *s = &fonts->shaped[i];

        if (s->bold == bold && strcmp(s->text, text) == 0)
            return s;
    }
    return NULL;
}

static struct shaped *shape(struct mp_fonts *fonts, const char *text, bool bold)
{
    struct shaped *s = find_shaped(fonts, text, bold);

    if (s)
        return s;
    if (fonts->n == fonts->capacity) {
        size_t more = fonts->capacity ? 2 * fonts->capacity : 64;

        s = reallocarray(fonts->shaped, more, sizeof *s);
        if (!s)
            return NULL;
        fonts->shaped = s;
        fonts->capacity = more;
    }
    s = &fonts->shaped[fonts->n];
    *s = (struct shaped){.text = strdup(text), .bold = bold};
    if (!s->text)
        return NULL;
    s->layout = make_layout(fonts, text, bold);
    pango_layout_get_pixel_size(s->layout, &s->width, &s->height);
    fonts->n++;
    return s;
}

static void measure_text(void *context, const char *text, double size, bool bold,
                         double *width, double *height)
{
    const struct shaped *s = shape(context, text, bold);

    *width = s ? ceil(s->width * size / MP_FONT_SIZE) : 0;
    *height = s ? ceil(s->height * size / MP_FONT_SIZE) : 0;
}

struct mp_measure mp_fonts_measure(struct mp_fonts *fonts)
{
    return (struct mp_measure){measure_text, fonts};
}

PangoLayout *mp_fonts_shape(struct mp_fonts *fonts, const char *text, bool bold,
                            double width)
{
    struct shaped *s = shape(fonts, text, bold);

    if (!s)
        return NULL;
    if (width > 0 && s->width > width) {
        pango_layout_set_ellipsize(s->layout, PANGO_ELLIPSIZE_END);
        pango_layout_set_width(s->layout, (int)(width * PANGO_SCALE));
    } else
        pango_layout_set_width(s->layout, -1);
    return s->layout;
}

#ifdef MP_SANITIZED
/* The font libraries keep what they have loaded in places that the leak checker of a
 * sanitizer build does not look into. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libpango\nleak:libcairo\nleak:libfreetype\n"
           "leak:libharfbuzz\nleak:libglib\n";
}

const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}
#endif
