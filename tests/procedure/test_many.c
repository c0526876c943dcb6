/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several devices at once, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "many_bench.h"
#include "procedure/many.h"
#include "sim/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH 20000

static struct many_bench bench;
static const char *const f405[] = {"stm32f405", NULL};
static const struct ub_flash_options quick = {.no_backup = true, .stay = true};

static void open_f405(size_t count)
{
    many_open(&bench, f405, count, "virtual");
}

static void assert_holds(size_t device, uint8_t seed)
{
    uint8_t bytes[LENGTH];
    struct ub_sim_counts counts;
    bench_bytes(bytes, LENGTH, seed);
    assert_memory_equal(many_memory(&bench, device), bytes, LENGTH);
    ub_sim_device_counts(ub_sim_bus_device(bench.context->sim, device), &counts);
    assert_int_equal(counts.bit_violations, 0);
}

static void assert_done(size_t device, uint8_t seed)
{
    char port[UB_PORT_TEXT];
    (void)snprintf(port, sizeof(port), "1-%zu", device + 1);
    const struct ub_many_item *item = many_item(&bench, port);
    assert_non_null(item);
    if (item->error.code)
        print_error("%s: %s\n", port, item->error.message);
    assert_int_equal(item->error.code, UB_OK);
    assert_int_equal(item->result.left, UB_LEFT_DONE);
    assert_true(item->result.verified);
    assert_string_equal(item->result.device.port, port);
    assert_true(item->result.device.family[0] != '\0');
    assert_holds(device, seed);
}

static void sixty_four_are_backed_up_written_and_verified(void **state)
{
    struct ub_image *image = bench_image(FLASH_BASE, LENGTH, 1);
    open_f405(1);
    memset(many_memory(&bench, 0) + LENGTH, 0x42, 100);
    assert_int_equal(many_flash(&bench, image, NULL, NULL), UB_OK);
    const uint64_t one_us = bench.result->items[0].result.total_us;
    many_close(&bench);

    open_f405(64); /* all with the same serial number */
    for (size_t i = 0; i < 64; i++)
        memset(many_memory(&bench, i) + LENGTH, (int)i, 100);
    assert_int_equal(many_flash(&bench, image, NULL, NULL), UB_OK);
    assert_int_equal(bench.result->count, 64);
    assert_int_equal(bench.result->failed, 0);
    assert_int_equal(bench.confirmations, 1);
    for (size_t i = 0; i < 64; i++) {
        const struct ub_result *result = &bench.result->items[i].result;
        assert_done(i, 1);
        /* what shares a sector with the image is that device's own */
        assert_int_equal(many_memory(&bench, i)[LENGTH + 99], i);
        assert_true(result->total_us <= one_us + one_us / 100);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(result->backup, bench.result->items[j].result.backup);
    }
    print_message("most of a thread's stack that was used: %zu bytes\n", bench.stack_used);
    assert_true(bench.stack_used <= (size_t)128 * 1024); /* half of what it has */
    ub_image_close(image);
    many_close(&bench);
}

static void one_that_fails_stops_none_of_the_others(void **state)
{
    static const char *const specs[] = {
        "stm32f405",          "stm32f405,fault=unplug@30", "stm32f405,rdp", "stm32f405",
        "stm32f405,stuck=12", "stm32f405,silent",          "stm32f405",     NULL};
    struct ub_image *image = bench_image(FLASH_BASE, LENGTH, 2);
    many_open(&bench, specs, 7, "virtual");
    struct ub_flash_options whole = {.no_backup = true, .stay = true, .whole = true};
    const enum ub_code code = many_flash(&bench, image, NULL, &whole);
    assert_int_equal(bench.result->count, 7);
    assert_int_equal(bench.result->failed, 4);
    assert_done(0, 2);
    assert_done(3, 2);
    assert_done(6, 2);
    assert_int_equal(many_item(&bench, "1-2")->error.code, UB_USB_GONE);
    assert_int_equal(many_item(&bench, "1-2")->result.left, UB_LEFT_INCOMPLETE);
    assert_int_equal(many_item(&bench, "1-3")->error.code, UB_DFU_PROTECTED);
    assert_int_equal(many_item(&bench, "1-3")->result.left, UB_LEFT_UNCHANGED);
    assert_int_not_equal(many_item(&bench, "1-5")->error.code, UB_OK);
    assert_int_not_equal(many_item(&bench, "1-6")->error.code, UB_OK);
    /* the worst is one that is incomplete */
    const struct ub_many_item *worst = &bench.result->items[bench.result->worst];
    assert_int_equal(worst->error.code, code);
    assert_int_equal(worst->result.left, UB_LEFT_INCOMPLETE);
    assert_int_equal(ub_exit_status(code, worst->result.left), 8);
    ub_image_close(image);
    many_close(&bench);
}

