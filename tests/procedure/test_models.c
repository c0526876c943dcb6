/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every model of the bench, at its typical and at its slowest: backed up, written whole, left,
 * written again where 4 KiB changed, restored, in virtual time. The truth is looked up in the
 * device's memory. What a model cannot do stands in the table `cannot`, and is tried all the same.
 *
 * With DEVICES_CSV=FILE in the environment the cost of a full verified write, as a multiple of what
 * chip and wire take, goes there: a line "model,ratio" each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/text.h"
#include "bench.h"
#include "image/image.h"
#include "sim/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OLD_SEED  1u
#define NEW_SEED  2u
#define CHANGE    ((size_t)4096)
#define LIMIT_TOP 1.04 /* of what chip and wire take */
#define DRIFT     0.02 /* that the table of ratios may lag behind */
/* No device needs longer than this for any one job at its slowest. */
#define LONGEST_US UINT64_C(900000000)

/** What a model cannot do, and why. */
struct cannot {
    const char *model;
    bool read;           /**< be read: a write is not verified, a backup not made... */
    enum ub_code backup; /**< ...for this reason */
    enum ub_code write;  /**< be written whole, but fails like this */
    size_t prefix;       /**< bytes in front of the image that it takes off again */
    const char *region;  /**< has to be told which of its memories is meant */
    const char *why;
};

static const struct cannot cannot[] = {
    {.model = "stm32h743v-lost",
     .write = UB_DFU_ERR_CHECK_ERASED,
     .why = "its upper bank cannot be erased"},
    {.model = "dfu-noupload", .read = true, .backup = UB_MEM_NO_BACKUP, .why = "is not readable"},
    {.model = "hackrf",
     .read = true,
     .backup = UB_MEM_NO_BACKUP,
     .prefix = 16,
     .why = "loads into RAM, and is told how much by a prefix"},
    {.model = "openmoko", .region = "u-boot", .why = "has two streams"},
    {.model = "jabra",
     .read = true,
     .backup = UB_MEM_NO_BACKUP,
     .why = "what it uploads is not what it holds"},
    {.model = "slowmanifest", .read = true, .backup = UB_MEM_NO_BACKUP, .why = "is not readable"},
};

/** What was measured: at typical speed, in the order of the models; 0 for what cannot be written.
 */
#define MODELS_MAX 64
static double ratios[MODELS_MAX];

/** The models that must come within LIMIT_TOP of the limit. */
static const char *const swift[] = {"stm32f405", "stm32l4", "stm32h743", "stm32f103"};

static struct bench bench;
static unsigned wrong;

/** One model at one speed, and the part of its memory that firmware may have. */
struct subject {
    const struct ub_sim_chip *chip;
    const struct cannot *cannot;
    const char *speed;
    uint64_t base;
    size_t size;
    size_t own;       /**< bytes at the start that are the bootloader's */
    uint64_t address; /**< of an image; 0 for streams */
    uint8_t *want;    /**< size bytes */
    uint8_t *old;
};

/** Says what is wrong with a model, and goes on. */
static bool expect(bool holds, const struct subject *s, const char *what)
{
    if (holds)
        return true;
    wrong++;
    print_error("%s, %s: %s (%d: %s)\n", s->chip->model.name, s->speed, what, (int)bench.err.code,
                bench.err.message);
    return false;
}

static const struct cannot *cannot_of(const char *model)
{
    static const struct cannot nothing;
    for (size_t i = 0; i < sizeof(cannot) / sizeof(cannot[0]); i++)
        if (strcmp(cannot[i].model, model) == 0)
            return &cannot[i];
    return &nothing;
}

/* Firmware that every model takes for one: a stack pointer in RAM, a reset vector in itself. */
static void make_firmware(const struct subject *s, uint8_t *to, uint8_t seed)
{
    bench_bytes(to, s->size, seed);
    if (s->size < s->own + 8)
        return;
    ub_put_u32le(to + s->own, 0x20001000);
    ub_put_u32le(to + s->own + 4, (uint32_t)(s->base + s->own) + 0x101);
}

