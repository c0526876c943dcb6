/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The whole host against a device whose every answer the fuzzer decides (fake_device.h). The input:
 *
 *     [verb] [options] [more options] [content] [cancel at event] [image length, 2] [offset / 16]
 *     [seed] [a face] [after], and then the answers
 *
 * Whatever the device does: the procedure ends, within bounds of time and transfers; it leaks
 * nothing and closes what it opens; it says nothing about the device that its own readings
 * contradict; it changes nothing that it was not asked to change, and nothing before it was read.
 */
#define _XOPEN_SOURCE 700
#include "fake_device.h"

#include "base/text.h"
#include "image/image.h"
#include "procedure/context.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define IMAGE_MAX 1500u
#define HOUR_US   UINT64_C(3600000000)
#define CHANGED   3u /* offset of a byte that changes between backup and restore */

enum verb {
    FLASH,
    DETAILS,
    BACKUP,
    VERIFY,
    LEAVE,
    PLAN,
    ENTER,
    RESTORE, /**< of a backup taken before, behind the same device */
    ERASE,
    LIST,
    VERBS,
};

/* The second byte of options; the first is options_of()'s. */
#define READ_ONCE     0x01u
#define NO_ADDRESS    0x02u /**< the image says nothing of where it goes */
#define AT            0x04u /**< the options do */
#define DECLINE       0x08u
#define TWO_SEGMENTS  0x10u
#define TO_THE_SIDE   0x20u /**< the image is for option bytes */
#define ANY_DEVICE    0x40u
#define ERASE_ALL_NOW 0x80u /**< for the verb erase: all */

/** One run. */
struct run {
    enum verb verb;
    struct ub_flash_options options;
    uint8_t more;
    uint8_t content;
    unsigned cancel_at; /**< number of the event at which the person gives up; 0: never */
    unsigned events;
    uint8_t bytes[IMAGE_MAX];
    size_t length;
    uint64_t address; /**< 0 for streams */
    struct ub_image *image;
    struct ub_context *context;
    struct fake_device device;
    struct ub_result result;
    struct ub_error err;
};

static char folder[64];

/** Stops the fuzzer, and says why. */
static void must(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "fuzz_host: not so: %s\n", what);
    abort();
}

static struct ub_flash_options options_of(uint8_t bits)
{
    return (struct ub_flash_options){.no_backup = (bits & 1) != 0,
                                     .whole = (bits & 2) != 0,
                                     .discard_neighbours = (bits & 4) != 0,
                                     .stay = (bits & 8) != 0,
                                     .erase_all = (bits & 16) != 0,
                                     .write_option_bytes = (bits & 32) != 0,
                                     .write_otp = (bits & 64) != 0,
                                     .lose_protected_content = (bits & 128) != 0};
}

/* Bytes that no DfuSe command begins with, with blank stretches in between for odd seeds. */
static void make_bytes(struct run *run, uint8_t seed)
{
    uint32_t x = seed * 2654435761u + 1u;
    for (size_t i = 0; i < run->length; i++) {
        x = x * 1664525u + 1013904223u;
        bool blank = (seed & 1) && (i & 0x180) == 0x100;
        run->bytes[i] = blank ? 0xff : (uint8_t)((x >> 24) % 31);
    }
}

static bool is_addressed(const struct run *run)
{
    return run->address != 0 && !(run->more & NO_ADDRESS);
}

/* Bytes of the first segment. */
static size_t first_length(const struct run *run)
{
    bool two = (run->more & TWO_SEGMENTS) && is_addressed(run) && run->length > 3;
    return two ? run->length / 2 : run->length;
}

