/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A trace in the place of the bus: it answers what it holds, says what it does not, and lets things
 * happen when they happened. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "trace_bus.h"
#include "usb/replay.h"
#include "usb/trace.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER                                                                                     \
    "{\"format\":\"unbrick-trace\",\"version\":1,\"unbrick\":\"0.1.0\","                           \
    "\"started\":\"2026-11-22T20:00:00Z\",\"transport\":\"test\"}\n"
#define AT(time, op)   "{\"at\":" #time ",\"op\":\"" op "\",\"port\":\"1-1\",\"gen\":1,\"took\":10"
#define AT_2(time, op) "{\"at\":" #time ",\"op\":\"" op "\",\"port\":\"1-1\",\"gen\":2,\"took\":10"
#define DEVICE                                                                                     \
    ",\"speed\":\"full\",\"vid\":\"1209\",\"pid\":\"0003\",\"bcdDevice\":\"0100\","                \
    "\"manufacturer\":\"m\",\"product\":\"p\",\"serial\":\"s\",\"config\":\"090209\"}\n"
#define ASK(time, setup, data)                                                                     \
    AT(time, "control") ",\"setup\":\"" setup "\",\"limit_ms\":50,\"data\":\"" data "\"}\n"
#define TELL(time, setup, data)                                                                    \
    AT(time, "control")                                                                            \
    ",\"setup\":\"" setup "\",\"limit_ms\":50,\"data\":\"" data "\",\"actual\":2}\n"
#define FAIL(time, setup, code)                                                                    \
    AT(time, "control")                                                                            \
    ",\"setup\":\"" setup "\",\"limit_ms\":50,\"code\":\"" code "\",\"message\":\"it failed\"}\n"

#define STATUS "a1 03 0000 0000 0002"
#define UPLOAD "a1 02 0002 0000 0004"
#define BLOCK  "21 01 0002 0000 0002"

/* A life of a device: two readings around one write. */
#define STORY                                                                                      \
    HEADER AT(0, "attach")                                                                         \
        DEVICE AT(0, "open") "}\n" AT(10, "claim") ",\"interface\":0}\n" ASK(20, STATUS, "0001")   \
            ASK(30, UPLOAD, "aabbccdd") ASK(40, UPLOAD, "aabbcc") ASK(1000, STATUS, "0002")        \
                AT(1010, "alt") ",\"interface\":0,\"alt\":1}\n" TELL(1020, BLOCK, "0102") ASK(     \
                    1030, STATUS, "0003") ASK(1040, STATUS, "0004") TELL(1050, BLOCK, "0304")      \
                    FAIL(1060, STATUS, "UB-USB-001") ASK(1070, UPLOAD, "11223344")                 \
                        AT(1080, "reset") ",\"code\":\"UB-USB-004\",\"message\":\"left\"}\n" AT(   \
                            1090, "close") "}\n"

static struct ub_replay *replay;
static struct ub_transport bus;
static struct ub_clock clock_;
static struct ub_error err;
static uint8_t data[64];
static uint16_t actual;

static void begin(const char *text, bool lenient)
{
    const struct ub_replay_options options = {.lenient = lenient};
    enum ub_code code = ub_replay_open_text(text, strlen(text), &options, &replay, &err);
    if (code)
        print_error("%s\n", err.message);
    assert_int_equal(code, UB_OK);
    bus = ub_replay_transport(replay);
    clock_ = ub_replay_clock(replay);
}

static struct ub_replay_report end(void)
{
    struct ub_replay_report report;
    ub_replay_report(replay, &report);
    bus.ops->destroy(bus.self);
    ub_replay_close(replay);
    return report;
}

static struct ub_usb_handle *open_it(void)
{
    struct ub_usb_handle *handle = NULL;
    struct ub_usb_list list;
    assert_int_equal(bus.ops->enumerate(bus.self, &list, NULL), UB_OK);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.items[0].port, "1-1");
    assert_int_equal(list.items[0].vid, 0x1209);
    assert_int_equal(list.items[0].config_length, 3);
    ub_usb_list_free(&list);
    assert_int_equal(bus.ops->open(bus.self, "1-1", &handle, NULL), UB_OK);
    return handle;
}

