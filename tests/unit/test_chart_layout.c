/* SPDX-License-Identifier: MIT
 * test_chart_layout.c - where things stand on the pictures: nothing overlaps, nothing is
 * lost, for every case of the gallery and for thousands of random rings.
 *
 * Texts are measured by a ruler of our own, wider than real fonts are. */
#include "config.h"

#include "chart_cases.h"
#include "chart/layout.h"

static void ruler(void *context, const char *text, double size, bool bold, double *width,
                  double *height)
{
    size_t n = 0;

    (void)context;
    for (const char *p = text; *p; p++)
        n += (*p & 0xC0) != 0x80;
    *width = ceil((double)n * size * (bold ? 0.66 : 0.6));
    *height = ceil(size * 1.17);
}

static const struct mp_measure measure = {ruler, NULL};

static bool overlap(const struct mp_mark *a, const struct mp_mark *b)
{
    const double slack = 1.5; /* leading at the top and bottom of a line */

    return a->x + a->w > b->x + slack && b->x + b->w > a->x + slack &&
           a->y + a->h > b->y + 2 * slack && b->y + b->h > a->y + 2 * slack;
}

/* Every text lies on the picture and on no other text. */
static void check_texts(const struct mp_scene *scene, const char *what)
{
    for (size_t i = 0; i < scene->n_marks; i++) {
        const struct mp_mark *a = &scene->marks[i];

        if (a->kind != MP_MARK_TEXT)
            continue;
        ck_assert_msg(a->x >= 0 && a->y >= 0 && a->x + a->w <= scene->width &&
                          a->y + a->h <= scene->height,
                      "%s: \"%s\" leaves the picture", what, a->text);
        for (size_t k = 0; k < i; k++)
            if (scene->marks[k].kind == MP_MARK_TEXT)
                ck_assert_msg(!overlap(a, &scene->marks[k]), "%s: \"%s\" lies on \"%s\"",
                              what, a->text, scene->marks[k].text);
    }
}

static const struct mp_mark *find_text(const struct mp_scene *scene, const char *part)
{
    for (size_t i = 0; i < scene->n_marks; i++)
        if (scene->marks[i].kind == MP_MARK_TEXT && strstr(scene->marks[i].text, part))
            return &scene->marks[i];
    return NULL;
}

static bool has(const struct mp_scene *scene, const char *part)
{
    return find_text(scene, part) != NULL;
}

static size_t count_marks(const struct mp_scene *scene, enum mp_mark_kind kind,
                          enum mp_part part, int index)
{
    size_t n = 0;

    for (size_t i = 0; i < scene->n_marks; i++)
        n += scene->marks[i].kind == kind && scene->marks[i].part == part &&
             scene->marks[i].index == index;
    return n;
}

static void lay_out(const char *name, struct chart_job *job, struct mp_scene *series,
                    struct mp_scene *pie)
{
    struct mp_error err = {0};

    memset(series, 0, sizeof *series);
    memset(pie, 0, sizeof *pie);
    setenv("TZ", "America/Chicago", 1);
    tzset();
    chart_case_open(job, chart_case_find(name));
    ck_assert_int_eq(mp_layout_timeseries(&job->input, &measure, series, &err), 0);
    ck_assert_int_eq(mp_layout_pie(&job->input, &measure, pie, &err), 0);
}

static void put_away(struct chart_job *job, struct mp_scene *series, struct mp_scene *pie)
{
    mp_scene_free(series);
    mp_scene_free(pie);
    chart_case_close(job);
}

START_TEST(no_text_lies_on_another)
{
    static const char *const zones[] = {"America/Chicago", "Asia/Kolkata"};

    for (size_t i = 0; i < N_CHART_CASES; i++) {
        struct chart_job job;
        struct mp_scene series;
        struct mp_scene pie;

        if (chart_cases[i].nodes > 100)
            continue; /* slow to feed; drawn in the paint test */
        lay_out(chart_cases[i].name, &job, &series, &pie);
        setenv("TZ", zones[i % 2], 1);
        check_texts(&series, chart_cases[i].name);
        check_texts(&pie, chart_cases[i].name);
        put_away(&job, &series, &pie);
    }
}
END_TEST

