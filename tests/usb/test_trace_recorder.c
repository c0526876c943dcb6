/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A recorder passes everything on and writes it down; whatever becomes of the file, the work goes
 * on.
 */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "trace_bus.h"
#include "usb/trace.h"
#include "usb/trace_recorder.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct trace_bus bus;
static struct ub_recorder *recorder;
static struct ub_transport transport;
static char path[128];

static const struct ub_setup ask = {
    .bmRequestType = 0xa1, .bRequest = 3, .wValue = 4, .wLength = 6};
static const struct ub_setup tell = {
    .bmRequestType = 0x21, .bRequest = 1, .wValue = 2, .wLength = 3};

static void begin(const char *name)
{
    trace_bus_open(&bus);
    trace_bus_file(path, sizeof(path), name);
    const struct ub_transport inner = trace_bus_transport(&bus);
    assert_int_equal(ub_recorder_open(path, &inner, bus.clock, &recorder, NULL), UB_OK);
    transport = ub_recorder_transport(recorder);
}

static struct ub_trace *end(void)
{
    struct ub_trace *trace = NULL;
    transport.ops->destroy(transport.self);
    assert_true(bus.destroyed);
    assert_int_equal(ub_trace_read(path, &trace, NULL), UB_OK);
    trace_bus_remove(path);
    return trace;
}

static size_t look(void)
{
    struct ub_usb_list list;
    assert_int_equal(transport.ops->enumerate(transport.self, &list, NULL), UB_OK);
    size_t count = list.count;
    ub_usb_list_free(&list);
    return count;
}

static struct ub_usb_handle *open_port(const char *port)
{
    struct ub_usb_handle *handle = NULL;
    assert_int_equal(transport.ops->open(transport.self, port, &handle, NULL), UB_OK);
    return handle;
}

/* The records' operations as letters, in order. */
static void assert_ops(const struct ub_trace *trace, const char *letters)
{
    static const char names[] = "LADOoCacRW"; /* as enum ub_trace_op */
    char found[64] = "";
    for (size_t i = 0; i < trace->count; i++)
        (void)ub_append(found, sizeof(found), "%c", names[trace->records[i].op]);
    assert_string_equal(found, letters);
}

static void every_call_is_passed_on_and_written_down(void **state)
{
    uint8_t data[8] = {1, 2, 3};
    uint16_t actual = 99;
    struct ub_error err;
    bool changed = true;
    (void)state;
    begin("x.trace");
    assert_string_equal(transport.ops->name, "test");
    bus.there[0] = true;
    assert_int_equal(look(), 1);
    struct ub_usb_handle *handle = open_port("1-1");
    assert_int_equal(transport.ops->claim(transport.self, handle, 0, NULL), UB_OK);
    assert_int_equal(transport.ops->claim(transport.self, handle, 9, &err), UB_DEV_BUSY);
    assert_string_equal(err.message, "somebody has it");
    assert_int_equal(transport.ops->set_alt(transport.self, handle, 0, 2, NULL), UB_OK);
    assert_int_equal(
        transport.ops->control(transport.self, handle, &tell, data, 500, &actual, NULL), UB_OK);
    assert_int_equal(actual, 3);
    assert_int_equal(transport.ops->control(transport.self, handle, &ask, data, 700, &actual, NULL),
                     UB_OK);
    assert_int_equal(actual, 4);
    assert_int_equal(data[3], 3);
    struct ub_setup bad = ask;
    bad.bRequest = 0xee;
    assert_int_equal(transport.ops->control(transport.self, handle, &bad, data, 700, &actual, NULL),
                     UB_USB_STALL);
    assert_int_equal(transport.ops->wait_change(transport.self, 250000, &changed, NULL), UB_OK);
    assert_false(changed);
    assert_int_equal(transport.ops->reset(transport.self, handle, NULL), UB_USB_GONE);
    transport.ops->close(transport.self, handle);
    transport.ops->close(transport.self, NULL);

    struct ub_trace *trace = end();
    assert_ops(trace, "AOCCacccWRo");
    const struct ub_trace_record *r = trace->records;
    assert_string_equal(r[0].info->manufacturer, "Maker \"0\"");
    assert_int_equal(r[0].info->config_length, 27);
    for (size_t i = 0; i < trace->count; i++) {
        assert_int_equal(r[i].generation, i == 8 ? 0 : 1);
        assert_string_equal(r[i].port, i == 8 ? "" : "1-1");
    }
    assert_int_equal(r[3].code, UB_DEV_BUSY);
    assert_string_equal(r[3].message, "somebody has it");
    assert_int_equal(r[4].setup.wValue, 2);
    assert_memory_equal(r[5].data, "\1\2\3", 3);
    assert_int_equal(r[5].timeout_ms, 500);
    assert_int_equal(r[5].at_us, 100); /* since the recording began, not on the bus' clock */
    assert_int_equal(r[5].took_us, 100);
    assert_memory_equal(r[6].data, "\3\3\3\3", 4);
    assert_int_equal(r[6].length, 4);
    assert_int_equal(r[7].code, UB_USB_STALL);
    assert_int_equal(r[8].timeout_ms, 250);
    assert_int_equal(r[8].took_us, 250000);
    ub_trace_free(trace);
}

