/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "bench.h"
#include "image/image.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SPECS_MAX 8

static void on_event(void *user, const struct ub_event *event)
{
    struct bench *bench = user;
    if (event->kind == UB_EVENT_WARNING)
        (void)ub_append(bench->warnings, sizeof(bench->warnings), "%s\n", event->text);
    if (event->kind == UB_EVENT_PROGRESS && bench->cancel_at_step == (uint64_t)event->step + 1)
        ub_context_cancel(bench->context);
}

static bool on_confirm(void *user, const char *question)
{
    struct bench *bench = user;
    bench->confirmations++;
    return bench->answer;
}

static void open_context(struct bench *bench, const char *specs)
{
    char texts[SPECS_MAX][256];
    const char *pointers[SPECS_MAX];
    size_t count = 0;
    while (*specs) {
        size_t length = strcspn(specs, "|");
        assert_true(count < SPECS_MAX);
        assert_true(
            ub_print(texts[count], sizeof(texts[count]), "%.*s,time=virtual", (int)length, specs));
        pointers[count] = texts[count];
        count++;
        specs += length + (specs[length] == '|');
    }
    struct ub_config config = {
        .vault = bench->vault,
        .sims = pointers,
        .sim_count = count,
        .callbacks = {.user = bench, .event = on_event, .confirm = on_confirm}};
    enum ub_code code = ub_context_open(&config, &bench->context, &bench->err);
    if (code)
        print_error("%s\n", bench->err.message);
    assert_int_equal(code, UB_OK);
}

void bench_open(struct bench *bench, const char *specs)
{
    memset(bench, 0, sizeof(*bench));
    bench->answer = true;
    /* in memory where that can be had: nobody pulls the plug of this computer */
    (void)ub_print(bench->vault, sizeof(bench->vault), "%s/unbrick-test-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(bench->vault));
    open_context(bench, specs);
}

void bench_again(struct bench *bench, const char *specs)
{
    ub_context_close(bench->context);
    open_context(bench, specs);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    return remove(path);
}

void bench_close(struct bench *bench)
{
    ub_context_close(bench->context);
    bench->context = NULL;
    (void)nftw(bench->vault, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

struct ub_sim_counts bench_counts(struct bench *bench, size_t device)
{
    struct ub_sim_counts counts;
    ub_sim_device_counts(ub_sim_bus_device(bench->context->sim, device), &counts);
    return counts;
}

uint8_t *bench_memory(struct bench *bench, size_t device)
{
    uint8_t *memory = ub_sim_device_memory(ub_sim_bus_device(bench->context->sim, device),
                                           FLASH_BASE, FLASH_SIZE);
    assert_non_null(memory);
    return memory;
}

uint8_t *bench_memory_at(struct bench *bench, uint64_t address, size_t length)
{
    uint8_t *memory = ub_sim_device_memory(ub_sim_bus_device(bench->context->sim, 0), address,
                                           length);
    assert_non_null(memory);
    return memory;
}

void bench_bytes(uint8_t *bytes, size_t length, uint8_t seed)
{
    uint32_t x = seed * 2654435761u + 1u;
    for (size_t i = 0; i < length; i++) {
        x = x * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(x >> 24);
    }
}

struct ub_image *bench_image(uint64_t address, size_t length, uint8_t seed)
{
    struct ub_image *image = NULL;
    uint8_t *bytes = malloc(length);
    assert_non_null(bytes);
    bench_bytes(bytes, length, seed);
    assert_int_equal(ub_image_new("test.bin", &image, NULL), UB_OK);
    assert_int_equal(
        ub_image_add(image, UB_IMAGE_ALT_NONE, address != 0, address, bytes, length, NULL), UB_OK);
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    image->format = ub_formats[0];
    free(bytes);
    return image;
}