START_TEST(the_head_tells_what_it_is_about)
{
    struct chart_job job;
    struct mp_scene series;
    struct mp_scene pie;

    lay_out("three_nodes", &job, &series, &pie);
    for (int i = 0; i < 2; i++) {
        const struct mp_scene *scene = i ? &pie : &series;

        ck_assert(has(scene, "Job 4881307"));
        ck_assert(has(scene, "three nodes, one with a gap"));
        ck_assert(has(scene, "3 nodes (whole nodes): rpc-91-[1-3]"));
        ck_assert(has(scene, "2025-10-14 22:00:00 \xE2\x80\x93 2025-10-15 00:00:00 CDT"));
        ck_assert(has(scene, "kWh"));
        ck_assert_int_eq(find_text(scene, "partial")->part, MP_PART_BADGE);
        ck_assert(has(scene, "partial: "));
    }
    ck_assert(has(&series, "no data from"));
    ck_assert(has(&series, "1 of 3 nodes"));
    ck_assert(has(&series, "lowest to highest"));
    ck_assert_uint_ge(count_marks(&series, MP_MARK_HATCH, MP_PART_MISSING, MP_ROLE_INPUT),
                      1);
    put_away(&job, &series, &pie);
}
END_TEST

START_TEST(a_silent_node_is_said)
{
    struct chart_job job;
    struct mp_scene series;
    struct mp_scene pie;

    lay_out("silent_node", &job, &series, &pie);
    ck_assert(has(&series, "4 nodes, 3 measured"));
    put_away(&job, &series, &pie);
}
END_TEST

/* The columns of the envelope's bars, and the highest of them. */
static double highest_bar(const struct mp_scene *scene, int index, double *x)
{
    double y = INFINITY;

    for (size_t i = 0; i < scene->n_marks; i++) {
        const struct mp_mark *m = &scene->marks[i];

        if (m->kind != MP_MARK_BARS || m->index != index)
            continue;
        for (size_t k = 0; k < m->n_points; k += 2)
            if (scene->points[m->first + k].y < y) {
                y = scene->points[m->first + k].y;
                *x = scene->points[m->first + k].x;
            }
    }
    return y;
}

START_TEST(a_spike_of_one_sample_shows)
{
    struct chart_job job;
    struct mp_scene series;
    struct mp_scene pie;
    double x = 0;
    double y;
    double want;
    double top;

    lay_out("one_node", &job, &series, &pie);
    y = highest_bar(&series, MP_ROLE_INPUT, &x);
    ck_assert(fabs(x - (MP_PLOT_LEFT + 0.7 * MP_COLUMNS)) <= 1);
    /* its height on the axis: labels tell the scale */
    top = find_text(&series, "1,400")->y;
    want = find_text(&series, "0")->y;
    for (size_t i = 0; i < series.n_marks; i++)
        if (series.marks[i].kind == MP_MARK_TEXT &&
            strcmp(series.marks[i].text, "0") == 0)
            want = series.marks[i].y;
    want = want + (top - want) * job.input.energy->power.max_w / 1400 + 11.5;
    ck_assert_msg(fabs(y - want) < 2, "spike at %g, wanted %g", y, want);
    ck_assert(has(&series, "peak 1,"));
    put_away(&job, &series, &pie);
}
END_TEST

START_TEST(an_absurd_reading_does_not_flatten_the_rest)
{
    struct chart_job job;
    struct mp_scene series;
    struct mp_scene pie;

    lay_out("glitch", &job, &series, &pie);
    ck_assert(has(&series, "off the scale: 25.3 kW"));
    ck_assert(has(&series, "1,000"));
    ck_assert(!has(&series, "2,000"));
    put_away(&job, &series, &pie);
}
END_TEST

