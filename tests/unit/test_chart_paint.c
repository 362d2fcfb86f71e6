/* SPDX-License-Identifier: MIT
 * test_chart_paint.c - the files themselves: pixels of the PNGs, bytes of the PDFs, and
 * what happens when they cannot be written. */
#include "config.h"

#include <cairo.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "chart_cases.h"
#include "chart/layout.h"
#include "chart/paint.h"
#include "chart/png.h"

struct file {
    unsigned char *data;
    size_t size;
};

static int temporary_file(void)
{
    FILE *f = tmpfile();
    int fd;

    ck_assert_ptr_nonnull(f);
    fd = dup(fileno(f));
    ck_assert_int_ge(fd, 0);
    fclose(f);
    return fd;
}

static struct file read_back(int fd)
{
    struct file file = {0};
    struct stat st;

    ck_assert_int_eq(fstat(fd, &st), 0);
    file.size = (size_t)st.st_size;
    file.data = malloc(file.size + 1);
    ck_assert_ptr_nonnull(file.data);
    ck_assert_int_eq(pread(fd, file.data, file.size, 0), st.st_size);
    close(fd);
    return file;
}

static void set_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static void draw(const struct mp_chart_input *in, struct file files[MP_N_CHARTS])
{
    struct mp_error err = {0};
    int fds[MP_N_CHARTS];

    for (int i = 0; i < MP_N_CHARTS; i++)
        fds[i] = mp_chart_has_file(in, (enum mp_chart_file)i) ? temporary_file() : -1;
    if (mp_chart_draw(in, fds, NULL, &err) < 0)
        ck_abort_msg("%s", err.text);
    for (int i = 0; i < MP_N_CHARTS; i++)
        files[i] = fds[i] >= 0 ? read_back(fds[i]) : (struct file){0};
}

static void draw_case(const char *name, struct file files[MP_N_CHARTS])
{
    struct chart_job job;

    set_zone("America/Chicago");
    chart_case_open(&job, chart_case_find(name));
    draw(&job.input, files);
    chart_case_close(&job);
}

static void free_files(struct file files[MP_N_CHARTS])
{
    for (int i = 0; i < MP_N_CHARTS; i++)
        free(files[i].data);
}

/* ---- decoding, by cairo's reader (libpng) ---- */

struct reader {
    const struct file *file;
    size_t at;
};

static cairo_status_t read_data(void *closure, unsigned char *data, unsigned int length)
{
    struct reader *reader = closure;

    if (length > reader->file->size - reader->at)
        return CAIRO_STATUS_READ_ERROR;
    memcpy(data, reader->file->data + reader->at, length);
    reader->at += length;
    return CAIRO_STATUS_SUCCESS;
}

static cairo_surface_t *decode(const struct file *file)
{
    struct reader reader = {file, 0};
    cairo_surface_t *surface =
        cairo_image_surface_create_from_png_stream(read_data, &reader);

    ck_assert_int_eq(cairo_surface_status(surface), CAIRO_STATUS_SUCCESS);
    ck_assert_uint_eq(reader.at, file->size);
    return surface;
}

static uint32_t pixel(cairo_surface_t *surface, int x, int y)
{
    uint32_t value;

    memcpy(&value,
           cairo_image_surface_get_data(surface) +
               (ptrdiff_t)y * cairo_image_surface_get_stride(surface) + (ptrdiff_t)4 * x,
           4);
    return value & 0xFFFFFF;
}

/* How many pixels of [x, x + w) x [y, y + h) are near a colour. */
static int count_near(cairo_surface_t *surface, int x, int y, int w, int h, uint32_t rgb)
{
    int n = 0;

    for (int yy = y; yy < y + h; yy++)
        for (int xx = x; xx < x + w; xx++) {
            uint32_t p = pixel(surface, xx, yy);
            int off = 0;

            for (int shift = 0; shift < 24; shift += 8)
                off += abs((int)(p >> shift & 0xFF) - (int)(rgb >> shift & 0xFF));
            n += off <= 12;
        }
    return n;
}