static enum ub_code control(struct ub_usb_handle *handle, const char *text, const char *sent)
{
    struct ub_setup setup;
    assert_true(ub_parse_setup(text, &setup));
    memset(data, 0, sizeof(data));
    if (sent)
        assert_true(ub_parse_hex(sent, data, setup.wLength));
    return bus.ops->control(bus.self, handle, &setup, data, 50, &actual, &err);
}

#define assert_answer(handle, text, count, first, last)                                            \
    do {                                                                                           \
        assert_int_equal(control(handle, text, NULL), UB_OK);                                      \
        assert_int_equal(actual, count);                                                           \
        assert_int_equal(data[0], first);                                                          \
        assert_int_equal(data[(count)-1], last);                                                   \
    } while (0)

static void the_same_calls_get_the_same_answers(void **state)
{
    (void)state;
    begin(STORY, false);
    assert_string_equal(bus.ops->name, "replay");
    assert_null(bus.ops->control_queue); /* what was recorded has none */
    struct ub_usb_handle *handle = open_it();
    assert_int_equal(bus.ops->claim(bus.self, handle, 0, &err), UB_OK);
    assert_answer(handle, STATUS, 2, 0, 1);
    assert_answer(handle, UPLOAD, 4, 0xaa, 0xdd);
    assert_answer(handle, UPLOAD, 3, 0xaa, 0xcc);
    assert_int_equal(ub_now(&clock_), 50);
    ub_sleep(&clock_, 300); /* the rest of the pause was the program's own work */
    assert_answer(handle, STATUS, 2, 0, 2);
    assert_int_equal(ub_now(&clock_), 1010);
    assert_int_equal(bus.ops->set_alt(bus.self, handle, 0, 1, &err), UB_OK);
    assert_int_equal(control(handle, BLOCK, "0102"), UB_OK);
    assert_int_equal(actual, 2);
    assert_answer(handle, STATUS, 2, 0, 3);
    assert_answer(handle, STATUS, 2, 0, 4);
    assert_int_equal(control(handle, BLOCK, "0304"), UB_OK);
    assert_int_equal(control(handle, STATUS, NULL), UB_USB_STALL);
    assert_string_equal(err.message, "it failed");
    assert_true(err.raw.has_transfer);
    assert_int_equal(err.raw.bRequest, 3);
    assert_answer(handle, UPLOAD, 4, 0x11, 0x44);
    assert_int_equal(bus.ops->reset(bus.self, handle, &err), UB_USB_GONE);
    bus.ops->close(bus.self, handle);
    assert_int_equal(ub_replay_verdict(replay, NULL, &err), UB_OK);
    struct ub_replay_report report = end();
    assert_int_equal(report.recorded, 15);
    assert_int_equal(report.played, 15);
    assert_int_equal(report.liberties, 0);
    assert_false(report.differs);
}

static void a_difference_is_named_and_ends_it(void **state)
{
    (void)state;
    begin(STORY, false);
    struct ub_usb_handle *handle = open_it();
    assert_int_equal(bus.ops->claim(bus.self, handle, 0, &err), UB_OK);
    assert_int_equal(control(handle, UPLOAD, NULL), UB_USB_REPLAY);
    assert_non_null(strstr(err.message, "\"" STATUS "\""));
    assert_non_null(strstr(err.message, "line 5"));
    assert_non_null(strstr(err.message, "asked was \"" UPLOAD "\""));
    assert_int_equal(err.raw.wLength, 4);
    /* what would have been right is refused too: nobody takes the rest for a success */
    assert_int_equal(control(handle, STATUS, NULL), UB_USB_REPLAY);
    assert_non_null(strstr(err.message, UPLOAD));
    assert_int_equal(bus.ops->set_alt(bus.self, handle, 0, 1, &err), UB_USB_REPLAY);
    bus.ops->close(bus.self, handle);
    assert_int_equal(bus.ops->open(bus.self, "1-1", &handle, &err), UB_USB_REPLAY);
    assert_int_equal(ub_replay_verdict(replay, "1-2", NULL), UB_OK);
    assert_int_equal(ub_replay_verdict(replay, "1-1", NULL), UB_USB_REPLAY);
    assert_int_equal(ub_replay_verdict(replay, NULL, &err), UB_USB_REPLAY);
    assert_non_null(strstr(err.message, UPLOAD));
    assert_true(end().differs);
}

