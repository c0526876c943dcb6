/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file of a recording: what is written can be read, and nothing else can. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "trace_bus.h"
#include "usb/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER                                                                                     \
    "{\"format\":\"unbrick-trace\",\"version\":1,\"unbrick\":\"0.1.0\","                           \
    "\"started\":\"2026-11-22T20:00:00Z\",\"transport\":\"test\"}\n"

static uint8_t bytes[] = {0x00, 0xff, 0x10, 0x20};
static uint8_t config[] = {9, 2, 9, 0, 1, 1, 0, 0x80, 50};
static const struct ub_usb_info info = {.port = "1-4.2",
                                        .generation = 7,
                                        .speed = UB_SPEED_HIGH,
                                        .vid = 0x0483,
                                        .pid = 0xdf11,
                                        .bcdDevice = 0x2200,
                                        .config = config,
                                        .config_length = sizeof(config),
                                        .manufacturer = "Ümläut \"quoted\" \\",
                                        .serial = "357236543131"};

#define AT .port = "1-4.2", .generation = 7
#define OUT                                                                                        \
    {                                                                                              \
        .bmRequestType = 0x21, .bRequest = 1, .wValue = 0xfffe, .wIndex = 3, .wLength = 4          \
    }
#define IN                                                                                         \
    {                                                                                              \
        .bmRequestType = 0xa1, .bRequest = 2, .wValue = 2, .wLength = 4                            \
    }

static const struct ub_trace_record records[] = {
    {.op = UB_TRACE_LIST, .at_us = 1, .took_us = 2, .code = UB_USB_INIT, .message = "no bus"},
    {.op = UB_TRACE_ATTACH, AT, .at_us = 3, .info = &info},
    {.op = UB_TRACE_OPEN, AT, .at_us = 4, .took_us = 5},
    {.op = UB_TRACE_CLAIM, AT, .interface = 255, .code = UB_DEV_BUSY, .message = "held"},
    {.op = UB_TRACE_ALT,
     AT,
     .setup = {.bmRequestType = 1, .bRequest = 11, .wValue = 255, .wIndex = 254}},
    {.op = UB_TRACE_CONTROL,
     AT,
     .at_us = UB_TRACE_TIME_MAX,
     .took_us = UB_TRACE_TIME_MAX,
     .setup = OUT,
     .timeout_ms = 5000,
     .data = bytes,
     .length = 4,
     .actual = 3,
     .queue = 9},
    {.op = UB_TRACE_CONTROL,
     AT,
     .setup = IN,
     .timeout_ms = 1,
     .data = bytes,
     .length = 3,
     .actual = 3},
    {.op = UB_TRACE_CONTROL, AT, .setup = IN, .timeout_ms = 1},
    {.op = UB_TRACE_CONTROL,
     AT,
     .setup = OUT,
     .timeout_ms = 1,
     .data = bytes,
     .length = 4,
     .code = UB_USB_STALL,
     .message = "refused"},
    {.op = UB_TRACE_RESET, AT, .code = UB_USB_GONE, .message = ""},
    {.op = UB_TRACE_WAIT, .timeout_ms = UINT32_MAX, .changed = true},
    {.op = UB_TRACE_WAIT, AT, .timeout_ms = 200},
    {.op = UB_TRACE_CLOSE, AT},
    {.op = UB_TRACE_DETACH, AT},
};
#define COUNT (sizeof(records) / sizeof(records[0]))

static void assert_same_info(const struct ub_usb_info *a, const struct ub_usb_info *b)
{
    assert_string_equal(a->port, b->port);
    assert_int_equal(a->generation, b->generation);
    assert_int_equal(a->speed, b->speed);
    assert_int_equal(a->vid, b->vid);
    assert_int_equal(a->pid, b->pid);
    assert_int_equal(a->bcdDevice, b->bcdDevice);
    assert_string_equal(a->manufacturer, b->manufacturer);
    assert_string_equal(a->product, b->product);
    assert_string_equal(a->serial, b->serial);
    assert_int_equal(a->config_length, b->config_length);
    assert_memory_equal(a->config, b->config, a->config_length);
}

static void assert_same(const struct ub_trace_record *a, const struct ub_trace_record *b)
{
    assert_int_equal(a->op, b->op);
    assert_int_equal(a->at_us, b->at_us);
    assert_int_equal(a->took_us, b->took_us);
    assert_int_equal(a->code, b->code);
    if (a->code)
        assert_string_equal(a->message, b->message);
    assert_string_equal(a->port, b->port);
    assert_int_equal(a->generation, b->generation);
    assert_int_equal(a->interface, b->interface);
    assert_memory_equal(&a->setup, &b->setup, sizeof(a->setup));
    assert_int_equal(a->length, b->length);
    if (a->length)
        assert_memory_equal(a->data, b->data, a->length);
    assert_int_equal(a->actual, b->actual);
    assert_int_equal(a->timeout_ms, b->timeout_ms);
    assert_int_equal(a->queue, b->queue);
    assert_int_equal(a->changed, b->changed);
    assert_int_equal(a->info != NULL, b->info != NULL);
    if (a->info)
        assert_same_info(a->info, b->info);
}