START_TEST(a_gap_breaks_every_curve)
{
    const double left = MP_PLOT_LEFT + 0.41 * MP_COLUMNS;
    const double right = MP_PLOT_LEFT + 0.54 * MP_COLUMNS;
    struct chart_job job;
    struct mp_scene series;
    struct mp_scene pie;

    lay_out("gap_and_spike", &job, &series, &pie);
    ck_assert(has(&series, "no data"));
    for (size_t i = 0; i < series.n_marks; i++) {
        const struct mp_mark *m = &series.marks[i];
        const struct mp_point *p = series.points + m->first;

        if (m->kind != MP_MARK_TRACE && m->kind != MP_MARK_AREA)
            continue;
        ck_assert_msg(p[m->n_points - 1].x < left || p[0].x > right,
                      "a curve of %d runs through the gap", m->index);
    }
    ck_assert_uint_eq(count_marks(&series, MP_MARK_TRACE, MP_PART_SERIES, MP_ROLE_CPU),
                      2);
    put_away(&job, &series, &pie);
}
END_TEST

START_TEST(a_gap_of_all_nodes_is_not_said_of_some)
{
    struct chart_job job;
    struct mp_scene series;
    struct mp_scene pie;

    lay_out("common_gap", &job, &series, &pie);
    ck_assert(has(&series, "broken: no data"));
    ck_assert(!has(&series, "no data from"));
    put_away(&job, &series, &pie);
    lay_out("staggered_gap", &job, &series, &pie);
    ck_assert(has(&series, "broken: no data"));
    ck_assert(!has(&series, "no data from"));
    ck_assert(!has(&series, "pale"));
    put_away(&job, &series, &pie);
    lay_out("three_nodes", &job, &series, &pie);
    ck_assert(has(&series, "no data from"));
    ck_assert(has(&series, "1 of 3 nodes"));
    put_away(&job, &series, &pie);
    lay_out("two_supplies", &job, &series, &pie);
    ck_assert(has(&series, "1 of 6 sensors"));
    put_away(&job, &series, &pie);
}
END_TEST

START_TEST(every_gpu_of_a_node_has_its_line)
{
    struct chart_job job;
    struct mp_scene series;
    struct mp_scene pie;

    lay_out("sixteen_gpus", &job, &series, &pie);
    for (int i = 0; i < 16; i++)
        ck_assert_uint_ge(count_marks(&series, MP_MARK_TRACE, MP_PART_SERIES, 100 + i),
                          1);
    ck_assert(has(&series, "GPU 31-1"));
    ck_assert(has(&series, "GPU 46-1"));
    put_away(&job, &series, &pie);
    lay_out("sixty_four_gpus", &job, &series, &pie);
    ck_assert(has(&series, "more GPUs"));
    put_away(&job, &series, &pie);
}
END_TEST

/* Cut at the end, all of these would be called GPU GP... */
START_TEST(gpus_with_long_names_can_be_told_apart)
{
    const struct chart_case *c = chart_case_find("four_gpus");
    struct chart_job job;
    struct mp_scene series = {0};
    struct mp_error err = {0};
    int n = 0;

    chart_case_open(&job, c);
    for (size_t i = 0; i < job.input.reduced->n_tracks; i++) {
        struct mp_track *track = job.input.reduced->tracks[i];

        if (track->kind != MP_TRACK_GPU)
            continue;
        free(track->label);
        ck_assert_int_gt(asprintf(&track->label, "HGX_GPÜ_SXM_%d", ++n), 0);
    }
    ck_assert_int_eq(n, 4);
    ck_assert_int_eq(mp_layout_timeseries(&job.input, &measure, &series, &err), 0);
    ck_assert(has(&series, "…"));
    ck_assert(has(&series, "SXM_1"));
    ck_assert(has(&series, "SXM_4"));
    mp_scene_free(&series);
    chart_case_close(&job);
}
END_TEST