static void subject_open(struct subject *s, const struct ub_sim_chip *chip, const char *speed)
{
    const struct ub_sim_memory *memory = &chip->memories[0];
    char spec[96];
    *s = (struct subject){.chip = chip, .cannot = cannot_of(chip->model.name), .speed = speed};
    s->base = memory->base;
    for (size_t run = 0, sector = 0; run < memory->run_count; run++)
        for (size_t i = 0; i < memory->runs[run].count; i++, sector++) {
            s->size += memory->runs[run].size;
            s->own += sector < memory->own_sectors ? memory->runs[run].size : 0;
        }
    s->address = chip->dfu.dfuse ? s->base + s->own : 0;
    s->want = malloc(s->size);
    s->old = malloc(s->size);
    assert_true(s->want && s->old);
    make_firmware(s, s->old, OLD_SEED);
    make_firmware(s, s->want, NEW_SEED);
    memcpy(s->want, s->old, s->own); /* the bootloader stays */
    (void)ub_print(spec, sizeof(spec), "%s,speed=%s", chip->model.name, speed);
    bench_open(&bench, spec);
    memcpy(bench_memory_at(&bench, s->base, s->size), s->old, s->size);
}

static void subject_close(struct subject *s)
{
    bench_close(&bench);
    free(s->want);
    free(s->old);
}

static bool holds(const struct subject *s, const uint8_t *bytes)
{
    return memcmp(bench_memory_at(&bench, s->base, s->size), bytes, s->size) == 0;
}

/* Power off and on, with whatever makes it start in its bootloader. */
static void power_cycle(void)
{
    ub_sim_bus_unplug(bench.context->sim, 0);
    ub_sim_bus_plug(bench.context->sim, 0, UB_MODE_DFU);
}

/* The image of s->want, with the prefix that the device asks for (UM10503, DFU boot image header).
 */
static struct ub_image *image_of(const struct subject *s)
{
    struct ub_image *image = NULL;
    const size_t prefix = s->cannot->prefix;
    size_t length = s->size - s->own;
    uint8_t *bytes = malloc(prefix + length);
    assert_non_null(bytes);
    if (prefix) {
        static const uint8_t head[] = {0xda, 0xff};
        memset(bytes, 0xff, prefix);
        memcpy(bytes, head, sizeof(head));
        bytes[2] = (uint8_t)(length / 512);
        bytes[3] = (uint8_t)(length / 512 >> 8);
    }
    memcpy(bytes + prefix, s->want + s->own, length);
    assert_int_equal(ub_image_new("test.bin", &image, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, UB_IMAGE_ALT_NONE, s->address != 0, s->address, bytes,
                                  prefix + length, NULL),
                     UB_OK);
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    image->format = ub_formats[0];
    free(bytes);
    return image;
}

/** Success has to be said of what is true, and of all that is true. */
static bool check_success(const struct subject *s)
{
    bool can_prove = !s->cannot->read;
    bool good = expect(holds(s, s->want), s, "it does not hold what is said to be written");
    good &= expect(bench.result.left == UB_LEFT_DONE, s, "it is not said to hold the image");
    good &= expect(bench.result.verified == can_prove, s, "verified, or not verified, in error");
    return good & expect(bench.result.verified || bench.result.proved, s, "nothing is proved");
}

/** Flashes s->want, which ends with `expected`; true if it does, and all that is said is true. */
static bool flash(const struct subject *s, struct ub_flash_options options, enum ub_code expected)
{
    struct ub_image *image = image_of(s);
    options.region = s->cannot->region;
    enum ub_code code = ub_flash(bench.context, image, NULL, &options, &bench.result, &bench.err);
    ub_image_close(image);
    struct ub_sim_counts counts = bench_counts(&bench, 0);
    bool good = expect(code == expected, s, "a write does not end as it should");
    if (code == UB_OK)
        good &= check_success(s);
    else
        good &= expect(bench.result.left != UB_LEFT_DONE, s, "a failure that left the image");
    if (bench.result.left <= UB_LEFT_UNCHANGED)
        good &= expect(holds(s, s->old), s, "it was changed, and is said not to be");
    good &= expect(bench.result.total_us <= LONGEST_US, s, "a write takes too long");
    good &= expect(counts.bit_violations == 0, s, "what was not erased was programmed");
    good &= expect(counts.poisoned == 0, s, "a unit with ECC was programmed twice");
    return good;
}