/* All records as a file; the caller frees. */
static char *whole_file(size_t *length)
{
    size_t size = 0;
    char *text = NULL;
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    char *header = ub_trace_print_header("test", true, "2026-11-22T20:00:00Z");
    assert_non_null(header);
    (void)fputs(header, to);
    free(header);
    for (size_t i = 0; i < COUNT; i++) {
        char *line = ub_trace_print(&records[i]);
        assert_non_null(line);
        assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
        (void)fputs(line, to);
        free(line);
    }
    assert_int_equal(fclose(to), 0);
    *length = size;
    return text;
}

static void what_is_written_can_be_read(void **state)
{
    size_t length;
    char *text = whole_file(&length);
    struct ub_trace *trace = NULL;
    (void)state;
    assert_int_equal(ub_trace_parse(text, length, &trace, NULL), UB_OK);
    assert_string_equal(trace->transport, "test");
    assert_string_equal(trace->started, "2026-11-22T20:00:00Z");
    assert_string_equal(trace->unbrick, ub_version());
    assert_true(trace->queue);
    assert_false(trace->torn);
    assert_int_equal(trace->count, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_same(&trace->records[i], &records[i]);
    ub_trace_free(trace);
    ub_trace_free(NULL);
    free(text);
}

/* A crash can cut the file at any byte: what stands before that line is there. */
static void a_torn_last_line_costs_that_line(void **state)
{
    size_t length;
    char *text = whole_file(&length);
    const size_t header = (size_t)(strchr(text, '\n') - text) + 1;
    (void)state;
    for (size_t cut = 0; cut < length; cut++) {
        struct ub_trace *trace = NULL;
        size_t lines = 0;
        bool torn = cut > 0 && text[cut - 1] != '\n';
        for (size_t i = 0; i < cut; i++)
            lines += text[i] == '\n';
        enum ub_code code = ub_trace_parse(text, cut, &trace, NULL);
        if (cut + 1 < header) {
            assert_int_equal(code, UB_USE_TRACE);
            continue;
        }
        assert_int_equal(code, UB_OK);
        bool whole = text[cut] == '\n' && torn; /* only its line break is missing */
        assert_int_equal(trace->torn, torn && !whole);
        assert_int_equal(trace->count, whole ? lines : lines - 1);
        ub_trace_free(trace);
    }
    free(text);
}

static void refused(const char *text, const char *why)
{
    struct ub_trace *trace = NULL;
    struct ub_error err;
    enum ub_code code = ub_trace_parse(text, strlen(text), &trace, &err);
    if (code != UB_USE_TRACE || !strstr(err.message, why))
        print_error("%s\n  came to %d: %s\n", text, code, code ? err.message : "");
    assert_int_equal(code, UB_USE_TRACE);
    assert_non_null(strstr(err.message, why));
}

static void headers_of_others_are_refused(void **state)
{
    (void)state;
    refused("", "is empty");
    refused("\n", "not a trace");
    refused("{}\n", "not a trace");
    refused("[]\n", "not a trace");
    refused("firmware", "not a trace");
    refused("\xd4\xc3\xb2\xa1 and so on", "packet capture");
    refused("\n\r\r\n and so on", "packet capture");
    refused("{\"format\":\"unbrick-backup\",\"version\":1}\n", "not a trace");
    refused("{\"format\":\"unbrick-trace\"}\n", "version");
    refused("{\"format\":\"unbrick-trace\",\"version\":0}\n", "version");
    refused("{\"format\":\"unbrick-trace\",\"version\":2}\n", "newer");
    refused("{\"format\":\"unbrick-trace\",\"version\":1}\n", "header");
}

#define PORT "\"port\":\"1-1\",\"gen\":1"

static void lines_that_are_not_right_are_refused(void **state)
{
    (void)state;
    refused(HEADER "\n", "line 2");
    refused(HEADER "{\"at\":1}\n", "\"op\"");
    refused(HEADER "{\"at\":1,\"op\":\"dance\"}\n", "\"op\"");
    refused(HEADER "{\"op\":\"list\"}\n", "time");
    refused(HEADER "{\"at\":-1,\"op\":\"list\"}\n", "time");
    refused(HEADER "{\"at\":1.5,\"op\":\"list\"}\n", "time");
    refused(HEADER "{\"at\":1125899906842625,\"op\":\"list\"}\n", "time");
    refused(HEADER "{\"at\":1,\"at\":1,\"op\":\"list\"}\n", "JSON");
    refused(HEADER "{\"at\":1,\"op\":\"open\",\"gen\":1}\n", "which device");
    refused(HEADER "{\"at\":1,\"op\":\"open\",\"port\":\"\",\"gen\":1}\n", "which device");
    refused(HEADER "{\"at\":1,\"op\":\"open\",\"port\":\"1-1\"}\n", "which device");
    refused(HEADER "{\"at\":1,\"op\":\"open\",\"port\":\"1-1\",\"gen\":4294967296}\n",
            "which device");
    refused(HEADER
            "{\"at\":1,\"op\":\"open\",\"port\":\"0123456789012345678901234567890123456789\","
            "\"gen\":1}\n",
            "which device");
    refused(HEADER "{\"at\":1,\"op\":\"open\"," PORT ",\"code\":\"UB-ZZZ-001\","
                   "\"message\":\"\"}\n",
            "error");
    refused(HEADER "{\"at\":1,\"op\":\"open\"," PORT ",\"code\":\"UB-USB-001\"}\n", "error");
    refused(HEADER "{\"at\":1,\"op\":\"claim\"," PORT ",\"interface\":256}\n", "interface");
    refused(HEADER "{\"at\":1,\"op\":\"alt\"," PORT ",\"interface\":0}\n", "alternate");
    refused(HEADER "{\"at\":1,\"op\":\"wait\",\"limit_ms\":1}\n", "wait");
    refused(HEADER "{\"at\":1,\"op\":\"attach\"," PORT "}\n", "described");
}

#define CONTROL HEADER "{\"at\":1,\"op\":\"control\"," PORT ","
#define REST    ",\"limit_ms\":1}\n"

static void transfers_that_contradict_themselves_are_refused(void **state)
{
    (void)state;
    refused(CONTROL "\"limit_ms\":1}\n", "request");
    refused(CONTROL "\"setup\":\"a1 03 0000 0000 006\"" REST, "request");
    refused(CONTROL "\"setup\":\"a1 03 0000 0000 00060\"" REST, "request");
    refused(CONTROL "\"setup\":\"a1 03 0000 0000 000g\"" REST, "request");
    refused(CONTROL "\"setup\":\"a1-03 0000 0000 0006\"" REST, "request");
    refused(CONTROL "\"setup\":\"a1 03 0000 0000 0006\"}\n", "number");
    refused(CONTROL "\"setup\":\"21 01 0000 0000 0002\",\"data\":\"0102\",\"actual\":3" REST,
            "number");
    refused(CONTROL "\"setup\":\"a1 03 0000 0000 0002\",\"data\":\"010203\"" REST, "length");
    refused(CONTROL "\"setup\":\"a1 03 0000 0000 0002\",\"data\":\"010\"" REST, "length");
    refused(CONTROL "\"setup\":\"a1 03 0000 0000 0002\",\"data\":\"01xx\"" REST, "hexadecimal");
    refused(CONTROL "\"setup\":\"a1 03 0000 0000 0002\",\"data\":7" REST, "length");
    refused(CONTROL "\"setup\":\"21 01 0000 0000 0002\",\"data\":\"01\"" REST, "contradict");
    refused(CONTROL "\"setup\":\"21 01 0000 0000 0002\"" REST, "contradict");
    refused(CONTROL "\"setup\":\"a1 03 0000 0000 0002\",\"data\":\"0102\",\"code\":\"UB-USB-001\","
                    "\"message\":\"\"" REST,
            "contradict");
}

static void text_of_strangers_is_made_harmless(void **state)
{
    const char text[] = HEADER "{\"at\":1,\"op\":\"open\"," PORT
                               ",\"code\":\"UB-USB-001\",\"message\":\"a\\u001b[2Jb\"}\n";
    struct ub_trace *trace = NULL;
    (void)state;
    assert_int_equal(ub_trace_parse(text, sizeof(text) - 1, &trace, NULL), UB_OK);
    assert_string_equal(trace->records[0].message, "a?[2Jb");
    ub_trace_free(trace);
}

static void a_file_that_cannot_be_read_says_which(void **state)
{
    struct ub_trace *trace = NULL;
    struct ub_error err;
    char path[128];
    (void)state;
    assert_int_equal(ub_trace_read("/nowhere/at/all", &trace, &err), UB_USE_TRACE);
    assert_non_null(strstr(err.message, "/nowhere/at/all"));
    trace_bus_file(path, sizeof(path), "junk.trace");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(HEADER "junk\n", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(ub_trace_read(path, &trace, &err), UB_USE_TRACE);
    assert_non_null(strstr(err.message, "line 2"));
    assert_non_null(strstr(err.context[0], path));
    trace_bus_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_can_be_read),
        cmocka_unit_test(a_torn_last_line_costs_that_line),
        cmocka_unit_test(headers_of_others_are_refused),
        cmocka_unit_test(lines_that_are_not_right_are_refused),
        cmocka_unit_test(transfers_that_contradict_themselves_are_refused),
        cmocka_unit_test(text_of_strangers_is_made_harmless),
        cmocka_unit_test(a_file_that_cannot_be_read_says_which),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