START_TEST(greens_get_paler)
{
    for (size_t i = 1; i < 16; i++)
        for (int shift = 8; shift < 32; shift += 8)
            ck_assert_uint_gt(mp_gpu_colour(i, 16) >> shift & 0xFF,
                              mp_gpu_colour(i - 1, 16) >> shift & 0xFF);
}
END_TEST

START_TEST(the_ring_has_the_known_colours)
{
    ck_assert_uint_eq(mp_role_info(MP_ROLE_GPU)->colour, 0x83AF40FF);
    ck_assert_uint_eq(mp_role_info(MP_ROLE_CPU)->colour, 0x077FBBFF);
    ck_assert_uint_eq(mp_role_info(MP_ROLE_MEMORY)->colour, 0x5CBEE3FF);
    ck_assert_uint_eq(mp_role_info(MP_ROLE_STORAGE)->colour, 0x884595FF);
    ck_assert_uint_eq(mp_role_info(MP_ROLE_OTHERS)->colour, 0x919191FF);
    ck_assert_uint_eq(mp_role_info(MP_ROLE_FAN)->colour, 0xA8273DFF);
    ck_assert_uint_eq(mp_role_info(MP_ROLE_PSU_LOSS)->colour, 0xD86723FF);
}
END_TEST

/* ---- rings ---- */

static int shown_tenths(const struct mp_scene *scene, enum mp_part part)
{
    int sum = 0;

    for (size_t i = 0; i < scene->n_marks; i++) {
        const struct mp_mark *m = &scene->marks[i];
        const char *percent;
        int whole;
        int tenth;

        if (m->kind != MP_MARK_TEXT || m->part != part || !strchr(m->text, '%'))
            continue;
        percent = strrchr(m->text, ' ');
        while (percent > m->text && percent[-1] != ' ')
            percent--;
        ck_assert_int_eq(sscanf(percent, "%d.%d", &whole, &tenth), 2);
        sum += 10 * whole + tenth;
    }
    return sum;
}

static double leader_distance(const struct mp_scene *scene, const struct mp_mark *leader)
{
    double least = INFINITY;

    for (size_t i = 1; i < leader->n_points; i++) {
        const struct mp_point *p = scene->points + leader->first + i;

        least = fmin(least, hypot(p->x - MP_PIE_WIDTH / 2.0, p->y - 474));
    }
    return least;
}

/* Texts apart, leaders outside the ring, percentages together 100.0. */
static void check_ring(const struct mp_chart_input *in, bool divided)
{
    struct mp_scene scene = {0};
    struct mp_error err = {0};

    ck_assert_int_eq(mp_layout_pie(in, &measure, &scene, &err), 0);
    check_texts(&scene, "a ring");
    if (divided) {
        ck_assert_int_eq(shown_tenths(&scene, MP_PART_LABEL), 1000);
        ck_assert_int_eq(shown_tenths(&scene, MP_PART_LEGEND), 1000);
    }
    for (size_t i = 0; i < scene.n_marks; i++)
        if (scene.marks[i].part == MP_PART_LEADER)
            ck_assert_msg(leader_distance(&scene, &scene.marks[i]) > 268,
                          "a leader crosses the ring");
    mp_scene_free(&scene);
}

static void empty_input(struct mp_chart_input *in, struct mp_energy_result *energy)
{
    static char label[] = "7", name[] = "ring";
    static struct mp_job job = {.label = label, .name = name, .start = 0, .end = 1000000};
    static struct mp_plan plan;

    *energy = (struct mp_energy_result){.verdict = MP_VALID, .power = {NAN, NAN, NAN}};
    *in = (struct mp_chart_input){.job = &job, .plan = &plan, .energy = energy};
}