static void make_image(struct run *run)
{
    bool addressed = is_addressed(run);
    size_t first = first_length(run);
    enum ub_code code = ub_image_new("fuzz.bin", &run->image, NULL);
    if (!code)
        code = ub_image_add(run->image, UB_IMAGE_ALT_NONE, addressed, addressed ? run->address : 0,
                            run->bytes, first, NULL);
    /* a hole of one byte between the segments, which is nobody's */
    if (!code && first + 1 < run->length)
        code = ub_image_add(run->image, UB_IMAGE_ALT_NONE, true, run->address + first + 1,
                            run->bytes + first + 1, run->length - first - 1, NULL);
    if (!code)
        code = ub_image_finish(run->image, NULL);
    must(code == UB_OK, "an image can be made");
    run->image->format = ub_formats[0];
}

static void on_event(void *user, const struct ub_event *event)
{
    struct run *run = user;
    must(event->text != NULL && event->port != NULL, "an event has texts");
    if (run->cancel_at && ++run->events == run->cancel_at)
        ub_context_cancel(run->context);
}

static bool on_confirm(void *user, const char *question)
{
    const struct run *run = user;
    must(question[0] != '\0', "a question asks something");
    must(!run->device.view.changed || run->options.lose_protected_content,
         "the person is asked before anything is changed");
    return !(run->more & DECLINE);
}