static void other_data_is_a_difference(void **state)
{
    (void)state;
    begin(HEADER AT(0, "attach") DEVICE AT(0, "open") "}\n" TELL(10, BLOCK, "0102"), false);
    struct ub_usb_handle *handle = open_it();
    assert_int_equal(control(handle, BLOCK, "0103"), UB_USB_REPLAY);
    assert_non_null(strstr(err.message, "other data from byte 1 on"));
    bus.ops->close(bus.self, handle);
    (void)end();
}

static void the_end_of_the_trace_is_a_difference(void **state)
{
    (void)state;
    begin(HEADER AT(0, "attach") DEVICE AT(0, "open") "}\n" ASK(10, STATUS, "0001"), false);
    struct ub_usb_handle *handle = open_it();
    assert_answer(handle, STATUS, 2, 0, 1);
    assert_int_equal(control(handle, STATUS, NULL), UB_USB_REPLAY);
    assert_non_null(strstr(err.message, "the trace holds nothing behind line 4, asked was "));
    bus.ops->close(bus.self, handle);
    (void)end();
    /* a recording that was cut off closes nothing, which is no difference */
    begin(HEADER AT(0, "attach") DEVICE AT(0, "open") "}\n", false);
    handle = open_it();
    bus.ops->close(bus.self, handle);
    assert_false(end().differs);
}

static void a_call_of_another_kind_is_a_difference(void **state)
{
    (void)state;
    begin(STORY, false);
    struct ub_usb_handle *handle = open_it();
    assert_int_equal(bus.ops->claim(bus.self, handle, 1, &err), UB_USB_REPLAY);
    assert_non_null(strstr(err.message, "claim"));
    bus.ops->close(bus.self, handle);
    (void)end();
    begin(STORY, false);
    handle = open_it();
    bus.ops->close(bus.self, handle);
    assert_int_equal(ub_replay_verdict(replay, NULL, &err), UB_USB_REPLAY);
    assert_non_null(strstr(err.message, "asked was close"));
    (void)end();
}

#define WAIT(time, took, generation, came)                                                         \
    "{\"at\":" #time ",\"op\":\"wait\",\"port\":\"1-1\",\"gen\":" #generation                      \
    ",\"limit_ms\":200,\"changed\":" came ",\"took\":" #took "}\n"

/* It leaves 300 ms after the request that makes it, and comes back as another 500 ms later. */
#define LEAVING                                                                                    \
    HEADER AT(0, "attach") DEVICE AT(1000, "open") "}\n" TELL(2000, BLOCK, "0102")                 \
        AT(3000, "close") "}\n" AT(303010, "detach") "}\n" AT_2(803010, "attach")                  \
            DEVICE AT_2(810000, "open") "}\n" AT_2(820000, "close") "}\n"

static uint32_t generation_there(void)
{
    struct ub_usb_list list;
    assert_int_equal(bus.ops->enumerate(bus.self, &list, NULL), UB_OK);
    uint32_t generation = list.count ? list.items[0].generation : 0;
    ub_usb_list_free(&list);
    return generation;
}