START_TEST(pngs_have_their_size)
{
    struct file files[MP_N_CHARTS];
    cairo_surface_t *series;
    cairo_surface_t *pie;

    draw_case("one_node", files);
    series = decode(&files[MP_CHART_TIMESERIES_PNG]);
    pie = decode(&files[MP_CHART_PIE_PNG]);
    ck_assert_int_eq(cairo_image_surface_get_width(series), MP_SERIES_WIDTH);
    ck_assert_int_eq(cairo_image_surface_get_height(series), MP_SERIES_HEIGHT);
    ck_assert_int_eq(cairo_image_surface_get_width(pie), MP_PIE_WIDTH);
    ck_assert_int_eq(cairo_image_surface_get_height(pie), MP_PIE_HEIGHT);
    cairo_surface_destroy(series);
    cairo_surface_destroy(pie);
    free_files(files);
}
END_TEST

START_TEST(every_component_has_its_colour)
{
    struct file files[MP_N_CHARTS];
    cairo_surface_t *series;
    cairo_surface_t *pie;

    draw_case("four_gpus", files);
    series = decode(&files[MP_CHART_TIMESERIES_PNG]);
    pie = decode(&files[MP_CHART_PIE_PNG]);
    for (int slice = 0; slice < MP_N_COMPONENTS; slice++) {
        uint32_t rgb = mp_role_info((enum mp_role)slice)->colour >> 8;

        ck_assert_msg(count_near(pie, 200, 180, 600, 590, rgb) > 100, "slice %d", slice);
    }
    for (int role = 0; role < MP_ROLE_NONE; role++) {
        uint32_t rgb = mp_role_info((enum mp_role)role)->colour >> 8;

        ck_assert_msg(!mp_role_is_measured((enum mp_role)role) ||
                          count_near(series, 97, 180, 1199, 620, rgb) > 300,
                      "role %d", role);
    }
    for (size_t gpu = 0; gpu < 4; gpu++)
        ck_assert_msg(count_near(series, 97, 180, 1199, 620, mp_gpu_colour(gpu, 4) >> 8) >
                          300,
                      "GPU %zu", gpu);
    cairo_surface_destroy(series);
    cairo_surface_destroy(pie);
    free_files(files);
}
END_TEST

START_TEST(a_spike_reaches_its_row_and_a_gap_is_paper)
{
    const int column = MP_PLOT_LEFT + MP_COLUMNS * 7 / 10;
    struct file files[MP_N_CHARTS];
    cairo_surface_t *series;

    draw_case("gap_and_spike", files);
    series = decode(&files[MP_CHART_TIMESERIES_PNG]);
    /* 1,266 W on an axis to 1,400 W between rows 184 and
     * 806: from 244 down there is ink */
    for (int y = 806 - 1266 * 622 / 1400 + 2; y < 500; y++) {
        int darkest = 0xFF;

        for (int x = column - 2; x <= column + 2; x++)
            darkest = (int)(pixel(series, x, y) & 0xFF) < darkest
                          ? (int)(pixel(series, x, y) & 0xFF)
                          : darkest;
        ck_assert_msg(darkest < 0xA8, "no ink of the spike in row %d", y);
    }
    for (int x = MP_PLOT_LEFT + 490; x < MP_PLOT_LEFT + 650; x++)
        for (int y = 700; y < 710; y++)
            ck_assert_msg(pixel(series, x, y) >= 0xE0E0E0, "ink in the gap at %d, %d", x,
                          y);
    ck_assert_int_gt(count_near(series, MP_PLOT_LEFT + 490, 560, 160, 140, 0xFFFFFF),
                     160 * 140 * 9 / 10);
    cairo_surface_destroy(series);
    free_files(files);
}
END_TEST

/* From 1.18 on cairo packs a PDF's objects into deflated streams. */
static bool pdf_says(const struct file *f, const char *text)
{
    const unsigned char *at = f->data, *end = f->data + f->size;
    static unsigned char open[1 << 20];

    if (memmem(f->data, f->size, text, strlen(text)) != NULL)
        return true;
    while ((at = memmem(at, (size_t)(end - at), "\nstream\n", 8)) != NULL) {
        uLongf n = sizeof open;

        at += 8;
        /* What follows the stream is no error: uncompress stops at its end. */
        if (uncompress(open, &n, at, (uLong)(end - at)) == Z_OK &&
            memmem(open, n, text, strlen(text)) != NULL)
            return true;
    }
    return false;
}