/* Made once: reading the table of quirks takes longer than most runs. */
static struct ub_context *first_context(void)
{
    static const char *const sims[] = {"dfu,time=virtual"};
    static struct ub_context *context;
    if (context)
        return context;
    (void)ub_print(folder, sizeof(folder), "%s/unbrick-fuzz-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    must(mkdtemp(folder) != NULL && rmdir(folder) == 0, "there is a place for the vault");
    const struct ub_config config = {.vault = folder, .sims = sims, .sim_count = 1};
    must(ub_context_open(&config, &context, NULL) == UB_OK, "a context can be opened");
    return context;
}

/* A context of the library's own making, on another bus. */
static void open_context(struct run *run)
{
    const struct ub_callbacks callbacks = {.user = run, .event = on_event, .confirm = on_confirm};
    run->context = ub_context_fork(first_context(), &callbacks, NULL);
    must(run->context != NULL, "a context can be forked");
    run->context->transport = fake_transport(&run->device);
    run->context->env.clock = fake_clock(&run->device);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static void close_context(struct run *run)
{
    free(run->context);
    must(run->device.handles == 0, "every handle was closed");
    if (access(folder, F_OK) == 0)
        (void)nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* What the device holds before: something else, nothing, the image, nearly the image. */
static void fill_device(struct run *run)
{
    uint32_t at = run->address ? (uint32_t)run->address : FAKE_FLASH_BASE;
    if (run->content % 5 < 3)
        return;
    for (size_t i = 0; i < run->length && fake_memory(at + (uint32_t)i); i++)
        *fake_memory(at + (uint32_t)i) = run->bytes[i];
    if (run->content % 5 == 4 && fake_memory(at + (uint32_t)run->length / 2))
        *fake_memory(at + (uint32_t)run->length / 2) ^= 0x55;
}

static void set_up(struct run *run, struct fake_input input)
{
    static const char *const accepted[] = {"other-device"};
    static const uint8_t fills[] = {0x42, 0xff, 0x00, 0xff, 0xff};
    memset(run, 0, sizeof(*run));
    run->verb = fake_take(&input) % VERBS;
    run->options = options_of(fake_take(&input));
    run->more = fake_take(&input);
    run->content = fake_take(&input);
    run->cancel_at = fake_take(&input);
    run->length = 1u + fake_take_u16(&input) % IMAGE_MAX;
    uint32_t offset = fake_take(&input) * 16u;
    uint8_t seed = fake_take(&input);
    make_bytes(run, seed);
    run->options.read_once = (run->more & READ_ONCE) != 0;
    run->options.accept = accepted;
    run->options.accept_count = (run->more & ANY_DEVICE) != 0 ? 1 : 0;
    fake_open(&run->device, input, fills[run->content % 5]);
    if (run->device.face.dfuse)
        run->address = ((run->more & TO_THE_SIDE) ? FAKE_SIDE_BASE : FAKE_FLASH_BASE) + offset;
    run->options.has_at = run->address != 0 && (run->more & AT) != 0;
    run->options.at = run->address;
    fill_device(run);
    make_image(run);
    open_context(run);
}

static enum ub_code look(struct run *run)
{
    struct ub_details *details = NULL;
    enum ub_code code = ub_details(run->context, NULL, &details, &run->err);
    must(!code == (details != NULL), "details are given exactly on success");
    for (size_t i = 0; details && i < details->region_count; i++)
        must(details->regions[i].kind == UB_REGION_STREAM || details->regions[i].run_count > 0,
             "a region has runs");
    ub_details_free(details);
    return code;
}

static enum ub_code plan(struct run *run)
{
    struct ub_plan *built = NULL;
    struct ub_plan_info info;
    enum ub_code code = ub_plan(run->context, run->image, NULL, &run->options, &built, &run->err);
    must(!code == (built != NULL), "a plan is given exactly on success");
    if (built)
        ub_plan_info(built, &info);
    ub_plan_free(built);
    return code;
}

static enum ub_code list(struct run *run)
{
    struct ub_device *devices = NULL;
    size_t count = 0;
    enum ub_code code = ub_devices(run->context, true, &devices, &count, &run->err);
    ub_devices_free(devices);
    must(run->device.transfers == 0, "a list sends nothing");
    return code;
}

static enum ub_code restore(struct run *run)
{
    struct ub_flash_options stay = run->options;
    stay.stay = true;
    enum ub_code code = ub_backup(run->context, NULL, NULL, &stay, &run->result, &run->err);
    if (code)
        return code;
    must(!run->device.view.asked, "a backup changes nothing");
    if (fake_memory(FAKE_FLASH_BASE + CHANGED))
        *fake_memory(FAKE_FLASH_BASE + CHANGED) = 0;
    return ub_restore(run->context, NULL, NULL, &run->options, &run->result, &run->err);
}

static enum ub_code erase(struct run *run)
{
    const char *what = (run->more & ERASE_ALL_NOW) ? "all" : "0x08000100+256";
    return ub_erase(run->context, what, NULL, &run->options, &run->result, &run->err);
}

static enum ub_code carry_out(struct run *run)
{
    switch (run->verb) {
    case FLASH:
        return ub_flash(run->context, run->image, NULL, &run->options, &run->result, &run->err);
    case DETAILS:
        return look(run);
    case BACKUP:
        return ub_backup(run->context, NULL, NULL, &run->options, &run->result, &run->err);
    case VERIFY:
        return ub_verify(run->context, run->image, NULL, &run->options, &run->result, &run->err);
    case LEAVE:
        return ub_leave(run->context, NULL, &run->result, &run->err);
    case PLAN:
        return plan(run);
    case ENTER:
        return ub_enter(run->context, NULL, &run->result, &run->err);
    case RESTORE:
        return restore(run);
    case ERASE:
        return erase(run);
    case LIST:
    case VERBS:
        break;
    }
    return list(run);
}

static bool is_status(int status)
{
    return status == 0 || (status >= 2 && status <= 10) || status == 130;
}

static void check_error(const struct run *run, enum ub_code code)
{
    must(is_status(ub_exit_status(code, run->result.left)), "the exit status is one of the table");
    if (!code)
        return;
    must(run->err.code == code, "the error is the one that is returned");
    must(run->err.message[0] && memchr(run->err.message, 0, sizeof(run->err.message)),
         "an error says what happened");
    must(run->err.depth <= UB_ERROR_DEPTH, "an error's depth is in bounds");
    must(ub_explain(code) != NULL, "every error is explained");
}

/* Are the bytes that the device last gave back for it those of the image, hole excepted? */
static bool was_read_back(const struct run *run)
{
    size_t first = first_length(run);
    if (!fake_was_read(run->address, run->bytes, first))
        return false;
    return first + 1 >= run->length ||
           fake_was_read(run->address + first + 1, run->bytes + first + 1, run->length - first - 1);
}

/* Does the device's memory hold the image? It is the truth where every answer was honest. */
static bool is_there(const struct run *run)
{
    const size_t first = first_length(run);
    const uint32_t base = run->address ? (uint32_t)run->address : FAKE_FLASH_BASE;
    for (size_t i = 0; i < run->length; i++) {
        const uint8_t *byte = fake_memory(base + (uint32_t)i);
        if (i != first && (!byte || *byte != run->bytes[i]))
            return false;
    }
    return true;
}

static void check_flash(const struct run *run, enum ub_code code)
{
    const struct fake_view *view = &run->device.view;
    const struct ub_result *result = &run->result;
    if (code == UB_OK)
        must(result->left == UB_LEFT_DONE, "success leaves a device that holds the image");
    if (code != UB_OK && code != UB_SYS_INTERRUPTED)
        must(result->left != UB_LEFT_DONE, "what was verified is no failure");
    if (run->verb == FLASH && result->verified)
        must(was_read_back(run), "verified means that the device gave the image back");
    if (run->verb == FLASH && result->verified && !run->device.departed && !view->tainted)
        must(is_there(run), "what an honest device gave back is what it holds");
    if (run->verb == FLASH && code == UB_OK && result->proved)
        must(fake_was_sent(&run->device, run->bytes, run->length),
             "proved means that the device took the whole image");
    /* errVENDOR is believed to be said before anything was done */
    if (result->left <= UB_LEFT_UNCHANGED && code != UB_DFU_PROTECTED)
        must(!view->changed, "what was changed is not called unchanged");
}

static void check_rules(const struct run *run)
{
    const struct fake_view *view = &run->device.view;
    const struct ub_flash_options *options = &run->options;
    bool writes = run->verb == FLASH || run->verb == RESTORE || run->verb == ERASE;
    must(writes || !view->asked, "who only looks changes nothing");
    must(options->erase_all || !view->erased_all, "everything is erased only by name");
    must(options->lose_protected_content || !view->unprotected,
         "protection is lifted only by name");
    if (view->tainted)
        return; /* what is said of the memory is not what the oracle knows of it */
    must(options->write_option_bytes || options->write_otp || !view->side_changed,
         "option bytes and OTP are written only by name");
    must(options->no_backup || options->lose_protected_content || !view->blind,
         "nothing is changed before it was read");
    must(!(run->more & DECLINE) || options->lose_protected_content || !view->changed,
         "no means no");
}

static void check(const struct run *run, enum ub_code code)
{
    const struct fake_device *device = &run->device;
    check_error(run, code);
    check_rules(run);
    if (run->verb == FLASH || run->verb == RESTORE || run->verb == ERASE)
        check_flash(run, code);
    else
        must(run->result.left <= UB_LEFT_UNCHANGED, "who only looks leaves it as it was");
    /* three uploads of half an hour at most, and each transfer's own wait; a restore comes behind a
     * backup */
    const uint64_t procedures = run->verb == RESTORE ? 2 : 1;
    must(device->time.now <= procedures * 3 * HOUR_US,
         "a procedure ends within three hours of the device's time");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run run;
    set_up(&run, (struct fake_input){data, size});
    enum ub_code code = carry_out(&run);
    if (getenv("FUZZ_SHOW"))
        (void)fprintf(stderr, "verb %d: %d, left %d, %u transfers, %.1f s: %s\n", (int)run.verb,
                      (int)code, (int)run.result.left, (unsigned)run.device.transfers,
                      (double)run.device.time.now / 1e6, code ? run.err.message : "");
    check(&run, code);
    ub_image_close(run.image);
    close_context(&run);
    return 0;
}