static void the_order_of_what_is_worse(void **state)
{
    static const struct {
        enum ub_code code;
        enum ub_left left;
    } order[] = {
        {UB_OK, UB_LEFT_DONE},
        {UB_USE_SELECTOR, UB_LEFT_UNTOUCHED},
        {UB_DEV_NONE, UB_LEFT_UNTOUCHED},
        {UB_DEV_ACCESS, UB_LEFT_UNTOUCHED},
        {UB_IMG_WRONG_DEVICE, UB_LEFT_UNTOUCHED},
        {UB_MEM_IRREVERSIBLE, UB_LEFT_UNTOUCHED},
        {UB_SYS_INTERRUPTED, UB_LEFT_UNCHANGED},
        {UB_DFU_PROTECTED, UB_LEFT_UNCHANGED},
        {UB_VER_MISMATCH, UB_LEFT_UNCHANGED},
        {UB_SYS_MEMORY, UB_LEFT_UNCHANGED},
        {UB_SYS_INTERRUPTED, UB_LEFT_INCOMPLETE},
        {UB_USB_GONE, UB_LEFT_INCOMPLETE},
    };
    unsigned before = 0;
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        struct ub_many_item item = {.result = {.left = order[i].left},
                                    .error = {.code = order[i].code}};
        const unsigned severity = ub_many_severity(&item);
        assert_true(i == 0 ? severity == 0 : severity > before);
        before = severity;
    }
}

static void stopping_stops_all_in_a_known_state(void **state)
{
    struct ub_image *image = bench_image(FLASH_BASE, LENGTH, 3);
    open_f405(16);
    bench.cancel_at_step = (uint64_t)UB_STEP_WRITE + 1;
    assert_int_equal(many_flash(&bench, image, NULL, &quick), UB_SYS_INTERRUPTED);
    assert_int_equal(bench.result->count, 16);
    for (size_t i = 0; i < 16; i++) {
        const struct ub_many_item *item = &bench.result->items[i];
        assert_int_equal(item->error.code, UB_SYS_INTERRUPTED);
        assert_int_equal(item->result.left, UB_LEFT_INCOMPLETE);
        assert_int_equal(ub_sim_bus_device(bench.context->sim, i)->fn.state, UB_FN_IDLE);
    }
    ub_image_close(image);
    many_close(&bench);
}