START_TEST(pdfs_are_whole_and_dated_by_the_job)
{
    struct file files[MP_N_CHARTS];

    draw_case("chinese", files);
    for (int i = MP_CHART_TIMESERIES_PDF; i < MP_CHART_NODES_PNG; i += 2) {
        files[i].data[files[i].size] = '\0';
        ck_assert_int_eq(memcmp(files[i].data, "%PDF-", 5), 0);
        ck_assert_int_eq(memcmp(files[i].data + files[i].size - 6, "%%EOF\n", 6), 0);
        ck_assert(pdf_says(&files[i], "(20251015040000Z)"));
        ck_assert(pdf_says(&files[i], "Job 48813"));
    }
    free_files(files);
}
END_TEST

/* The same input again, later, in another locale: the same bytes. */
START_TEST(the_same_input_is_the_same_bytes)
{
    static const char *const names[] = {"silent_node", "four_gpus", "hostile", "chinese"};

    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        struct file one[MP_N_CHARTS];
        struct file two[MP_N_CHARTS];

        setlocale(LC_ALL, "C");
        unsetenv("LANG");
        draw_case(names[n], one);
        setenv("LANG", "de_DE.UTF-8", 1);
        setenv("LC_ALL", "ja_JP.UTF-8", 1);
        setlocale(LC_ALL, "");
        setlocale(LC_NUMERIC, "de_DE.UTF-8");
        if (n == 0)
            usleep(1100000); /* a date from the clock would differ */
        draw_case(names[n], two);
        for (int i = 0; i < MP_N_CHARTS; i++) {
            ck_assert_uint_eq(one[i].size, two[i].size);
            if (one[i].size > 0) /* not every chart has every file */
                ck_assert_msg(memcmp(one[i].data, two[i].data, one[i].size) == 0,
                              "%s: %s", names[n],
                              mp_chart_file_name((enum mp_chart_file)i));
        }
        free_files(one);
        free_files(two);
        unsetenv("LC_ALL");
    }
}
END_TEST

START_TEST(every_case_can_be_drawn)
{
    for (size_t i = 0; i < N_CHART_CASES; i++) {
        struct file files[MP_N_CHARTS];

        draw_case(chart_cases[i].name, files);
        cairo_surface_destroy(decode(&files[MP_CHART_TIMESERIES_PNG]));
        cairo_surface_destroy(decode(&files[MP_CHART_PIE_PNG]));
        free_files(files);
    }
}
END_TEST

START_TEST(a_full_disk_is_reported)
{
    struct chart_job job;

    chart_case_open(&job, chart_case_find("silent_node"));
    for (int i = 0; i < MP_N_CHARTS; i++) {
        int fds[MP_N_CHARTS] = {-1, -1, -1, -1, -1, -1};
        struct mp_error err = {0};

        fds[i] = open("/dev/full", O_WRONLY);
        ck_assert_int_ge(fds[i], 0);
        ck_assert_int_eq(mp_chart_draw(&job.input, fds, NULL, &err), -1);
        ck_assert_int_eq(err.fault, MP_FAULT_FAILED);
        ck_assert_msg(strstr(err.text, strerror(ENOSPC)) &&
                          strstr(err.text, mp_chart_file_name((enum mp_chart_file)i)),
                      "%s", err.text);
        close(fds[i]);
    }
    chart_case_close(&job);
}
END_TEST

START_TEST(a_reader_that_went_away_is_reported)
{
    struct chart_job job;

    signal(SIGPIPE, SIG_IGN);
    chart_case_open(&job, chart_case_find("silent_node"));
    for (int i = 0; i < MP_N_CHARTS; i++) {
        int fds[MP_N_CHARTS] = {-1, -1, -1, -1, -1, -1};
        struct mp_error err = {0};
        int ends[2];

        ck_assert_int_eq(pipe(ends), 0);
        close(ends[0]);
        fds[i] = ends[1];
        ck_assert_int_eq(mp_chart_draw(&job.input, fds, NULL, &err), -1);
        ck_assert_msg(strstr(err.text, strerror(EPIPE)) != NULL, "%s", err.text);
        close(ends[1]);
    }
    chart_case_close(&job);
}
END_TEST