static void things_happen_as_long_after_their_cause_as_they_did(void **state)
{
    bool changed;
    (void)state;
    for (int lenient = 0; lenient < 2; lenient++) {
        begin(LEAVING, lenient);
        ub_sleep(&clock_, 60000000); /* a minute in which nothing happens by itself */
        assert_int_equal(bus.ops->wait_change(bus.self, 0, &changed, NULL), UB_OK);
        assert_true(changed); /* it was there from the beginning */
        struct ub_usb_handle *handle = open_it();
        assert_int_equal(control(handle, BLOCK, "0102"), UB_OK);
        bus.ops->close(bus.self, handle);
        const uint64_t start = ub_now(&clock_);
        assert_int_equal(generation_there(), 1);
        assert_int_equal(bus.ops->wait_change(bus.self, 200000, &changed, NULL), UB_OK);
        assert_false(changed);
        assert_int_equal(ub_now(&clock_), start + 200000);
        assert_int_equal(bus.ops->wait_change(bus.self, 200000, &changed, NULL), UB_OK);
        assert_true(changed);
        assert_int_equal(generation_there(), 0);
        assert_in_range(ub_now(&clock_), start + 299000, start + 301100);
        assert_int_equal(bus.ops->open(bus.self, "1-1", &handle, &err), UB_DEV_GONE);
        assert_int_equal(bus.ops->wait_change(bus.self, 9000000, &changed, NULL), UB_OK);
        assert_true(changed);
        assert_in_range(ub_now(&clock_), start + 799000, start + 801100);
        assert_int_equal(generation_there(), 2);
        assert_int_equal(bus.ops->wait_change(bus.self, 9000000, &changed, NULL), UB_OK);
        assert_false(changed);
        assert_int_equal(bus.ops->open(bus.self, "1-1", &handle, &err), UB_OK);
        bus.ops->close(bus.self, handle);
        struct ub_replay_report report = end();
        assert_int_equal(report.played, report.recorded);
    }
}

static void a_port_can_be_waited_for(void **state)
{
    struct ub_usb_info info;
    bool came;
    (void)state;
    begin(LEAVING, false);
    struct ub_usb_handle *handle = open_it();
    assert_int_equal(control(handle, BLOCK, "0102"), UB_OK);
    bus.ops->close(bus.self, handle);
    assert_int_equal(bus.ops->wait_port(bus.self, "1-1", 0, 0, &info, &came, NULL), UB_OK);
    assert_true(came); /* whatever it is */
    assert_int_equal(info.generation, 1);
    free(info.config);
    const uint64_t start = ub_now(&clock_);
    assert_int_equal(bus.ops->wait_port(bus.self, "1-1", 1, 500000, &info, &came, NULL), UB_OK);
    assert_false(came);
    assert_int_equal(ub_now(&clock_), start + 500000);
    assert_int_equal(bus.ops->wait_port(bus.self, "1-1", 1, 500000, &info, &came, NULL), UB_OK);
    assert_true(came);
    assert_int_equal(info.generation, 2);
    assert_int_equal(info.config_length, 3);
    free(info.config);
    assert_int_equal(ub_now(&clock_), start + 800000);
    assert_int_equal(bus.ops->wait_port(bus.self, "7-7", 0, 1000, &info, &came, NULL), UB_OK);
    assert_false(came);
    assert_int_equal(ub_now(&clock_), start + 801000);
    (void)end();
}

/* The recording's own work took 40 ms that the replay does not need: the last look came too early
 * by the clock, and is the one that saw it all the same. */
static void the_look_that_saw_a_change_sees_it_again(void **state)
{
    static const char text[] = HEADER AT(0, "attach")
        DEVICE AT(0, "open") "}\n" AT(10, "close") "}\n" WAIT(20, 200020, 1, "false")
            WAIT(240000, 1, 1, "false") WAIT(240010, 1, 0, "false") AT(240020, "detach") "}\n";
    struct ub_usb_info info;
    bool came;
    (void)state;
    begin(text, false);
    bus.ops->close(bus.self, open_it());
    assert_int_equal(bus.ops->wait_port(bus.self, "1-1", 1, 200000, &info, &came, NULL), UB_OK);
    assert_false(came);
    assert_int_equal(generation_there(), 1);
    assert_int_equal(bus.ops->wait_port(bus.self, "1-1", 1, 0, &info, &came, NULL), UB_OK);
    assert_false(came);
    assert_int_equal(generation_there(), 1);
    assert_int_equal(bus.ops->wait_port(bus.self, "1-1", 0, 0, &info, &came, NULL), UB_OK);
    assert_false(came);
    assert_int_equal(generation_there(), 0);
    (void)end();
}