static void changes_of_the_bus_are_written_and_nothing_else(void **state)
{
    struct ub_usb_info info;
    bool came;
    (void)state;
    begin("x.trace");
    assert_int_equal(look(), 0);
    bus.there[0] = bus.there[1] = bus.there[2] = true;
    assert_int_equal(look(), 3); /* AAA */
    assert_int_equal(look(), 3);
    bus.generation[1]++;
    bus.there[2] = false;
    assert_int_equal(look(), 2); /* D of 1-3, A of 1-2 */
    bus.generation[0]++;
    assert_int_equal(transport.ops->wait_port(transport.self, "1-1", 1, 1000, &info, &came, NULL),
                     UB_OK);
    assert_true(came); /* W A */
    free(info.config);
    assert_int_equal(transport.ops->wait_port(transport.self, "1-1", 2, 1000, &info, &came, NULL),
                     UB_OK);
    assert_false(came); /* W: the same is still there, for all that is known */
    bus.there[0] = false;
    assert_int_equal(transport.ops->wait_port(transport.self, "1-1", 0, 0, &info, &came, NULL),
                     UB_OK);
    assert_false(came); /* W D: not even that */
    assert_int_equal(look(), 1);
    bus.list_fails = true;
    struct ub_usb_list list;
    assert_int_equal(transport.ops->enumerate(transport.self, &list, NULL), UB_USB_INIT); /* L */
    struct ub_trace *trace = end();
    assert_ops(trace, "AAADAWAWWDL");
    assert_string_equal(trace->records[3].port, "1-3");
    assert_int_equal(trace->records[4].generation, 2);
    assert_true(trace->records[5].changed);
    assert_int_equal(trace->records[6].generation, 2);
    assert_int_equal(trace->records[9].generation, 2);
    assert_string_equal(trace->records[10].message, "no bus today");
    ub_trace_free(trace);
}

static void a_queue_is_written_as_one(void **state)
{
    uint8_t data[4][8] = {{7, 8, 9}};
    struct ub_setup slow = ask;
    slow.bRequest = 0xdd;
    struct ub_transfer queue[] = {{.setup = tell, .data = data[0], .timeout_ms = 10},
                                  {.setup = ask, .data = data[1], .timeout_ms = 10},
                                  {.setup = slow, .data = data[2], .timeout_ms = 10},
                                  {.setup = ask, .data = data[3], .timeout_ms = 10}};
    struct ub_error err;
    (void)state;
    begin("x.trace");
    bus.there[0] = true;
    assert_int_equal(look(), 1);
    struct ub_usb_handle *handle = open_port("1-1");
    assert_int_equal(ub_control_queue(&transport, handle, queue, 2, NULL), UB_OK);
    assert_int_equal(ub_control_queue(&transport, handle, queue, 4, &err), UB_USB_TIMEOUT);
    assert_string_equal(err.message, "no answer");
    transport.ops->close(transport.self, handle);
    struct ub_trace *trace = end();
    assert_ops(trace, "AOcccccco");
    const struct ub_trace_record *r = trace->records + 2;
    assert_int_equal(r[0].queue, r[1].queue);
    assert_int_not_equal(r[0].queue, 0);
    assert_int_not_equal(r[2].queue, r[0].queue);
    assert_int_equal(r[2].queue, r[5].queue);
    assert_int_equal(r[0].took_us, 1000);
    assert_int_equal(r[1].at_us, 0);
    assert_memory_equal(r[2].data, "\7\10\11", 3);
    assert_int_equal(r[4].code, UB_USB_TIMEOUT);
    assert_string_equal(r[4].message, "no answer");
    assert_int_equal(r[5].code, UB_USB_TIMEOUT);
    assert_true(trace->queue);
    ub_trace_free(trace);
}

