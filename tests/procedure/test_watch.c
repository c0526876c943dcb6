/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A station before a device whose firmware falls back into its bootloader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "many_bench.h"

#include <string.h>

static struct many_bench bench;

/** Something that happens to the bus at a certain time. */
struct incident {
    uint64_t at_us;
    size_t device;
    enum { PLUG, UNPLUG, CANCEL } what;
};

/** What happens in the present test, and who makes it happen. */
static struct {
    const struct incident *incidents;
    size_t count;
    pthread_t thread;
} story;

static void *live_through(void *argument)
{
    struct ub_clock clock = ub_sim_bus_clock(bench.context->sim);
    for (size_t i = 0; i < story.count; i++) {
        const struct incident *incident = &story.incidents[i];
        const uint64_t now = ub_now(&clock);
        ub_sleep(&clock, incident->at_us > now ? incident->at_us - now : 0);
        if (incident->what == CANCEL)
            ub_context_cancel(bench.context);
        else if (incident->what == PLUG)
            ub_sim_bus_plug(bench.context->sim, incident->device, UB_MODE_DFU);
        else
            ub_sim_bus_unplug(bench.context->sim, incident->device);
    }
    ub_attend(&clock, false);
    return NULL;
}

static void begin_story(void)
{
    struct ub_clock clock = ub_sim_bus_clock(bench.context->sim);
    ub_attend(&clock, true);
    assert_int_equal(pthread_create(&story.thread, NULL, live_through, NULL), 0);
}

static enum ub_code flash_during(const struct incident *incidents, size_t count,
                                 const struct ub_image *image, const struct ub_many_options *many,
                                 const struct ub_flash_options *options)
{
    story.incidents = incidents;
    story.count = count;
    bench.at_start = begin_story;
    const enum ub_code code = many_flash(&bench, image, many, options);
    assert_int_equal(pthread_join(story.thread, NULL), 0);
    return code;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define S            UINT64_C(1000000)

static size_t times_done(const char *port)
{
    size_t times = 0;
    for (size_t i = 0; i < bench.result->count; i++)
        times += strcmp(bench.result->items[i].result.port, port) == 0;
    return times;
}

static void station(const char *spec, const struct incident *incidents, size_t count)
{
    static const struct ub_flash_options no_backup = {.no_backup = true};
    const struct ub_many_options watch = {.watch = true};
    const char *const specs[] = {spec, NULL};
    struct ub_image *image = bench_image(0, 5000, 9);
    many_open(&bench, specs, 1, "virtual");
    (void)flash_during(incidents, count, image, &watch, &no_backup);
    ub_image_close(image);
}

/** The job takes less than 5 s; what it started is told to have come back. */
static void assert_fell_back_once(void)
{
    assert_int_equal(times_done("1-1"), 1);
    assert_int_equal(bench.result->failed, 1);
    assert_int_equal(bench.result->items[0].error.code, UB_DEV_NOT_LEFT);
    assert_int_equal(bench.result->items[0].result.left, UB_LEFT_DONE);
    assert_non_null(strstr(bench.result->items[0].error.message, "came back in its bootloader"));
    many_close(&bench);
}

static void firmware_that_crashes_is_not_written_again(void **state)
{
    /* again and again: at once, after a while, and after having run for long */
    static const struct incident loop[] = {
        {8 * S, 0, UNPLUG},  {8 * S + S / 5, 0, PLUG},   {11 * S, 0, UNPLUG},
        {13 * S, 0, PLUG},   {40 * S, 0, UNPLUG},        {40 * S + S / 5, 0, PLUG},
        {70 * S, 0, UNPLUG}, {70 * S + S / 10, 0, PLUG}, {90 * S, 0, CANCEL}};
    station("dfu", loop, COUNT(loop));
    assert_fell_back_once();
}

static void firmware_that_runs_for_a_minute_and_crashes(void **state)
{
    static const struct incident late[] = {
        {60 * S, 0, UNPLUG}, {60 * S + S / 5, 0, PLUG}, {90 * S, 0, CANCEL}};
    station("dfu", late, COUNT(late));
    assert_fell_back_once();
}

static void once_it_was_unplugged_it_is_done_again(void **state)
{
    static const struct incident repaired[] = {{30 * S, 0, UNPLUG},
                                               {30 * S + S / 5, 0, PLUG},
                                               {40 * S, 0, UNPLUG},
                                               {44 * S, 0, PLUG},
                                               {80 * S, 0, CANCEL}};
    station("dfu", repaired, COUNT(repaired));
    assert_int_equal(times_done("1-1"), 2);
    assert_int_equal(bench.result->failed, 1);
    assert_int_equal(bench.result->items[0].error.code, UB_DEV_NOT_LEFT);
    assert_int_equal(bench.result->items[1].error.code, UB_OK);
    many_close(&bench);
}

static void the_next_device_of_the_same_name_is_done(void **state)
{
    static const struct incident swapped[] = {
        {30 * S, 0, UNPLUG}, {31 * S, 0, PLUG}, {60 * S, 0, CANCEL}};
    station("dfu", swapped, COUNT(swapped));
    assert_int_equal(times_done("1-1"), 2);
    assert_int_equal(bench.result->failed, 0);
    many_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(firmware_that_crashes_is_not_written_again),
        cmocka_unit_test(firmware_that_runs_for_a_minute_and_crashes),
        cmocka_unit_test(once_it_was_unplugged_it_is_done_again),
        cmocka_unit_test(the_next_device_of_the_same_name_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