static void leniently_an_order_of_its_own_is_borne(void **state)
{
    (void)state;
    begin(STORY, true);
    struct ub_usb_handle *handle = open_it();
    /* no claim; one reading instead of two; questions out of order and too many */
    assert_answer(handle, UPLOAD, 4, 0xaa, 0xdd);
    assert_answer(handle, STATUS, 2, 0, 2);
    assert_answer(handle, STATUS, 2, 0, 2);
    assert_answer(handle, UPLOAD, 3, 0xaa, 0xcc);
    assert_int_equal(bus.ops->set_alt(bus.self, handle, 0, 1, &err), UB_OK);
    assert_int_equal(control(handle, BLOCK, "0102"), UB_OK);
    /* the reading after the write is not answered with what it held before... */
    assert_answer(handle, STATUS, 2, 0, 3);
    assert_answer(handle, STATUS, 2, 0, 4);
    assert_answer(handle, STATUS, 2, 0, 4);
    /* ...nor does a question skip a write */
    assert_int_equal(control(handle, BLOCK, "0304"), UB_OK);
    assert_answer(handle, UPLOAD, 4, 0x11, 0x44);
    assert_int_equal(control(handle, STATUS, NULL), UB_USB_STALL);
    assert_int_equal(control(handle, BLOCK, "9999"), UB_OK); /* the same request with other data */
    assert_int_equal(control(handle, "21 01 0003 0000 0002", "0102"), UB_USB_REPLAY);
    assert_non_null(strstr(err.message, "21 01 0003 0000 0002"));
    assert_int_equal(control(handle, "a1 02 0002 0000 0040", NULL), UB_USB_REPLAY);
    assert_int_equal(bus.ops->set_alt(bus.self, handle, 0, 9, &err), UB_USB_REPLAY);
    assert_int_equal(control(handle, BLOCK, "0102"), UB_OK); /* and goes on */
    bus.ops->close(bus.self, handle);
    assert_int_equal(ub_replay_verdict(replay, NULL, &err), UB_OK);
    struct ub_replay_report report = end();
    assert_true(report.liberties > 0);
    assert_true(report.differs);
}

static void leniently_a_device_can_be_opened_again(void **state)
{
    (void)state;
    begin(STORY, true);
    struct ub_usb_handle *handle = open_it();
    assert_answer(handle, STATUS, 2, 0, 1);
    bus.ops->close(bus.self, handle);
    handle = open_it();
    assert_int_equal(bus.ops->claim(bus.self, handle, 0, &err), UB_OK);
    assert_answer(handle, UPLOAD, 4, 0xaa, 0xdd); /* nothing was written since */
    bus.ops->close(bus.self, handle);
    (void)end();
}

#define QUEUED(time, setup, data, rest)                                                            \
    "{\"at\":" #time ",\"op\":\"control\",\"port\":\"1-1\",\"gen\":1,\"setup\":\"" setup           \
    "\",\"limit_ms\":50,\"queue\":1," data "\"took\":1000" rest "}\n"
#define LATE ",\"code\":\"UB-USB-002\",\"message\":\"no answer\""

#define WITH_QUEUE                                                                                 \
    "{\"format\":\"unbrick-trace\",\"version\":1,\"unbrick\":\"0.1.0\",\"started\":\"\","          \
    "\"queue\":true,"                                                                              \
    "\"transport\":\"test\"}\n"

