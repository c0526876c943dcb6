/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE /* pthread_getattr_np */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "many_bench.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void come_in(struct many_bench *bench)
{
    if (atomic_fetch_add(&bench->inside, 1) != 0)
        atomic_fetch_add(&bench->overlaps, 1);
}

static void go_out(struct many_bench *bench)
{
    (void)atomic_fetch_sub(&bench->inside, 1);
}

static void on_event(void *user, const struct ub_event *event)
{
    struct many_bench *bench = user;
    come_in(bench);
    if (bench->at_start)
        bench->at_start();
    bench->at_start = NULL;
    bench->foreign += event->port[0] == '\0' && event->step != UB_STEP_IMAGE &&
                      event->step != UB_STEP_DEVICE;
    if (event->kind == UB_EVENT_PROGRESS && bench->cancel_at_step == (uint64_t)event->step + 1)
        ub_context_cancel(bench->context);
    go_out(bench);
}

static bool on_confirm(void *user, const char *question)
{
    struct many_bench *bench = user;
    come_in(bench);
    bench->confirmations++;
    (void)ub_print(bench->question, sizeof(bench->question), "%s", question);
    if (bench->pull_plug)
        ub_sim_bus_unplug(bench->context->sim, bench->pull_plug - 1);
    go_out(bench);
    return bench->answer;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static size_t stack_used(void)
{
    return 0; /* what a sanitizer's runtime needs says nothing */
}
#else
/* A fresh stack is zero: what is not was used. */
static size_t stack_used(void)
{
    pthread_attr_t attributes;
    void *low;
    size_t size;
    size_t guard;
    assert_int_equal(pthread_getattr_np(pthread_self(), &attributes), 0);
    assert_int_equal(pthread_attr_getstack(&attributes, &low, &size), 0);
    assert_int_equal(pthread_attr_getguardsize(&attributes, &guard), 0);
    (void)pthread_attr_destroy(&attributes);
    const uint8_t *bytes = low;
    size_t unused = guard;
    while (unused < size && bytes[unused] == 0)
        unused++;
    return size - unused;
}
#endif

static void on_finished(void *user, const struct ub_many_item *item)
{
    struct many_bench *bench = user;
    come_in(bench);
    const size_t used = item->result.transfers ? stack_used() : 0;
    if (used > bench->stack_used)
        bench->stack_used = used;
    bench->finished++;
    if (bench->cancel_after && bench->finished >= bench->cancel_after)
        ub_context_cancel(bench->context);
    go_out(bench);
}

void many_open(struct many_bench *bench, const char *const *specs, size_t count, const char *time)
{
    static char texts[MANY_MAX][256];
    const char *pointers[MANY_MAX];
    assert_true(count <= MANY_MAX);
    memset(bench, 0, sizeof(*bench));
    bench->answer = true;
    (void)ub_print(bench->vault, sizeof(bench->vault), "/tmp/unbrick-test-XXXXXX");
    assert_non_null(mkdtemp(bench->vault));
    for (size_t i = 0; i < count; i++) {
        const char *spec = specs[1] ? specs[i] : specs[0];
        assert_true(
            ub_print(texts[i], sizeof(texts[i]), "%s,port=1-%zu,time=%s", spec, i + 1, time));
        pointers[i] = texts[i];
    }
    const struct ub_config config = {
        .vault = bench->vault,
        .sims = pointers,
        .sim_count = count,
        .callbacks = {.user = bench, .event = on_event, .confirm = on_confirm}};
    enum ub_code code = ub_context_open(&config, &bench->context, &bench->err);
    if (code)
        print_error("%s\n", bench->err.message);
    assert_int_equal(code, UB_OK);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    return remove(path);
}

void many_close(struct many_bench *bench)
{
    assert_int_equal(atomic_load(&bench->overlaps), 0);
    assert_int_equal(bench->foreign, 0);
    ub_many_free(bench->result);
    bench->result = NULL;
    ub_context_close(bench->context);
    bench->context = NULL;
    (void)nftw(bench->vault, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

enum ub_code many_flash(struct many_bench *bench, const struct ub_image *image,
                        const struct ub_many_options *many, const struct ub_flash_options *options)
{
    struct ub_many_options wanted = {0};
    if (many)
        wanted = *many;
    wanted.finished = on_finished;
    ub_many_free(bench->result);
    bench->result = NULL;
    bench->finished = 0;
    enum ub_code code = ub_flash_many(bench->context, image, &wanted, options, &bench->result,
                                      &bench->err);
    assert_non_null(bench->result);
    assert_int_equal(bench->finished, bench->result->count);
    assert_int_equal(bench->err.code, code);
    return code;
}

const struct ub_many_item *many_item(const struct many_bench *bench, const char *port)
{
    for (size_t i = 0; i < bench->result->count; i++)
        if (strcmp(bench->result->items[i].result.port, port) == 0)
            return &bench->result->items[i];
    return NULL;
}

uint8_t *many_memory(const struct many_bench *bench, size_t index)
{
    struct ub_sim_device *device = ub_sim_bus_device(bench->context->sim, index);
    uint8_t *memory = ub_sim_device_memory(device, FLASH_BASE, FLASH_SIZE);
    assert_non_null(memory);
    return memory;
}