static void one_question_names_image_and_ports(void **state)
{
    struct ub_image *image = bench_image(FLASH_BASE, LENGTH, 4);
    open_f405(3);
    bench.answer = false;
    assert_int_equal(many_flash(&bench, image, NULL, &quick), UB_USE_DECLINED);
    assert_int_equal(bench.confirmations, 1);
    assert_string_equal(bench.question, "Write test.bin to the 3 devices at 1-1, 1-2, 1-3?");
    assert_int_equal(bench.result->count, 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(ub_sim_bus_device(bench.context->sim, i)->opens, 0);

    /* one that goes while the question stands is not written to, whatever comes in its place */
    bench.answer = true;
    bench.pull_plug = 2;
    assert_int_equal(many_flash(&bench, image, NULL, &quick), UB_DEV_GONE);
    assert_int_equal(bench.result->count, 3);
    assert_done(0, 4);
    assert_int_equal(many_item(&bench, "1-2")->error.code, UB_DEV_GONE);
    assert_int_equal(many_item(&bench, "1-2")->result.left, UB_LEFT_UNTOUCHED);
    assert_done(2, 4);
    ub_image_close(image);
    many_close(&bench);
}

static enum ub_code flash_named(const struct ub_image *image, const char *const *selectors,
                                size_t count, bool one_each)
{
    const struct ub_many_options many = {
        .selectors = selectors, .selector_count = count, .one_each = one_each};
    return many_flash(&bench, image, &many, &quick);
}

static void devices_are_named_by_selectors(void **state)
{
    static const char *const specs[] = {"stm32f405,serial=A", "stm32f405,serial=B",
                                        "stm32f405,serial=A", "dfu", NULL};
    static const char *const two_ports[] = {"1-1", "port=1-3"};
    static const char *const serial[] = {"serial=A"};
    static const char *const serial_and_port[] = {"serial=A", "1-1", "1-2"};
    static const char *const absent[] = {"1-1", "1-9"};
    static const char *const nonsense[] = {"1-1", "no such thing"};
    struct ub_image *image = bench_image(FLASH_BASE, LENGTH, 5);
    many_open(&bench, specs, 4, "virtual");
    assert_int_equal(flash_named(image, absent, 2, false), UB_DEV_NONE);
    assert_int_equal(flash_named(image, nonsense, 2, false), UB_USE_SELECTOR);
    assert_int_equal(flash_named(image, serial, 1, true), UB_DEV_SEVERAL);
    assert_int_equal(bench.result->count, 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(ub_sim_bus_device(bench.context->sim, i)->opens, 0);

    assert_int_equal(flash_named(image, two_ports, 2, true), UB_OK);
    assert_int_equal(bench.result->count, 2);
    assert_done(0, 5);
    assert_done(2, 5);
    assert_int_equal(flash_named(image, serial, 1, false), UB_OK);
    assert_int_equal(bench.result->count, 2);
    assert_int_equal(flash_named(image, serial_and_port, 3, false), UB_OK);
    assert_int_equal(bench.result->count, 3); /* each once */
    assert_done(1, 5);
    assert_int_equal(ub_sim_bus_device(bench.context->sim, 3)->opens, 0);
    ub_image_close(image);
    many_close(&bench);
}

static void assert_left_out_1_and_3(void)
{
    assert_int_equal(bench.result->left_out_count, 2);
    assert_string_equal(bench.result->left_out[0].port, "1-1");
    assert_string_equal(bench.result->left_out[1].port, "1-3");
    assert_int_equal(bench.result->left_out[1].mode, UB_MODE_RUNTIME);
    for (size_t i = 0; i < 3; i += 2)
        assert_int_equal(ub_sim_bus_device(bench.context->sim, i)->opens, 0);
}

static void running_firmware_is_asked_to_hand_over(void **state)
{
    static const char *const specs[] = {"dfu,mode=runtime", "dfu", "dfu,mode=runtime", NULL};
    static const char *const runtime[] = {"id=1209:0002"};
    struct ub_image *image = bench_image(0, 5000, 6);
    many_open(&bench, specs, 3, "virtual");
    /* without a selector they are left out, and told; the bootloader is done */
    assert_int_equal(many_flash(&bench, image, NULL, &quick), UB_OK);
    assert_int_equal(bench.result->count, 1);
    assert_string_equal(bench.result->items[0].result.port, "1-2");
    assert_left_out_1_and_3();

    /* the same when there is nothing else */
    ub_sim_bus_unplug(bench.context->sim, 1);
    assert_int_equal(many_flash(&bench, image, NULL, &quick), UB_DEV_NONE);
    assert_int_equal(bench.result->count, 0);
    assert_left_out_1_and_3();
    assert_non_null(strstr(bench.err.context[1], "port=1-1 (1209:0002"));
    assert_non_null(strstr(bench.err.context[1], ", port=1-3 (1209:0002"));

    /* nor does a count wait for them in vain without saying so */
    const struct ub_many_options two = {.count = 2, .wait_us = 1000000};
    assert_int_equal(many_flash(&bench, image, &two, &quick), UB_DEV_FEWER);
    assert_non_null(strstr(bench.err.context[1], "port=1-3 (1209:0002"));

    assert_int_equal(flash_named(image, runtime, 1, false), UB_OK);
    assert_int_equal(bench.result->count, 2);
    assert_non_null(many_item(&bench, "1-1"));
    assert_non_null(many_item(&bench, "1-3"));
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(bench.result->items[i].result.device.mode, UB_MODE_DFU);
    assert_int_equal(bench.result->left_out_count, 0);
    ub_image_close(image);
    many_close(&bench);
}

static void a_long_list_ends_with_a_whole_device(void **state)
{
    struct ub_image *image = bench_image(FLASH_BASE, LENGTH, 12);
    struct ub_result result;
    size_t listed = 0;
    open_f405(40);
    assert_int_equal(ub_flash(bench.context, image, NULL, &quick, &result, &bench.err),
                     UB_DEV_SEVERAL);
    for (const char *at = bench.err.context[0]; (at = strstr(at, "port=1-")) != NULL; at++)
        listed++;
    assert_in_range(listed, 3, 39);
    char end[64];
    (void)snprintf(end, sizeof(end), "), and %zu more: unbrick list", 40 - listed);
    const size_t length = strlen(bench.err.context[0]);
    assert_true(length > strlen(end));
    assert_string_equal(bench.err.context[0] + length - strlen(end), end);
    ub_image_close(image);
    many_close(&bench);
}

/** What ub_plan_many() told. */
static struct {
    size_t plans;
    size_t refused;
    size_t found;
    uint64_t predicted_us;
} rehearsal;

static void note_plan(void *user, const struct ub_many_item *item, const struct ub_plan *plan)
{
    struct ub_plan_info sums;
    assert_ptr_equal(user, &bench);
    assert_int_equal(plan == NULL, item->error.code != UB_OK);
    rehearsal.plans += plan != NULL;
    rehearsal.refused += plan == NULL;
    if (!plan)
        return;
    ub_plan_info(plan, &sums);
    assert_int_equal(sums.predicted_us, item->result.predicted_us);
    rehearsal.predicted_us += sums.predicted_us;
}

static void note_found(void *user, const struct ub_device *device, bool taken)
{
    assert_ptr_equal(user, &bench);
    assert_true(taken && device->port[0] != '\0');
    assert_int_equal(bench.confirmations, 0);
    rehearsal.found++;
}

static void a_rehearsal_plans_for_each_and_changes_nothing(void **state)
{
    static const char *const specs[] = {"stm32f405", "stm32f405,rdp", "stm32f405", NULL};
    const struct ub_many_options many = {.planned = note_plan, .found = note_found};
    const struct ub_many_options count = {.count = 3};
    struct ub_image *image = bench_image(FLASH_BASE, LENGTH, 13);
    uint8_t before[LENGTH];
    struct ub_many_result *result = NULL;
    many_open(&bench, specs, 3, "virtual");
    memcpy(before, many_memory(&bench, 0), LENGTH);
    memset(&rehearsal, 0, sizeof(rehearsal));
    assert_int_equal(ub_plan_many(bench.context, image, &many, &quick, &result, &bench.err),
                     UB_DFU_PROTECTED);
    assert_int_equal(rehearsal.found, 3);
    assert_int_equal(rehearsal.plans, 2);
    assert_int_equal(rehearsal.refused, 1);
    assert_true(rehearsal.predicted_us > 0);
    assert_int_equal(result->count, 3);
    assert_int_equal(result->failed, 1);
    assert_string_equal(result->items[result->worst].result.port, "1-2");
    assert_string_equal(result->items[0].result.device.family, "STM32F405");
    assert_int_equal(bench.confirmations, 0);
    assert_memory_equal(many_memory(&bench, 0), before, LENGTH);
    ub_many_free(result);
    assert_int_equal(ub_plan_many(bench.context, image, &count, &quick, &result, &bench.err),
                     UB_USE_CONFLICT);
    ub_many_free(result);
    ub_image_close(image);
    many_close(&bench);
}

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

static void a_count_waits_for_that_many(void **state)
{
    static const struct incident incidents[] = {{3 * S, 1, PLUG}, {7 * S, 2, PLUG}};
    const struct ub_many_options three = {.count = 3, .wait_us = 60 * S};
    const struct ub_many_options two = {.count = 2, .wait_us = 60 * S};
    struct ub_image *image = bench_image(FLASH_BASE, LENGTH, 7);
    open_f405(3);
    ub_sim_bus_unplug(bench.context->sim, 1);
    ub_sim_bus_unplug(bench.context->sim, 2);
    assert_int_equal(flash_during(incidents, COUNT(incidents), image, &three, &quick), UB_OK);
    assert_int_equal(bench.result->count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_done(i, 7);
    struct ub_clock clock = ub_sim_bus_clock(bench.context->sim);
    assert_in_range(ub_now(&clock), 7 * S, 20 * S);

    /* more than were counted: somebody is mistaken */
    assert_int_equal(many_flash(&bench, image, &two, &quick), UB_DEV_SEVERAL);
    assert_int_equal(bench.result->count, 0);
    assert_non_null(strstr(bench.err.message, "3 devices fit, 1 more than were asked for"));
    ub_image_close(image);
    many_close(&bench);
}

static void a_count_that_is_not_reached_ends(void **state)
{
    static const struct incident stop[] = {{30 * S, 0, CANCEL}};
    const struct ub_many_options minute = {.count = 3, .wait_us = 60 * S};
    const struct ub_many_options for_ever = {.count = 3};
    struct ub_image *image = bench_image(FLASH_BASE, LENGTH, 8);
    open_f405(2);
    struct ub_clock clock = ub_sim_bus_clock(bench.context->sim);
    assert_int_equal(many_flash(&bench, image, &minute, &quick), UB_DEV_FEWER);
    assert_in_range(ub_now(&clock), 60 * S, 61 * S);
    assert_int_equal(bench.result->count, 0);
    assert_int_equal(bench.confirmations, 0);
    assert_non_null(strstr(bench.err.context[0], "port=1-1 ("));
    assert_non_null(strstr(bench.err.context[0], "), port=1-2 ("));
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(ub_sim_bus_device(bench.context->sim, i)->opens, 0);
    assert_int_equal(flash_during(stop, COUNT(stop), image, &for_ever, &quick), UB_SYS_INTERRUPTED);
    assert_int_equal(bench.result->count, 0);
    ub_image_close(image);
    many_close(&bench);
}

static size_t times_done(const char *port)
{
    size_t times = 0;
    for (size_t i = 0; i < bench.result->count; i++)
        times += strcmp(bench.result->items[i].result.port, port) == 0;
    return times;
}

static void a_station_does_each_device_once(void **state)
{
    static const struct incident incidents[] = {
        {20 * S, 2, PLUG},   {20 * S, 3, PLUG}, {40 * S, 0, UNPLUG}, {45 * S, 0, PLUG},
        {70 * S, 3, UNPLUG}, {71 * S, 3, PLUG}, {100 * S, 0, CANCEL}};
    static const struct ub_flash_options no_backup = {.no_backup = true};
    const struct ub_many_options watch = {.watch = true};
    struct ub_image *image = bench_image(0, 5000, 9);
    static const char *const dfu[] = {"dfu", NULL};
    many_open(&bench, dfu, 4, "virtual");
    ub_sim_bus_unplug(bench.context->sim, 2);
    ub_sim_bus_unplug(bench.context->sim, 3);
    assert_int_equal(flash_during(incidents, COUNT(incidents), image, &watch, &no_backup), UB_OK);
    assert_int_equal(bench.confirmations, 1);
    assert_string_equal(bench.question, "Write test.bin to the 2 devices at 1-1, 1-2, and to each "
                                        "device that fits and is plugged in from now on?");
    assert_int_equal(times_done("1-1"), 2);
    assert_int_equal(times_done("1-2"), 1);
    assert_int_equal(times_done("1-3"), 1);
    assert_int_equal(times_done("1-4"), 2);
    assert_int_equal(bench.result->failed, 0);
    for (size_t i = 0; i < bench.result->count; i++) {
        assert_true(bench.result->items[i].result.came_back); /* and was not taken for a new one */
        assert_int_equal(bench.result->items[i].result.left, UB_LEFT_DONE);
    }
    ub_image_close(image);
    many_close(&bench);
}

static void a_station_takes_what_comes_back_by_itself_for_the_same(void **state)
{
    /* named by its runtime id the firmware that was started fits too */
    static const struct incident incidents[] = {{S / 10, 1, UNPLUG},
                                                {S, 1, PLUG},
                                                {30 * S, 0, UNPLUG},
                                                {35 * S, 0, PLUG},
                                                {60 * S, 0, CANCEL}};
    static const char *const specs[] = {"dfu,mode=runtime", "dfu", NULL};
    static const char *const both[] = {"id=1209:0002", "id=1209:0003"};
    static const struct ub_flash_options no_backup = {.no_backup = true};
    const struct ub_many_options watch = {.watch = true, .selectors = both, .selector_count = 2};
    struct ub_image *image = bench_image(0, 5000, 10);
    many_open(&bench, specs, 2, "virtual");
    (void)flash_during(incidents, COUNT(incidents), image, &watch, &no_backup);
    assert_int_equal(times_done("1-1"), 2);
    assert_int_equal(times_done("1-2"), 1); /* it failed, came back, and is left alone */
    assert_int_equal(bench.result->failed, 1);
    assert_int_not_equal(many_item(&bench, "1-2")->error.code, UB_OK);
    ub_image_close(image);
    many_close(&bench);
}

static void a_station_without_devices_waits_and_ends(void **state)
{
    static const struct incident stop[] = {{30 * S, 0, CANCEL}};
    const struct ub_many_options watch = {.watch = true};
    struct ub_image *image = bench_image(FLASH_BASE, LENGTH, 11);
    open_f405(1);
    ub_sim_bus_unplug(bench.context->sim, 0);
    assert_int_equal(flash_during(stop, COUNT(stop), image, &watch, &quick), UB_OK);
    assert_int_equal(bench.result->count, 0);
    assert_string_equal(bench.question, "Write test.bin to each device that fits and is plugged in "
                                        "from now on?");
    ub_image_close(image);
    many_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixty_four_are_backed_up_written_and_verified),
        cmocka_unit_test(one_that_fails_stops_none_of_the_others),
        cmocka_unit_test(the_order_of_what_is_worse),
        cmocka_unit_test(stopping_stops_all_in_a_known_state),
        cmocka_unit_test(one_question_names_image_and_ports),
        cmocka_unit_test(devices_are_named_by_selectors),
        cmocka_unit_test(running_firmware_is_asked_to_hand_over),
        cmocka_unit_test(a_long_list_ends_with_a_whole_device),
        cmocka_unit_test(a_rehearsal_plans_for_each_and_changes_nothing),
        cmocka_unit_test(a_count_waits_for_that_many),
        cmocka_unit_test(a_count_that_is_not_reached_ends),
        cmocka_unit_test(a_station_does_each_device_once),
        cmocka_unit_test(a_station_takes_what_comes_back_by_itself_for_the_same),
        cmocka_unit_test(a_station_without_devices_waits_and_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