/* How far a file is from the scene as cairo paints it; `rare`: pixels that differ. */
static int furthest(const struct mp_scene *scene, struct mp_fonts *fonts,
                    const struct file *file, size_t *rare)
{
    struct mp_error err = {0};
    struct mp_pixels pixels;
    cairo_surface_t *surface = decode(file);
    int most = 0;

    ck_assert_int_eq(mp_paint_pixels(scene, fonts, &pixels, &err), 0);
    *rare = 0;
    for (size_t y = 0; y < pixels.height; y++)
        for (size_t x = 0; x < pixels.width; x++) {
            uint32_t want = pixels.data[y * pixels.stride + x] & 0xFFFFFF;
            uint32_t got = pixel(surface, (int)x, (int)y);

            *rare += got != want;
            for (int shift = 0; got != want && shift < 24; shift += 8) {
                int off = abs((int)(got >> shift & 0xFF) - (int)(want >> shift & 0xFF));

                most = off > most ? off : most;
            }
        }
    cairo_surface_destroy(surface);
    free(pixels.data);
    return most;
}

/* The palette costs a shade of an edge here and there, and nothing else. */
START_TEST(files_are_what_cairo_paints)
{
    static const struct {
        int (*layout)(const struct mp_chart_input *, const struct mp_measure *,
                      struct mp_scene *, struct mp_error *);
        enum mp_chart_file png;
    } pictures[] = {{mp_layout_timeseries, MP_CHART_TIMESERIES_PNG},
                    {mp_layout_pie, MP_CHART_PIE_PNG},
                    {mp_layout_nodes, MP_CHART_NODES_PNG}};

    for (size_t i = 0; i < N_CHART_CASES; i++) {
        struct file files[MP_N_CHARTS];
        struct chart_job job;
        struct mp_fonts *fonts;
        struct mp_measure measure;
        struct mp_error err = {0};

        set_zone("America/Chicago");
        chart_case_open(&job, &chart_cases[i]);
        draw(&job.input, files);
        ck_assert_int_eq(mp_fonts_open(&fonts, &err), 0);
        measure = mp_fonts_measure(fonts);
        for (size_t p = 0; p < 3 && files[pictures[p].png].data; p++) {
            struct mp_scene scene = {0};
            size_t rare;
            int most;

            ck_assert_int_eq(pictures[p].layout(&job.input, &measure, &scene, &err), 0);
            most = furthest(&scene, fonts, &files[pictures[p].png], &rare);
            ck_assert_msg(most <= 96 && rare * 30 < (size_t)(scene.width * scene.height),
                          "%s: %zu pixels are off, by up to %d", chart_cases[i].name,
                          rare, most);
            mp_scene_free(&scene);
        }
        mp_fonts_close(fonts);
        free_files(files);
        chart_case_close(&job);
    }
}
END_TEST

/* ---- numbers that should not be ---- */

static float odd_number(unsigned *state)
{
    static const float odd[] = {0,     NAN,    INFINITY, -INFINITY, -5,
                                1e30F, 1e-30F, 640,      3.4e38F,   -0.0F};

    *state = *state * 1103515245U + 12345U;
    return odd[(*state >> 16) % (sizeof odd / sizeof *odd)];
}

static void odd_columns(struct mp_track *track, unsigned *state)
{
    for (int i = 0; i < MP_COLUMNS; i++) {
        track->columns[i].mean = odd_number(state);
        track->columns[i].min = odd_number(state);
        track->columns[i].max = odd_number(state);
        track->columns[i].live = odd_number(state) / 640;
    }
    track->n_series = *state >> 16 & 3;
}

/* Whatever the sinks hand over, a picture comes out, or an error. */
START_TEST(odd_numbers_do_no_harm)
{
    static char fqdd[] = "\xff.\n", label[] = "cpu";
    unsigned state = 11;

    for (int round = 0; round < 40; round++) {
        struct mp_track *tracks[MP_N_ROLES + 3];
        struct mp_node_result node = {.energy_kwh = odd_number(&state)};
        struct mp_energy_result energy = {
            .total_kwh = odd_number(&state),
            .components.kwh = {odd_number(&state), odd_number(&state), odd_number(&state),
                               odd_number(&state), odd_number(&state), odd_number(&state),
                               odd_number(&state)},
            .power = {odd_number(&state), odd_number(&state), odd_number(&state)},
            .nodes = &node,
            .n_nodes = 1,
            .verdict = MP_SUSPECT,
        };
        struct mp_reduced reduced = {.start = round % 3 ? 1760497200000000 : 0,
                                     .end = 1760497200000000 + round % 2 * 3600000000,
                                     .tracks = tracks,
                                     .n_tracks = MP_N_ROLES + 3};
        struct mp_job job = {.start = reduced.start, .end = reduced.end};
        struct mp_plan plan = {.n_nodes = 1 + (size_t)round % 2};
        struct mp_plan_node nodes[2] = {{.name = label}, {.name = label}};
        const struct mp_chart_input in = {
            .job = &job, .plan = &plan, .energy = &energy, .reduced = &reduced};
        struct file files[MP_N_CHARTS];

        plan.nodes = nodes;
        for (size_t t = 0; t < reduced.n_tracks; t++) {
            tracks[t] = calloc(1, sizeof *tracks[t]);
            ck_assert_ptr_nonnull(tracks[t]);
            odd_columns(tracks[t], &state);
            tracks[t]->kind = t < MP_N_ROLES       ? MP_TRACK_ROLE
                              : t < MP_N_ROLES + 2 ? MP_TRACK_GPU
                                                   : MP_TRACK_NODE_SPREAD;
            tracks[t]->role = (enum mp_role)(t % MP_N_ROLES);
            tracks[t]->label = t % 2 ? fqdd : label;
        }
        draw(&in, files);
        cairo_surface_destroy(decode(&files[MP_CHART_TIMESERIES_PNG]));
        free_files(files);
        for (size_t t = 0; t < reduced.n_tracks; t++)
            free(tracks[t]);
    }
}
END_TEST