START_TEST(random_rings_are_tidy)
{
    struct mp_energy_result energy;
    struct mp_chart_input in;
    unsigned state = 3;

    for (int round = 0; round < 5000; round++) {
        double *parts = energy.components.kwh;
        double sum = 0;

        empty_input(&in, &energy);
        for (size_t i = 0; i < MP_N_COMPONENTS; i++) {
            state = state * 1103515245U + 12345U;
            parts[i] =
                state >> 28 == 0 ? NAN : pow(10, (double)(state >> 16 & 0xFF) / 50 - 5);
            sum += isnan(parts[i]) ? 0 : parts[i];
        }
        energy.total_kwh = round % 5 == 0 ? sum * 0.8 : sum;
        check_ring(&in, true);
    }
}
END_TEST

START_TEST(tiny_slices_anywhere_are_labelled)
{
    struct mp_energy_result energy;
    struct mp_chart_input in;

    for (double cpu = 0; cpu <= 1; cpu += 0.01) {
        empty_input(&in, &energy);
        energy.total_kwh = 1;
        energy.components =
            (struct mp_components){.kwh = {cpu, 1e-4, 1e-5, 2e-4, 1 - cpu, 3e-4, 1e-4}};
        check_ring(&in, true);
    }
}
END_TEST

START_TEST(rings_of_nothing_say_so)
{
    struct mp_energy_result energy;
    struct mp_chart_input in;
    struct mp_scene scene = {0};
    struct mp_error err = {0};

    empty_input(&in, &energy);
    energy.total_kwh = NAN;
    energy.components =
        (struct mp_components){.kwh = {NAN, NAN, NAN, NAN, NAN, NAN, NAN}};
    ck_assert_int_eq(mp_layout_pie(&in, &measure, &scene, &err), 0);
    ck_assert(has(&scene, "no energy"));
    ck_assert(has(&scene, "was measured"));
    mp_scene_free(&scene);
    energy.total_kwh = 0;
    energy.components = (struct mp_components){.kwh = {0, 0, 0, 0, NAN, 0, 0}};
    check_ring(&in, false);
    ck_assert_int_eq(mp_layout_pie(&in, &measure, &scene, &err), 0);
    ck_assert(has(&scene, "0 kWh"));
    ck_assert(has(&scene, "no energy to divide"));
    ck_assert(!has(&scene, "GPU"));
    mp_scene_free(&scene);
    energy.components.kwh[MP_ROLE_CPU] = 0.2; /* the input's controller sends zeros */
    ck_assert_int_eq(mp_layout_pie(&in, &measure, &scene, &err), 0);
    ck_assert(!has(&scene, "no energy to divide"));
    ck_assert(has(&scene, "The components add up to 0.2000 kWh, the input to 0."));
    mp_scene_free(&scene);
}
END_TEST

START_TEST(what_does_not_add_up_is_said)
{
    struct chart_job job;
    struct mp_scene series;
    struct mp_scene pie;

    lay_out("above_input", &job, &series, &pie);
    ck_assert(has(&pie, "The components add up to"));
    ck_assert(has(&pie, "% of the input"));
    put_away(&job, &series, &pie);
    lay_out("no_input", &job, &series, &pie);
    ck_assert(has(&pie, "input not measured"));
    ck_assert(has(&series, "input power not measured"));
    ck_assert_int_eq(shown_tenths(&pie, MP_PART_LEGEND), 1000);
    put_away(&job, &series, &pie);
}
END_TEST

/* A marker is a sign on a rim of paper. */
START_TEST(markers_sit_on_samples_where_there_are_few)
{
    static const struct {
        const char *name;
        size_t markers;
    } cases[] = {{"one_sample", 1}, {"one_second", 3}, {"one_node", 4}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct chart_job job;
        struct mp_scene series;
        struct mp_scene pie;

        lay_out(cases[i].name, &job, &series, &pie);
        ck_assert_uint_eq(
            count_marks(&series, MP_MARK_POLYGON, MP_PART_SERIES, MP_ROLE_CPU),
            2 * cases[i].markers);
        put_away(&job, &series, &pie);
    }
}
END_TEST