/** The backup's id, or "" if this model gives none. */
static void back_up(const struct subject *s, char id[UB_BACKUP_ID])
{
    struct ub_backup *backup = NULL;
    enum ub_code code = ub_backup(bench.context, NULL, NULL, NULL, &bench.result, &bench.err);
    id[0] = '\0';
    if (s->cannot->read) {
        (void)expect(code == s->cannot->backup, s, "a backup of what cannot be read");
        return;
    }
    if (!expect(code == UB_OK, s, "no backup"))
        return;
    memcpy(id, bench.result.backup, UB_BACKUP_ID);
    if (!expect(ub_vault_load(bench.context->vault, id, &backup, &bench.err) == UB_OK, s,
                "the backup cannot be loaded"))
        return;
    const struct ub_backup_part *part = &backup->info.parts[0];
    /* a stream begins behind the bootloader */
    const size_t from = s->chip->dfu.dfuse ? 0 : s->own;
    (void)expect(part->length == s->size - from &&
                     memcmp(backup->contents[0], s->old + from, s->size - from) == 0,
                 s, "the backup is not what the device holds");
    ub_backup_free(backup);
}

/* What chip and wire have taken so far. Manifestation is work of the chip too, where the device is
 * there to be waited for. */
static uint64_t taken_us(const struct subject *s, bool manifested)
{
    struct ub_sim_counts counts = bench_counts(&bench, 0);
    bool stream = !s->chip->dfu.dfuse;
    return counts.busy_us + counts.wire_us + (stream && manifested ? s->chip->dfu.manifest_us : 0);
}

/** What a whole write took, as a multiple of what chip and wire took; 0 if it could not be done. */
static double write_whole(const struct subject *s)
{
    const struct ub_flash_options whole = {.no_backup = true, .whole = true, .stay = true};
    uint64_t before = taken_us(s, false);
    if (!flash(s, whole, s->cannot->write) || bench.err.code)
        return 0;
    uint64_t limit = taken_us(s, true) - before;
    return (double)bench.result.total_us / (double)(limit ? limit : 1);
}

static void leave(const struct subject *s)
{
    enum ub_code code = ub_leave(bench.context, NULL, &bench.result, &bench.err);
    if (expect(code == UB_OK, s, "it cannot be left")) {
        (void)expect(bench.result.left_bootloader, s, "it did not leave its bootloader");
        (void)expect(bench.result.came_back && bench.result.returned.mode == UB_MODE_RUNTIME, s,
                     "its firmware did not come back");
    }
    (void)expect(holds(s, s->want), s, "leaving changed what it holds");
}

static size_t sector_size(const struct subject *s, size_t at)
{
    const struct ub_sim_memory *memory = &s->chip->memories[0];
    size_t end = 0;
    for (size_t run = 0; run < memory->run_count; run++) {
        end += (size_t)memory->runs[run].size * memory->runs[run].count;
        if (at < end)
            return memory->runs[run].size;
    }
    return memory->runs[0].size;
}

/** 4 KiB of what it holds change, with all the care there is. No more is erased than the sectors
 * that change and the one that makes the device bootable. */
static void change_a_little(struct subject *s)
{
    const struct ub_flash_options careful = {.no_backup = s->cannot->read};
    uint64_t erases = bench_counts(&bench, 0).erases;
    size_t at = s->own + (s->size - s->own) / 2 / CHANGE * CHANGE;
    size_t least = (CHANGE + sector_size(s, at) - 1) / sector_size(s, at);
    for (size_t i = 0; i < CHANGE && at + i < s->size; i++)
        s->want[at + i] ^= 0xa5;
    if (!flash(s, careful, s->cannot->write) || bench.err.code)
        return;
    (void)expect(bench.result.left_bootloader, s, "it did not leave its bootloader by itself");
    erases = bench_counts(&bench, 0).erases - erases;
    if (s->chip->dfu.dfuse)
        (void)expect(erases >= least && erases <= least + 2, s, "a small change is no small job");
}

static void restore(const struct subject *s, const char *id)
{
    const struct ub_flash_options options = {.assume_yes = true, .region = s->cannot->region};
    enum ub_code code = ub_restore(bench.context, id, NULL, &options, &bench.result, &bench.err);
    if (expect(code == UB_OK, s, "a backup cannot be put back"))
        (void)expect(holds(s, s->old), s, "it does not hold what was put back");
}

static double rehearse(const struct ub_sim_chip *chip, const char *speed)
{
    struct subject s;
    char id[UB_BACKUP_ID];
    subject_open(&s, chip, speed);
    back_up(&s, id);
    double ratio = write_whole(&s);
    if (ratio > 0 && s.cannot->write == UB_OK) {
        if (!s.cannot->read)
            leave(&s);
        power_cycle();
        change_a_little(&s);
        power_cycle();
        if (id[0])
            restore(&s, id);
    }
    subject_close(&s);
    return ratio;
}

