/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every model of the bench, recorded while it is flashed, and flashed again from the recording: the
 * same answers must lead to the same result, call by call. So a user's recording becomes a test.
 */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "bench.h"
#include "image/image.h"
#include "procedure/context.h"
#include "sim/model.h"
#include "usb/trace.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a backup is made whole sectors are written: what a sector keeps of itself is read twice if
 * the backup was read once, and that is not in the trace. */
#define WHOLE_LENGTH ((size_t)4096)
#define PART_LENGTH  ((size_t)3000)
#define PREFIX       ((size_t)16)
#define PREFIX_UNIT  ((size_t)512)
/* Larger memories are not backed up here: to read megabytes twice proves nothing more. */
#define BACKUP_MAX ((size_t)256 * 1024)

static char folder[64];
static unsigned wrong;

/* One run of the procedure, and what came of it. */
struct run {
    struct ub_context *context;
    struct ub_error err;
    struct ub_result result;
    enum ub_code code;
    struct ub_replay_report report;
    char warnings[2048];
};

static void on_event(void *user, const struct ub_event *event)
{
    struct run *run = user;
    if (event->kind == UB_EVENT_WARNING)
        (void)ub_append(run->warnings, sizeof(run->warnings), "%s\n", event->text);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static void clean(const char *path)
{
    (void)nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* Opens a context with a vault that nothing is in. */
static void open_context(struct run *run, const struct ub_config *like)
{
    char vault[80];
    memset(run, 0, sizeof(*run));
    (void)ub_print(vault, sizeof(vault), "%s/vault", folder);
    clean(vault);
    struct ub_config config = *like;
    config.vault = vault;
    config.callbacks = (struct ub_callbacks){.user = run, .event = on_event};
    run->code = ub_context_open(&config, &run->context, &run->err);
    if (run->code)
        print_error("%s\n", run->err.message);
    assert_int_equal(run->code, UB_OK);
}

static void close_context(struct run *run)
{
    if (run->context->replay)
        ub_replay_report(run->context->replay, &run->report);
    ub_context_close(run->context);
    run->context = NULL;
}

static void flash(struct run *run, const struct ub_config *config, const struct ub_image *image,
                  const struct ub_flash_options *options)
{
    open_context(run, config);
    run->code = ub_flash(run->context, image, NULL, options, &run->result, &run->err);
    close_context(run);
}

static struct ub_config to_record(const char *const *spec, const char *trace)
{
    return (struct ub_config){.sims = spec, .sim_count = 1, .trace = trace};
}

static bool same_device(const struct ub_device *a, const struct ub_device *b)
{
    return strcmp(a->port, b->port) == 0 && a->vid == b->vid && a->pid == b->pid &&
           a->bcdDevice == b->bcdDevice && a->mode == b->mode &&
           strcmp(a->family, b->family) == 0 && strcmp(a->protocol, b->protocol) == 0 &&
           strcmp(a->product, b->product) == 0 && strcmp(a->serial, b->serial) == 0;
}

/* Everything that a procedure tells of itself; times too, as they are part of a recording. */
static bool same_result(const struct ub_result *a, const struct ub_result *b)
{
    return a->left == b->left && strcmp(a->port, b->port) == 0 &&
           a->bytes_written == b->bytes_written && a->bytes_kept == b->bytes_kept &&
           a->sectors_erased == b->sectors_erased && a->verified == b->verified &&
           a->proved == b->proved && a->left_bootloader == b->left_bootloader &&
           a->came_back == b->came_back && same_device(&a->returned, &b->returned) &&
           same_device(&a->device, &b->device) && a->return_us == b->return_us &&
           a->predicted_us == b->predicted_us && a->actual_us == b->actual_us &&
           a->total_us == b->total_us && a->transfers == b->transfers &&
           (a->backup[0] == '\0') == (b->backup[0] == '\0');
}

static void expect(bool holds, const char *name, const char *what, const struct run *run)
{
    if (holds)
        return;
    wrong++;
    print_error("%s: %s (%d: %s; %zu of %zu calls)\n", name, what, (int)run->code, run->err.message,
                run->report.played, run->report.recorded);
}

static void replays_strictly(const char *name, const struct run *first, const char *trace,
                             const struct ub_image *image, const struct ub_flash_options *options)
{
    const struct ub_config config = {.replay = trace};
    struct run again;
    flash(&again, &config, image, options);
    expect(again.code == first->code, name, "strict: another end", &again);
    expect(!first->code || strcmp(again.err.message, first->err.message) == 0, name,
           "strict: another message", &again);
    expect(same_result(&again.result, &first->result), name, "strict: another result", &again);
    expect(strcmp(again.warnings, first->warnings) == 0, name, "strict: other warnings", &again);
    expect(!again.report.differs && again.report.played == again.report.recorded, name,
           "strict: not the same calls", &again);
    expect(again.report.recorded > 0, name, "strict: nothing was recorded", &again);
}

/* With one reading instead of two nothing but the backup is different. */
static void replays_leniently(const char *name, const struct run *first, const char *trace,
                              const struct ub_image *image, struct ub_flash_options options)
{
    const struct ub_config config = {.replay = trace, .replay_lenient = true};
    struct run again;
    options.read_once = true;
    flash(&again, &config, image, &options);
    expect(again.code == UB_OK, name, "lenient: another end", &again);
    expect(again.result.left == first->result.left &&
               again.result.verified == first->result.verified &&
               again.result.bytes_written == first->result.bytes_written &&
               again.result.sectors_erased == first->result.sectors_erased &&
               again.result.came_back == first->result.came_back,
           name, "lenient: another result", &again);
    expect(!again.report.differs, name, "lenient: something was not in the trace", &again);
    expect(first->result.backup[0] == '\0' || again.report.played < again.report.recorded, name,
           "lenient: all the same was asked", &again);
}

/* The part of a chip's memory that firmware may have. */
static void place(const struct ub_sim_chip *chip, uint64_t *address, size_t *size)
{
    const struct ub_sim_memory *memory = &chip->memories[0];
    size_t own = 0;
    *size = 0;
    for (size_t run = 0, sector = 0; run < memory->run_count; run++)
        for (size_t i = 0; i < memory->runs[run].count; i++, sector++) {
            *size += memory->runs[run].size;
            own += sector < memory->own_sectors ? memory->runs[run].size : 0;
        }
    *address = chip->dfu.dfuse ? memory->base + own : 0;
}

/* An image that the model takes, with the prefix that some ask for (UM10503, DFU boot image
 * header).
 */
static struct ub_image *image_for(const struct ub_sim_chip *chip, uint64_t address, bool whole)
{
    struct ub_image *image = NULL;
    const size_t prefix = chip->dfu.checks_prefix ? PREFIX : 0;
    const size_t length = prefix ? 4 * PREFIX_UNIT : whole ? WHOLE_LENGTH : PART_LENGTH;
    uint8_t bytes[PREFIX + WHOLE_LENGTH];
    static const uint8_t head[] = {0xda, 0xff, 4, 0};
    bench_bytes(bytes, sizeof(bytes), 3);
    if (prefix) {
        memset(bytes, 0xff, prefix);
        memcpy(bytes, head, sizeof(head));
    }
    assert_int_equal(ub_image_new("test.bin", &image, NULL), UB_OK);
    assert_int_equal(
        ub_image_add(image, UB_IMAGE_ALT_NONE, address != 0, address, bytes, prefix + length, NULL),
        UB_OK);
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    image->format = ub_formats[0];
    return image;
}

static void try_model(const struct ub_sim_chip *chip, const char *keys, unsigned *done)
{
    char text[96];
    char trace[96];
    const char *const spec[] = {text};
    uint64_t address;
    size_t size;
    struct run first;
    (void)ub_print(text, sizeof(text), "%s,time=virtual%s", chip->model.name, keys);
    (void)ub_print(trace, sizeof(trace), "%s/run.trace", folder);
    place(chip, &address, &size);
    struct ub_image *image = image_for(chip, address, size <= BACKUP_MAX);
    const bool streams = !chip->dfu.dfuse && chip->memory_count > 1;
    const struct ub_flash_options options = {.no_backup = size > BACKUP_MAX,
                                             .region = streams ? chip->memories[0].name : NULL};
    const struct ub_config config = to_record(spec, trace);
    flash(&first, &config, image, &options);
    replays_strictly(text, &first, trace, image, &options);
    if (first.code == UB_OK)
        replays_leniently(text, &first, trace, image, options);
    *done += first.code == UB_OK;
    ub_image_close(image);
}

static void every_model_replays(void **state)
{
    unsigned done = 0;
    unsigned models = 0;
    (void)state;
    for (; ub_sim_chip_at(models); models++)
        try_model(ub_sim_chip_at(models), "", &done);
    print_message("%u models, %u of them flashed\n", models, done);
    assert_int_equal(wrong, 0);
    assert_true(models >= 6);
    assert_true(done * 2 > models); /* a trace of a refusal is a short one */
}

/* Through re-enumeration: the firmware runs, is asked to hand over, and comes back in the end. */
static void ways_in_and_out_replay(void **state)
{
    static const char *const names[] = {"dfu", "dfu-wdetach", "dfu-notolerant", "dfu10"};
    unsigned done = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        try_model(ub_sim_chip_find(names[i], strlen(names[i])), ",mode=runtime", &done);
    assert_int_equal(wrong, 0);
    assert_int_equal(done, sizeof(names) / sizeof(names[0]));
}

/* What goes wrong goes wrong again. */
static void faults_replay(void **state)
{
    static const char *const faults[] = {",fault=stall@20", ",fault=timeout@20", ",fault=unplug@20",
                                         ",fault=unplug@12"};
    const struct ub_sim_chip *chip = ub_sim_chip_find("dfu", 3);
    unsigned done = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        try_model(chip, faults[i], &done);
    assert_int_equal(wrong, 0);
}

/* What another image would do is not in the trace, and is told apart from what is. */
static void another_image_is_a_difference(void **state)
{
    char trace[96];
    static const char *const spec[] = {"dfu,time=virtual"};
    const struct ub_flash_options options = {.no_backup = true};
    struct run run;
    (void)state;
    (void)ub_print(trace, sizeof(trace), "%s/run.trace", folder);
    struct ub_image *image = bench_image(0, 2000, 1);
    struct ub_image *other = bench_image(0, 2000, 2);
    const struct ub_config recording = to_record(spec, trace);
    flash(&run, &recording, image, &options);
    assert_int_equal(run.code, UB_OK);
    const struct ub_config config = {.replay = trace};
    flash(&run, &config, other, &options);
    assert_int_equal(run.code, UB_USB_REPLAY);
    assert_non_null(strstr(run.err.message, "other data from byte"));
    assert_true(run.report.differs);
    const struct ub_config lenient = {.replay = trace, .replay_lenient = true};
    flash(&run, &lenient, other, &options);
    assert_int_equal(run.code, UB_VER_NOT_WRITTEN); /* it holds what was written back then */
    ub_image_close(image);
    ub_image_close(other);
}

static void a_replay_stands_alone(void **state)
{
    static const char *const spec[] = {"dfu,time=virtual"};
    char trace[96];
    struct run run;
    struct ub_context *context = NULL;
    struct ub_device *devices = NULL;
    size_t count = 0;
    (void)state;
    (void)ub_print(trace, sizeof(trace), "%s/list.trace", folder);
    struct ub_config config = to_record(spec, trace);
    open_context(&run, &config);
    assert_int_equal(ub_devices(run.context, true, &devices, &count, NULL), UB_OK);
    ub_devices_free(devices);
    close_context(&run);
    config.replay = trace;
    assert_int_equal(ub_context_open(&config, &context, &run.err), UB_USE_CONFLICT);
    config.sim_count = 0;
    assert_int_equal(ub_context_open(&config, &context, &run.err), UB_USE_CONFLICT);
    assert_non_null(strstr(run.err.message, trace)); /* and it is still there: */
    config.trace = NULL;
    open_context(&run, &config);
    assert_int_equal(ub_devices(run.context, true, &devices, &count, NULL), UB_OK);
    assert_int_equal(count, 1);
    assert_string_equal(devices[0].serial, "BENCH-0002");
    ub_devices_free(devices);
    close_context(&run);
}

/* Several threads record into one file, and several threads play it again. */
static void many_at_once_replay(void **state)
{
    static const char *const specs[] = {"stm32l0,time=virtual", "stm32l0,time=virtual",
                                        "stm32l0,time=virtual,fault=stall@9",
                                        "stm32l0,time=virtual"};
    char trace[96];
    const struct ub_flash_options options = {.no_backup = true};
    const struct ub_many_options all = {.count = 4};
    struct ub_many_result *first = NULL;
    struct ub_many_result *again = NULL;
    struct run run;
    (void)state;
    (void)ub_print(trace, sizeof(trace), "%s/many.trace", folder);
    struct ub_image *image = bench_image(UINT64_C(0x08000000), PART_LENGTH, 5);
    const struct ub_config config = {.sims = specs, .sim_count = 4, .trace = trace};
    open_context(&run, &config);
    enum ub_code code = ub_flash_many(run.context, image, &all, &options, &first, &run.err);
    close_context(&run);
    const struct ub_config replay = {.replay = trace};
    open_context(&run, &replay);
    assert_int_equal(ub_flash_many(run.context, image, &all, &options, &again, &run.err), code);
    close_context(&run);
    assert_int_equal(first->count, 4);
    assert_int_equal(again->count, 4);
    for (size_t i = 0; i < 4; i++) {
        if (again->items[i].error.code != first->items[i].error.code)
            print_error("%s: %s\n", again->items[i].result.port, again->items[i].error.message);
        assert_int_equal(again->items[i].error.code, first->items[i].error.code);
        assert_true(same_result(&again->items[i].result, &first->items[i].result));
    }
    assert_false(run.report.differs);
    assert_int_equal(run.report.played, run.report.recorded);
    ub_many_free(first);
    ub_many_free(again);
    ub_image_close(image);
}

/* A recording of a recording is the recording. */
static void a_replay_can_be_recorded(void **state)
{
    static const char *const spec[] = {"dfu,time=virtual"};
    const struct ub_flash_options options = {.no_backup = true};
    char trace[96];
    char copy[96];
    struct run run;
    struct ub_trace *one = NULL;
    struct ub_trace *two = NULL;
    (void)state;
    (void)ub_print(trace, sizeof(trace), "%s/one.trace", folder);
    (void)ub_print(copy, sizeof(copy), "%s/two.trace", folder);
    struct ub_image *image = bench_image(0, 2000, 1);
    const struct ub_config recording = to_record(spec, trace);
    flash(&run, &recording, image, &options);
    const struct ub_config both = {.replay = trace, .trace = copy};
    flash(&run, &both, image, &options);
    assert_int_equal(run.code, UB_OK);
    assert_int_equal(ub_trace_read(trace, &one, NULL), UB_OK);
    assert_int_equal(ub_trace_read(copy, &two, NULL), UB_OK);
    assert_string_equal(two->transport, "replay");
    assert_int_equal(one->count, two->count);
    for (size_t i = 0; i < one->count; i++) {
        char *a = ub_trace_print(&one->records[i]);
        char *b = ub_trace_print(&two->records[i]);
        assert_string_equal(a, b);
        free(a);
        free(b);
    }
    ub_trace_free(one);
    ub_trace_free(two);
    ub_image_close(image);
}

/* The samples in the tree, with the image they were recorded with: tests/usb/data/README.md. */
static void samples_are_flashed_again(void **state)
{
    static const struct {
        const char *name;
        uint64_t address;
        bool came_back;
    } rows[] = {{"dfuse", UINT64_C(0x08000000), false},
                {"dfu11", 0, true},
                {"dfu10", 0, true},
                {"dfu-detach", 0, true},
                {"dfu-reread", 0, true}};
    const struct ub_flash_options options = {.no_backup = true};
    const char *repo = getenv("REPO");
    char path[512];
    (void)state;
    assert_non_null(repo);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct ub_image_options none = {0};
        struct ub_image *image = NULL;
        struct run run;
        (void)ub_print(path, sizeof(path), "%s/tests/usb/data/sample.bin", repo);
        assert_int_equal(ub_image_open(path, &none, &image, NULL), UB_OK);
        (void)ub_print(path, sizeof(path), "%s/tests/usb/data/%s.trace", repo, rows[i].name);
        struct ub_flash_options placed = options;
        placed.has_at = rows[i].address != 0;
        placed.at = rows[i].address;
        const struct ub_config config = {.replay = path, .replay_lenient = true};
        flash(&run, &config, image, &placed);
        if (run.code)
            print_error("%s: %s\n", rows[i].name, run.err.message);
        assert_int_equal(run.code, UB_OK);
        assert_int_equal(run.result.left, UB_LEFT_DONE);
        assert_int_equal(run.result.came_back, rows[i].came_back);
        ub_image_close(image);
    }
}

static int make_folder(void **state)
{
    (void)state;
    /* in memory where there is such a place: a hundred vaults are synced to disk otherwise */
    (void)ub_print(folder, sizeof(folder), "/dev/shm/unbrick-traces-XXXXXX");
    if (mkdtemp(folder))
        return 0;
    (void)ub_print(folder, sizeof(folder), "/tmp/unbrick-traces-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    clean(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_model_replays),
        cmocka_unit_test(ways_in_and_out_replay),
        cmocka_unit_test(faults_replay),
        cmocka_unit_test(another_image_is_a_difference),
        cmocka_unit_test(a_replay_stands_alone),
        cmocka_unit_test(many_at_once_replay),
        cmocka_unit_test(a_replay_can_be_recorded),
        cmocka_unit_test(samples_are_flashed_again),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