/* ---- the PNG writer on its own ---- */

static void check_png(uint32_t *pixels, int width, int height, int tolerance)
{
    const struct mp_pixels picture = {pixels, (size_t)width, (size_t)height,
                                      (size_t)width};
    int fd = temporary_file();
    struct mp_error err = {0};
    struct file file;
    cairo_surface_t *surface;

    ck_assert_int_eq(mp_png_write(&picture, fd, &err), 0);
    file = read_back(fd);
    surface = decode(&file);
    ck_assert_int_eq(cairo_image_surface_get_width(surface), width);
    ck_assert_int_eq(cairo_image_surface_get_height(surface), height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int shift = 0; shift < 24; shift += 8) {
                int got = (int)(pixel(surface, x, y) >> shift & 0xFF);
                int want = (int)(pixels[y * width + x] >> shift & 0xFF);

                ck_assert_msg(abs(got - want) <= tolerance, "at %d, %d: %d for %d", x, y,
                              got, want);
            }
    cairo_surface_destroy(surface);
    free(file.data);
}

/* Runs of all lengths, rows that repeat, widths that leave a short last match. */
START_TEST(few_colours_come_back_exactly)
{
    unsigned state = 5;

    for (int round = 0; round < 400; round++) {
        const int width = 1 + round * 7 % 800;
        const int height = 1 + round % 9;
        const unsigned n = 1 + (unsigned)round % 256;
        uint32_t *pixels = malloc((size_t)width * (size_t)height * sizeof *pixels);
        uint32_t colour = 0;
        int left = 0;

        ck_assert_ptr_nonnull(pixels);
        for (int i = 0; i < width * height; i++) {
            if (left-- <= 0) {
                state = state * 1103515245U + 12345U;
                colour = (state >> 8) % n * 65793U / 2;
                left = (int)((state >> 20) % (round % 3 ? 700 : 5));
            }
            pixels[i] =
                i >= width && (i / width) % 2 ? pixels[i - width] : colour & 0xFFFFFF;
        }
        check_png(pixels, width, height, 0);
        free(pixels);
    }
}
END_TEST

START_TEST(many_colours_come_back_nearly)
{
    enum { WIDTH = 256, HEIGHT = 256 };
    static uint32_t pixels[WIDTH * HEIGHT];

    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            pixels[y * WIDTH + x] = (uint32_t)(x << 16 | y << 8 | (x ^ y));
    check_png(pixels, WIDTH, HEIGHT, 255); /* any colour, but a file that can be read */
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            pixels[y * WIDTH + x] = (uint32_t)(y * 65793 + (x == 5 ? 1 : 0));
    check_png(pixels, WIDTH, HEIGHT, 1);
}
END_TEST

MP_UNIT_MAIN("chart_paint", odd_numbers_do_no_harm, pngs_have_their_size,
             every_component_has_its_colour, a_spike_reaches_its_row_and_a_gap_is_paper,
             pdfs_are_whole_and_dated_by_the_job, the_same_input_is_the_same_bytes,
             every_case_can_be_drawn, files_are_what_cairo_paints,
             a_full_disk_is_reported, a_reader_that_went_away_is_reported,
             few_colours_come_back_exactly, many_colours_come_back_nearly)
