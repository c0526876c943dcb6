/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L
#include "usb/trace_sink.h"

#include "base/error.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define US_PER_S  UINT64_C(1000000)
#define NS_PER_US 1000

static uint64_t now_us(const struct ub_trace_sink *sink)
{
    const uint64_t now = ub_now(&sink->clock);
    return now > sink->start_us ? now - sink->start_us : 0;
}

/** With the lock held: nothing is recorded from here on. */
static void end_recording(struct ub_trace_sink *sink, const char *why)
{
    if (sink->over)
        return;
    sink->over = true;
    (void)ub_print(sink->why, sizeof(sink->why), "the recording in %s ends early, at %.1f s: %s",
                   sink->path, (double)now_us(sink) / (double)US_PER_S, why);
}

/** With the lock held. NULL bytes: there was no memory to make them. */
static void append(struct ub_trace_sink *sink, const void *bytes, size_t length)
{
    struct ub_error err;
    if (sink->over)
        return;
    if (!bytes)
        end_recording(sink, "out of memory");
    else if (ub_trace_file_append(&sink->file, bytes, length, &err) != UB_OK)
        end_recording(sink, err.message);
}

static void append_packets(struct ub_trace_sink *sink, struct ub_pcap_packets *packets)
{
    if (packets->failed)
        append(sink, NULL, 0);
    else if (packets->length)
        append(sink, packets->bytes, packets->length);
    free(packets->bytes);
}

static bool is_transfer(const struct ub_trace_record *record)
{
    return record->op == UB_TRACE_CONTROL || record->op == UB_TRACE_ALT;
}

uint64_t ub_trace_sink_begin(struct ub_trace_sink *sink, struct ub_trace_record *records,
                             size_t count)
{
    struct ub_pcap_packets packets = {0};
    (void)pthread_mutex_lock(&sink->lock);
    const uint64_t first = sink->last_id + 1;
    sink->last_id += count;
    sink->last_queue += count > 1;
    for (size_t i = 0; i < count; i++) {
        records[i].at_us = now_us(sink);
        records[i].queue = count > 1 ? sink->last_queue : 0;
        if (sink->pcap && is_transfer(&records[i]))
            ub_pcap_submit(sink->pcap, &records[i], first + i, &packets);
    }
    append_packets(sink, &packets);
    (void)pthread_mutex_unlock(&sink->lock);
    return first;
}

static void write_packets(struct ub_trace_sink *sink, const struct ub_trace_record *records,
                          size_t count, uint64_t first)
{
    struct ub_pcap_packets packets = {0};
    (void)pthread_mutex_lock(&sink->lock);
    for (size_t i = 0; i < count; i++) {
        if (is_transfer(&records[i]))
            ub_pcap_complete(sink->pcap, &records[i], first + i, &packets);
        else if (records[i].op == UB_TRACE_OPEN)
            ub_pcap_open(sink->pcap, &records[i], &packets);
        else if (records[i].op == UB_TRACE_ATTACH)
            packets.failed = !ub_pcap_attach(sink->pcap, records[i].info) || packets.failed;
        else if (records[i].op == UB_TRACE_DETACH)
            ub_pcap_detach(sink->pcap, records[i].port);
    }
    append_packets(sink, &packets);
    (void)pthread_mutex_unlock(&sink->lock);
}

/** The lines are made before the lock is taken, so that many devices wait for the file alone. */
static void write_lines(struct ub_trace_sink *sink, const struct ub_trace_record *records,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *line = ub_trace_print(&records[i]);
        (void)pthread_mutex_lock(&sink->lock);
        append(sink, line, line ? strlen(line) : 0);
        (void)pthread_mutex_unlock(&sink->lock);
        free(line);
    }
}

void ub_trace_sink_finish(struct ub_trace_sink *sink, struct ub_trace_record *records, size_t count,
                          uint64_t number)
{
    const uint64_t now = now_us(sink);
    for (size_t i = 0; i < count; i++)
        records[i].took_us = now > records[i].at_us ? now - records[i].at_us : 0;
    if (sink->pcap)
        write_packets(sink, records, count, number);
    else
        write_lines(sink, records, count);
}

void ub_trace_sink_note(void *self, const struct ub_trace_record *seen)
{
    struct ub_trace_sink *sink = self;
    struct ub_trace_record record = *seen;
    record.at_us = now_us(sink);
    ub_trace_sink_finish(sink, &record, 1, 0);
}

void ub_trace_sink_end(struct ub_trace_sink *sink, const char *why)
{
    (void)pthread_mutex_lock(&sink->lock);
    end_recording(sink, why);
    (void)pthread_mutex_unlock(&sink->lock);
}

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text);
    const size_t tail = strlen(end);
    return length >= tail && ub_same_word(text + length - tail, end);
}

/** The first bytes of the file. */
static enum ub_code write_header(struct ub_trace_sink *sink,
                                 const struct ub_transport_ops *recorded, struct ub_error *err)
{
    struct timespec now = {0};
    struct tm utc;
    char started[32] = "";
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (ends_with(sink->path, ".pcap")) {
        uint8_t header[UB_PCAP_HEADER];
        ub_pcap_header(header);
        sink->pcap = ub_pcap_new((uint64_t)now.tv_sec * US_PER_S +
                                 (uint64_t)now.tv_nsec / NS_PER_US);
        return sink->pcap ? ub_trace_file_append(&sink->file, header, sizeof(header), err)
                          : ub_fail_memory(err);
    }
    if (gmtime_r(&now.tv_sec, &utc))
        (void)strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", &utc);
    char *line = ub_trace_print_header(recorded->name, recorded->control_queue != NULL, started);
    enum ub_code code = line ? ub_trace_file_append(&sink->file, line, strlen(line), err)
                             : ub_fail_memory(err);
    free(line);
    return code;
}

enum ub_code ub_trace_sink_open(struct ub_trace_sink *sink, const char *path,
                                const struct ub_transport_ops *recorded, struct ub_clock clock,
                                struct ub_error *err)
{
    *sink = (struct ub_trace_sink){
        .clock = clock, .start_us = ub_now(&clock), .path = strdup(path), .file = {.fd = -1}};
    (void)pthread_mutex_init(&sink->lock, NULL); /* cannot fail without attributes */
    if (!sink->path)
        return ub_fail_memory(err);
    enum ub_code code = ub_trace_file_open(path, &sink->file, err);
    if (code)
        return code;
    code = write_header(sink, recorded, err);
    return code ? ub_wrap(err, code, "while beginning a recording in %s", path) : UB_OK;
}

void ub_trace_sink_close(struct ub_trace_sink *sink)
{
    ub_trace_file_close(&sink->file);
    ub_pcap_free(sink->pcap);
    (void)pthread_mutex_destroy(&sink->lock);
    free(sink->path);
}