/* Who has no queue is not given one: its waiting between transfers may cost nothing. */
static void what_the_bus_lacks_the_recorder_lacks(void **state)
{
    (void)state;
    trace_bus_open(&bus);
    bus.ops.control_queue = NULL;
    bus.ops.wait_port = NULL;
    trace_bus_file(path, sizeof(path), "x.trace");
    const struct ub_transport inner = trace_bus_transport(&bus);
    assert_int_equal(ub_recorder_open(path, &inner, bus.clock, &recorder, NULL), UB_OK);
    transport = ub_recorder_transport(recorder);
    assert_null(transport.ops->control_queue);
    assert_null(transport.ops->wait_port);
    struct ub_trace *trace = end();
    assert_false(trace->queue);
    ub_trace_free(trace);
}

/* A file that may not grow is a full disk: the transfers go through all the same. */
static void a_full_disk_ends_the_recording_and_nothing_else(void **state)
{
    uint8_t data[8] = {0};
    uint16_t actual;
    char text[UB_ERROR_TEXT];
    struct rlimit old;
    (void)state;
    begin("x.trace");
    bus.there[0] = true;
    assert_int_equal(look(), 1);
    struct ub_usb_handle *handle = open_port("1-1");
    assert_false(ub_recorder_take_warning(recorder, text, sizeof(text)));
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    const struct rlimit full = {.rlim_cur = 2000, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(
            transport.ops->control(transport.self, handle, &ask, data, 700, &actual, NULL), UB_OK);
    transport.ops->close(transport.self, handle);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(bus.controls, 100);
    assert_true(ub_recorder_take_warning(recorder, text, sizeof(text)));
    assert_non_null(strstr(text, path));
    assert_non_null(strstr(text, "ends early"));
    assert_false(ub_recorder_take_warning(recorder, text, sizeof(text)));
    struct ub_trace *trace = end();
    assert_false(trace->torn); /* half a line was taken back */
    assert_in_range(trace->count, 5, 50);
    ub_trace_free(trace);
}

/* What is not a recording is not overwritten, whatever it is called. */
static void other_files_are_left_alone(void **state)
{
    struct ub_error err;
    size_t length;
    (void)state;
    trace_bus_open(&bus);
    const struct ub_transport inner = trace_bus_transport(&bus);
    trace_bus_file(path, sizeof(path), "firmware.bin");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs("\x20\x40{\"format\":", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(ub_recorder_open(path, &inner, bus.clock, &recorder, &err), UB_SYS_WRITE);
    assert_non_null(strstr(err.message, "left alone"));
    char *content = trace_bus_content(path, &length);
    assert_int_equal(length, 12);
    free(content);
    assert_int_equal(unlink(path), 0);

    assert_int_equal(mkfifo(path, 0600), 0); /* must not hang either */
    assert_int_equal(ub_recorder_open(path, &inner, bus.clock, &recorder, &err), UB_SYS_WRITE);
    assert_non_null(strstr(err.message, "regular"));
    assert_int_equal(ub_recorder_open("/nowhere/x", &inner, bus.clock, &recorder, &err),
                     UB_SYS_WRITE);
    assert_non_null(strstr(err.message, "/nowhere/x"));
    assert_false(bus.destroyed);
    trace_bus_remove(path);
}

static void an_earlier_recording_is_overwritten(void **state)
{
    (void)state;
    begin("x.trace");
    for (unsigned i = 0; i < 8; i++)
        bus.there[i] = true;
    assert_int_equal(look(), 8);
    transport.ops->destroy(transport.self);
    const struct ub_transport inner = trace_bus_transport(&bus);
    assert_int_equal(ub_recorder_open(path, &inner, bus.clock, &recorder, NULL), UB_OK);
    transport = ub_recorder_transport(recorder);
    struct ub_trace *trace = end();
    assert_int_equal(trace->count, 0);
    ub_trace_free(trace);
}

static void a_recording_is_its_owners_alone(void **state)
{
    struct stat status;
    (void)state;
    const mode_t before = umask(0);
    begin("x.trace");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    transport.ops->destroy(transport.self);

    /* also where an earlier one was open to all */
    assert_int_equal(chmod(path, 0666), 0);
    const struct ub_transport inner = trace_bus_transport(&bus);
    assert_int_equal(ub_recorder_open(path, &inner, bus.clock, &recorder, NULL), UB_OK);
    transport = ub_recorder_transport(recorder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    (void)umask(before);
    ub_trace_free(end());
}

#define ROUNDS 200

/* One thread's work on one device: numbered requests. */
static void *work(void *argument)
{
    const unsigned device = (unsigned)(uintptr_t)argument;
    char port[8];
    uint8_t data[8] = {0};
    uint16_t actual;
    (void)ub_print(port, sizeof(port), "1-%u", device + 1);
    struct ub_usb_handle *handle = NULL;
    if (transport.ops->open(transport.self, port, &handle, NULL) != UB_OK)
        return NULL;
    for (uint16_t i = 0; i < ROUNDS; i++) {
        struct ub_setup setup = tell;
        setup.wValue = i;
        struct ub_usb_list list = {0};
        (void)transport.ops->control(transport.self, handle, &setup, data, 700, &actual, NULL);
        if (i % 20 == 0 && transport.ops->enumerate(transport.self, &list, NULL) == UB_OK)
            ub_usb_list_free(&list);
    }
    transport.ops->close(transport.self, handle);
    return NULL;
}

static uint64_t still(void *self)
{
    (void)self;
    return 0;
}

static void no_sleep(void *self, uint64_t us)
{
    (void)self;
    (void)us;
}

static void many_threads_write_whole_lines(void **state)
{
    pthread_t threads[TRACE_BUS_DEVICES];
    unsigned next[TRACE_BUS_DEVICES] = {0};
    (void)state;
    begin("x.trace");
    bus.clock = (struct ub_clock){.now_us = still, .sleep_us = no_sleep}; /* for all threads */
    for (unsigned i = 0; i < TRACE_BUS_DEVICES; i++)
        bus.there[i] = true;
    assert_int_equal(look(), TRACE_BUS_DEVICES);
    for (uintptr_t i = 0; i < TRACE_BUS_DEVICES; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)i), 0);
    for (unsigned i = 0; i < TRACE_BUS_DEVICES; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    struct ub_trace *trace = end();
    assert_int_equal(trace->count, TRACE_BUS_DEVICES * (ROUNDS + 3));
    for (size_t i = 0; i < trace->count; i++) {
        const struct ub_trace_record *record = &trace->records[i];
        const unsigned device = (unsigned)(record->port[2] - '1');
        if (record->op == UB_TRACE_CONTROL)
            assert_int_equal(record->setup.wValue, next[device]++);
    }
    for (unsigned i = 0; i < TRACE_BUS_DEVICES; i++)
        assert_int_equal(next[i], ROUNDS);
    ub_trace_free(trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_is_passed_on_and_written_down),
        cmocka_unit_test(changes_of_the_bus_are_written_and_nothing_else),
        cmocka_unit_test(a_queue_is_written_as_one),
        cmocka_unit_test(what_the_bus_lacks_the_recorder_lacks),
        cmocka_unit_test(a_full_disk_ends_the_recording_and_nothing_else),
        cmocka_unit_test(other_files_are_left_alone),
        cmocka_unit_test(an_earlier_recording_is_overwritten),
        cmocka_unit_test(a_recording_is_its_owners_alone),
        cmocka_unit_test(many_threads_write_whole_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