/* ---- the picture of single nodes ---- */

static void lay_out_nodes(const char *name, struct chart_job *job, struct mp_scene *nodes)
{
    struct mp_error err = {0};

    memset(nodes, 0, sizeof *nodes);
    setenv("TZ", "America/Chicago", 1);
    tzset();
    chart_case_open(job, chart_case_find(name));
    ck_assert_int_eq(mp_layout_nodes(&job->input, &measure, nodes, &err), 0);
}

static const struct mp_mark *find_cells(const struct mp_scene *scene)
{
    for (size_t i = 0; i < scene->n_marks; i++)
        if (scene->marks[i].kind == MP_MARK_CELLS &&
            scene->marks[i].part == MP_PART_NODES)
            return &scene->marks[i];
    ck_abort_msg("no cells");
    return NULL;
}

/* Node 1 is silent from 40 % to 55 % of the day, node 8 draws 40 % less. */
START_TEST(nodes_show_their_gaps_and_the_odd_one)
{
    const struct mp_mark *cells;
    struct mp_scene nodes;
    struct chart_job job;

    lay_out_nodes("a_day_of_24", &job, &nodes);
    check_texts(&nodes, "a_day_of_24");
    cells = find_cells(&nodes);
    ck_assert_int_eq(cells->n_rows, 24);
    for (int c = 0; c < cells->n_columns; c++) {
        const double at = (c + 0.5) / cells->n_columns;

        if (at < 0.39 || at > 0.56)
            ck_assert_msg(cells->cells[c] != 0, "column %d is empty", c);
        else if (at > 0.41 && at < 0.54)
            ck_assert_msg(cells->cells[c] == 0, "column %d is not empty", c);
        ck_assert_uint_ne(cells->cells[cells->n_columns + c], 0);
    }
    ck_assert_uint_eq(count_marks(&nodes, MP_MARK_HATCH, MP_PART_MISSING, 0), 1);
    ck_assert(has(&nodes, "rpc-91-20") && has(&nodes, "rpc-92-4"));
    ck_assert(has(&nodes, "rpc-91-8 -39 %"));
    mp_scene_free(&nodes);
    chart_case_close(&job);
}
END_TEST

START_TEST(a_thousand_nodes_have_room)
{
    const struct mp_mark *cells;
    struct mp_scene nodes;
    struct chart_job job;

    lay_out_nodes("thousand_nodes", &job, &nodes);
    check_texts(&nodes, "thousand_nodes");
    cells = find_cells(&nodes);
    ck_assert_int_eq(cells->n_rows, 1000);
    ck_assert(cells->h >= 2 * 1000 && nodes.height < 2500);
    ck_assert(has(&nodes, "rpc-91-1") && has(&nodes, "rpc-140-17"));
    ck_assert_uint_eq(job.rig.result->n_outliers, 53);
    ck_assert(has(&nodes, "rpc-140-16 -4"));
    mp_scene_free(&nodes);
    chart_case_close(&job);
}
END_TEST

MP_UNIT_MAIN("chart_layout", no_text_lies_on_another, the_head_tells_what_it_is_about,
             a_silent_node_is_said, a_spike_of_one_sample_shows,
             an_absurd_reading_does_not_flatten_the_rest, a_gap_breaks_every_curve,
             a_gap_of_all_nodes_is_not_said_of_some, every_gpu_of_a_node_has_its_line,
             gpus_with_long_names_can_be_told_apart, greens_get_paler,
             the_ring_has_the_known_colours, random_rings_are_tidy,
             tiny_slices_anywhere_are_labelled, rings_of_nothing_say_so,
             what_does_not_add_up_is_said, nodes_show_their_gaps_and_the_odd_one,
             a_thousand_nodes_have_room, markers_sit_on_samples_where_there_are_few)
