/* SPDX-License-Identifier: MIT
 * unit.h - main() of a unit test: run one libcheck suite and print TAP on standard
 * output.
 *
 *     START_TEST(expands_a_range) { ... } END_TEST
 *     MP_UNIT_MAIN("nodelist", expands_a_range, refuses_an_open_bracket)
 */
#ifndef MP_UNIT_H
#define MP_UNIT_H

#include <check.h>
#include <stdlib.h>

#define MP_UNIT_MAIN(name, ...) MP_UNIT_MAIN_WITH(name, NULL, NULL, __VA_ARGS__)

/* The same with functions that run before and after each test. */
#define MP_UNIT_MAIN_WITH(name, setup, teardown, ...)                                    \
    int main(void)                                                                       \
    {                                                                                    \
        const TTest *tests[] = {__VA_ARGS__};                                            \
        Suite *suite = suite_create(name);                                               \
        TCase *tcase = tcase_create(name);                                               \
        SRunner *runner;                                                                 \
        int failed;                                                                      \
                                                                                         \
        tcase_set_timeout(tcase, 60);                                                    \
        tcase_add_checked_fixture(tcase, setup, teardown);                               \
        for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)                        \
            tcase_add_test(tcase, tests[i]);                                             \
        suite_add_tcase(suite, tcase);                                                   \
        runner = srunner_create(suite);                                                  \
        srunner_set_tap(runner, "-");                                                    \
        srunner_run_all(runner, CK_SILENT);                                              \
        failed = srunner_ntests_failed(runner);                                          \
        srunner_free(runner);                                                            \
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;                                \
    }

#endif