static void a_queue_takes_its_time_once_and_ends_as_it_did(void **state)
{
    static const char text[] = WITH_QUEUE AT(0, "attach")
        DEVICE AT(0, "open") "}\n" QUEUED(100, STATUS, "\"data\":\"0001\",", "")
            QUEUED(100, STATUS, "", LATE) QUEUED(100, STATUS, "", LATE) ASK(2000, STATUS, "0009");
    uint8_t answers[3][2];
    struct ub_transfer queue[3];
    (void)state;
    begin(text, false);
    assert_non_null(bus.ops->control_queue);
    struct ub_usb_handle *handle = open_it();
    for (int i = 0; i < 3; i++) {
        queue[i] = (struct ub_transfer){.data = answers[i], .timeout_ms = 50};
        assert_true(ub_parse_setup(STATUS, &queue[i].setup));
    }
    assert_int_equal(ub_control_queue(&bus, handle, queue, 3, &err), UB_USB_TIMEOUT);
    assert_string_equal(err.message, "no answer");
    assert_int_equal(queue[0].code, UB_OK);
    assert_int_equal(answers[0][1], 1);
    assert_int_equal(queue[1].code, UB_USB_TIMEOUT);
    assert_int_equal(queue[2].code, UB_USB_TIMEOUT);
    assert_in_range(ub_now(&clock_), 700, 1100); /* the third's share is not waited for */
    assert_answer(handle, STATUS, 2, 0, 9);
    assert_int_equal(ub_now(&clock_), 2010);
    bus.ops->close(bus.self, handle);
    assert_false(end().differs);
}

static void a_clock_of_its_own_can_be_given(void **state)
{
    struct ub_virtual_time time = {.now = 777000};
    const struct ub_clock mine = ub_clock_virtual(&time);
    const struct ub_replay_options options = {.clock = &mine};
    (void)state;
    assert_int_equal(ub_replay_open_text(STORY, sizeof(STORY) - 1, &options, &replay, &err), UB_OK);
    bus = ub_replay_transport(replay);
    clock_ = ub_replay_clock(replay);
    struct ub_usb_handle *handle = open_it();
    assert_int_equal(bus.ops->claim(bus.self, handle, 0, &err), UB_OK);
    assert_int_equal(time.now, 777020);
    bus.ops->close(bus.self, handle);
    (void)end();
}

static void traces_of_nothing_are_told_from_wrong_ones(void **state)
{
    struct ub_usb_list list;
    (void)state;
    begin(HEADER, false);
    assert_int_equal(generation_there(), 0);
    (void)end();
    begin(HEADER "{\"at\":0,\"op\":\"list\",\"took\":1,\"code\":\"UB-USB-007\",\"message\":\"no "
                 "bus\"}\n",
          false);
    assert_int_equal(bus.ops->enumerate(bus.self, &list, &err), UB_USB_INIT);
    assert_string_equal(err.message, "no bus");
    (void)end();
    assert_int_equal(ub_replay_open_text(HEADER AT(0, "open") "}\n",
                                         strlen(HEADER AT(0, "open") "}\n"), NULL, &replay, &err),
                     UB_USE_TRACE);
    assert_non_null(strstr(err.message, "line 2"));
    assert_int_equal(ub_replay_open("/nowhere", NULL, &replay, &err), UB_USE_TRACE);
    ub_replay_close(NULL);
    /* what could not be opened was not there, and is no part of the story */
    begin(HEADER "{\"at\":0,\"op\":\"open\",\"port\":\"1-1\",\"gen\":0,\"took\":1,\"code\":"
                 "\"UB-DEV-005\",\"message\":\"gone\"}\n",
          false);
    struct ub_usb_handle *handle;
    assert_int_equal(bus.ops->open(bus.self, "1-1", &handle, &err), UB_DEV_GONE);
    (void)end();
}

/* Asks for a recorded call just as it was, and compares what comes. */
static void ask_for(const struct ub_trace_record *record, struct ub_usb_handle **handle)
{
    static uint8_t buffer[65536];
    enum ub_code code = UB_OK;
    switch (record->op) {
    case UB_TRACE_OPEN:
        code = bus.ops->open(bus.self, record->port, handle, &err);
        break;
    case UB_TRACE_CLOSE:
        bus.ops->close(bus.self, *handle);
        *handle = NULL;
        break;
    case UB_TRACE_CLAIM:
        code = bus.ops->claim(bus.self, *handle, record->interface, &err);
        break;
    case UB_TRACE_ALT:
        code = bus.ops->set_alt(bus.self, *handle, (uint8_t)record->setup.wIndex,
                                (uint8_t)record->setup.wValue, &err);
        break;
    case UB_TRACE_RESET:
        code = bus.ops->reset(bus.self, *handle, &err);
        break;
    default:
        if (record->length)
            memcpy(buffer, record->data, record->length);
        if (record->setup.bmRequestType & UB_SETUP_IN)
            memset(buffer, 0x5a, sizeof(buffer));
        code = bus.ops->control(bus.self, *handle, &record->setup, buffer, record->timeout_ms,
                                &actual, &err);
        assert_int_equal(actual, record->actual);
        if (record->length)
            assert_memory_equal(buffer, record->data, record->length);
        break;
    }
    if (code != record->code)
        print_error("%s\n", err.message);
    assert_int_equal(code, record->code);
    if (code)
        assert_string_equal(err.message, record->message);
}