static bool is_swift(const char *model)
{
    for (size_t i = 0; i < sizeof(swift) / sizeof(swift[0]); i++)
        if (strcmp(swift[i], model) == 0)
            return true;
    return false;
}

static void all_at(const char *speed)
{
    wrong = 0;
    for (size_t i = 0; ub_sim_model_at(i); i++) {
        const struct ub_sim_chip *chip = ub_sim_chip_at(i);
        const char *name = ub_sim_model_at(i)->name;
        double ratio = rehearse(chip, speed);
        assert_true(i < MODELS_MAX);
        if (strcmp(speed, "typical") == 0)
            ratios[i] = ratio;
        const char *why = cannot_of(name)->why;
        print_message("%-16s %s: %.3f of what chip and wire take%s%s\n", name, speed, ratio,
                      why ? "; " : "", why ? why : "");
        if (is_swift(name) && (ratio == 0 || ratio > LIMIT_TOP)) {
            print_error("%s, %s: %.3f is more than %.2f\n", name, speed, ratio, LIMIT_TOP);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void every_model_at_its_typical_speed(void **state)
{
    all_at("typical");
}

static void every_model_at_its_slowest(void **state)
{
    all_at("slow");
}

static void write_table(const char *path)
{
    FILE *csv = fopen(path, "w");
    assert_non_null(csv);
    assert_true(fputs("model,ratio\n", csv) >= 0);
    for (size_t i = 0; ub_sim_model_at(i); i++)
        if (ratios[i] > 0)
            assert_true(fprintf(csv, "%s,%.3f\n", ub_sim_model_at(i)->name, ratios[i]) > 0);
    assert_int_equal(fclose(csv), 0);
}

/** The ratio of a line "model,1.234"; false if it is none. */
static bool parse_line(const char *line, char *model, size_t size, double *ratio)
{
    const char *comma = strchr(line, ',');
    const char *point = comma ? strchr(comma, '.') : NULL;
    uint64_t whole = 0;
    uint64_t thousandths = 0;
    if (!point || !ub_parse_digits(comma + 1, (size_t)(point - comma - 1), 10, 1000, &whole) ||
        !ub_parse_digits(point + 1, 3, 10, 999, &thousandths))
        return false;
    *ratio = (double)whole + (double)thousandths / 1000;
    return ub_print(model, size, "%.*s", (int)(comma - line), line);
}

/** docs/devices.csv is what the page of devices shows. */
static void the_table_of_ratios_is_what_is_measured(void **state)
{
    char path[512];
    char line[128];
    char model[64];
    size_t lines = 0;
    size_t measured = 0;
    if (getenv("DEVICES_CSV"))
        write_table(getenv("DEVICES_CSV"));
    assert_non_null(getenv("REPO"));
    assert_true(ub_print(path, sizeof(path), "%s/docs/devices.csv", getenv("REPO")));
    FILE *csv = fopen(path, "r");
    assert_non_null(csv);
    while (fgets(line, sizeof(line), csv)) {
        double ratio = 0;
        if (!parse_line(line, model, sizeof(model), &ratio))
            continue;
        lines++;
        size_t i = 0;
        while (ub_sim_model_at(i) && strcmp(ub_sim_model_at(i)->name, model) != 0)
            i++;
        if (!ub_sim_model_at(i) || ratios[i] < ratio - DRIFT || ratios[i] > ratio + DRIFT)
            fail_msg("%s is not %.3f: run this test with DEVICES_CSV=%s", model, ratio, path);
    }
    assert_int_equal(fclose(csv), 0);
    for (size_t i = 0; ub_sim_model_at(i); i++)
        measured += ratios[i] > 0;
    assert_int_equal(lines, measured);
}

static void what_cannot_be_done_is_of_models_that_exist(void **state)
{
    for (size_t i = 0; i < sizeof(cannot) / sizeof(cannot[0]); i++) {
        assert_non_null(ub_sim_chip_find(cannot[i].model, strlen(cannot[i].model)));
        assert_non_null(cannot[i].why);
    }
    for (size_t i = 0; i < sizeof(swift) / sizeof(swift[0]); i++)
        assert_non_null(ub_sim_chip_find(swift[i], strlen(swift[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_done_is_of_models_that_exist),
        cmocka_unit_test(every_model_at_its_typical_speed),
        cmocka_unit_test(the_table_of_ratios_is_what_is_measured),
        cmocka_unit_test(every_model_at_its_slowest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