/* Waits until the device that the record is about is there. */
static void wait_for(const struct ub_trace_record *record)
{
    struct ub_usb_info info;
    bool came = false;
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(bus.ops->wait_port(bus.self, record->port, 0, 0, &info, &came, NULL),
                         UB_OK);
        if (came)
            free(info.config);
        if (came && info.generation == record->generation)
            return;
        ub_sleep(&clock_, 100000);
    }
    fail_msg("generation %u never came to %s", record->generation, record->port);
}

/* One device of the samples is in hand at a time. */
static void a_file_answers_itself(const char *path)
{
    struct ub_trace *trace = NULL;
    struct ub_usb_handle *handle = NULL;
    size_t calls = 0;
    assert_int_equal(ub_trace_read(path, &trace, &err), UB_OK);
    assert_int_equal(ub_replay_open(path, NULL, &replay, &err), UB_OK);
    bus = ub_replay_transport(replay);
    clock_ = ub_replay_clock(replay);
    for (size_t i = 0; i < trace->count; i++) {
        const struct ub_trace_record *record = &trace->records[i];
        if (record->op == UB_TRACE_LIST || record->op == UB_TRACE_ATTACH ||
            record->op == UB_TRACE_DETACH || record->op == UB_TRACE_WAIT)
            continue;
        if (record->op == UB_TRACE_OPEN)
            wait_for(record);
        ask_for(record, &handle);
        calls++;
    }
    assert_null(handle);
    assert_int_equal(ub_replay_verdict(replay, NULL, &err), UB_OK);
    struct ub_replay_report report = end();
    assert_true(calls > 10);
    assert_int_equal(report.recorded, calls);
    assert_int_equal(report.played, calls);
    ub_trace_free(trace);
}

/* Traces that earlier versions wrote can be replayed for ever (docs/traces.md). */
static void the_samples_in_the_tree_still_replay(void **state)
{
    const char *repo = getenv("REPO");
    char folder[512];
    unsigned count = 0;
    (void)state;
    assert_non_null(repo);
    assert_true(ub_print(folder, sizeof(folder), "%s/tests/usb/data", repo));
    DIR *list = opendir(folder);
    assert_non_null(list);
    for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
        char path[1024];
        if (!strstr(entry->d_name, ".trace"))
            continue;
        assert_true(ub_print(path, sizeof(path), "%s/%s", folder, entry->d_name));
        a_file_answers_itself(path);
        count++;
    }
    assert_int_equal(closedir(list), 0);
    assert_true(count >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_calls_get_the_same_answers),
        cmocka_unit_test(a_difference_is_named_and_ends_it),
        cmocka_unit_test(other_data_is_a_difference),
        cmocka_unit_test(the_end_of_the_trace_is_a_difference),
        cmocka_unit_test(a_call_of_another_kind_is_a_difference),
        cmocka_unit_test(things_happen_as_long_after_their_cause_as_they_did),
        cmocka_unit_test(a_port_can_be_waited_for),
        cmocka_unit_test(the_look_that_saw_a_change_sees_it_again),
        cmocka_unit_test(leniently_an_order_of_its_own_is_borne),
        cmocka_unit_test(leniently_a_device_can_be_opened_again),
        cmocka_unit_test(a_queue_takes_its_time_once_and_ends_as_it_did),
        cmocka_unit_test(a_clock_of_its_own_can_be_given),
        cmocka_unit_test(traces_of_nothing_are_told_from_wrong_ones),
        cmocka_unit_test(the_samples_in_the_tree_still_replay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
