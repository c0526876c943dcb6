/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `image convert`: images moved, cropped, filled, merged, split, and written in another format. */
#define _POSIX_C_SOURCE 200809L /* what POSIX adds to C11 */
#include "cli.h"
#include "fault.h"
#include "format.h"
#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PIECES_SHOWN 4

/** What the options ask for. */
struct conversion {
    struct ub_edit edit;
    struct ub_save_options save;
    const char *output;
    const char *family;
    bool split;
};

/* ---- options ---- */

/** "START-END" (both included) or "START+LENGTH". */
static bool read_range(const char *text, uint64_t *from, uint64_t *length)
{
    char first[64];
    uint64_t second = 0;
    size_t at = strcspn(text, "-+");
    if (at >= sizeof(first) || text[at] == '\0') {
        return false;
    }
    memcpy(first, text, at);
    first[at] = '\0';
    if (!cli_number(first, UINT64_MAX, from) || !cli_number(text + at + 1, UINT64_MAX, &second)) {
        return false;
    }
    if (text[at] == '+') {
        *length = second;
        return second > 0;
    }
    *length = second - *from + 1;
    return second >= *from && *length > 0;
}

static bool read_offset(const char *text, int64_t *offset)
{
    uint64_t number = 0;
    bool back = text[0] == '-';
    if (!cli_number(text + (back || text[0] == '+' ? 1 : 0), INT64_MAX, &number)) {
        return false;
    }
    *offset = back ? -(int64_t)number : (int64_t)number;
    return true;
}

/** One to four hexadecimal digits, up to a ':' or the end. */
static bool read_id(const char **text, uint16_t *id)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    unsigned value = 0;
    size_t count = 0;
    for (; (*text)[count] != '\0' && (*text)[count] != ':'; count++) {
        const char *digit = strchr(digits, (*text)[count]);
        if (digit == NULL || count == 4) {
            return false;
        }
        value = value << 4 | ((unsigned)(digit - digits) & 0xf);
    }
    *text += count;
    *id = (uint16_t)value;
    return count > 0;
}

/** "VID:PID" or "VID:PID:RELEASE". */
static bool read_ids(const char *text, struct ub_save_options *save)
{
    save->has_ids = true;
    save->bcdDevice = 0xffff;
    if (!read_id(&text, &save->vid) || *text++ != ':' || !read_id(&text, &save->pid)) {
        return false;
    }
    return *text == '\0' || (*text++ == ':' && read_id(&text, &save->bcdDevice) && *text == '\0');
}

/** "lpc", "none" or "ti:ADDRESS". */
static bool read_prefix(const char *text, struct ub_save_options *save)
{
    bool ti = strncmp(text, "ti:", 3) == 0;
    save->prefix = ti ? "ti" : text;
    return ti ? cli_number(text + 3, UINT32_MAX, &save->prefix_address)
              : strcmp(text, "lpc") == 0 || strcmp(text, "none") == 0;
}

static bool read_fill(const char *text, struct conversion *conversion)
{
    uint64_t value = 0;
    conversion->edit.has_fill = true;
    bool good = cli_number(text, UINT8_MAX, &value);
    conversion->edit.fill = (uint8_t)value;
    return good;
}

static bool read_uf2_family(const char *text, struct ub_save_options *save)
{
    uint64_t value = 0;
    save->has_uf2_family = true;
    bool good = cli_number(text, UINT32_MAX, &value);
    save->uf2_family = (uint32_t)value;
    return good;
}

/** Reads one option's value; false if it cannot be read. */
static bool read_value(enum cli_option_id option, const char *text, struct conversion *conversion)
{
    struct ub_edit *edit = &conversion->edit;
    switch (option) {
    case CLI_OPT_AT:
        edit->has_at = true;
        return cli_number(text, UINT64_MAX, &edit->at);
    case CLI_OPT_OFFSET:
        return read_offset(text, &edit->offset);
    case CLI_OPT_CROP:
        return read_range(text, &edit->crop_from, &edit->crop_length);
    case CLI_OPT_FILL:
        return read_fill(text, conversion);
    case CLI_OPT_IDS:
        return read_ids(text, &conversion->save);
    case CLI_OPT_PREFIX:
        return read_prefix(text, &conversion->save);
    case CLI_OPT_UF2_FAMILY:
        return read_uf2_family(text, &conversion->save);
    default:
        return true;
    }
}

/** The options with a value of their own, and what that looks like. */
static const struct {
    enum cli_option_id option;
    const char *form;
} values[] = {
    {CLI_OPT_AT, "an address: write it like 0x08000000"},
    {CLI_OPT_OFFSET, "a number of bytes: write it like 0x4000 or -0x08000000"},
    {CLI_OPT_CROP, "a range: write it like 0x08000000-0x0800ffff or 0x08000000+64K"},
    {CLI_OPT_FILL, "a byte: write it like 0xff"},
    {CLI_OPT_IDS, "a pair of ids: write it like 0483:df11, or with the release 0483:df11:0200"},
    {CLI_OPT_PREFIX, "a prefix: there are lpc, ti:ADDRESS and none"},
    {CLI_OPT_UF2_FAMILY, "a family id: write it like 0x57755a57"},
};

static enum ub_code read_options(const struct cli_words *words, struct conversion *conversion,
                                 struct ub_error *err)
{
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        const char *text = words->value[values[i].option];
        if (text != NULL && !read_value(values[i].option, text, conversion)) {
            return cli_fail(err, UB_USE_NUMBER, "--%s \"%s\" is not %s",
                            cli_options[values[i].option].name, text, values[i].form);
        }
    }
    conversion->output = words->value[CLI_OPT_OUTPUT];
    conversion->save.format = words->value[CLI_OPT_FORMAT];
    conversion->split = cli_given(words, CLI_OPT_SPLIT);
    enum ub_code code = cli_single(words, CLI_OPT_FAMILY, &conversion->family, err);
    if (code != UB_OK) {
        return code;
    }
    if (conversion->output == NULL) {
        return cli_fail(err, UB_USE_OPTION, "say where to: --output FILE");
    }
    if (conversion->family != NULL && !conversion->split) {
        return cli_fail(err, UB_USE_CONFLICT, "--family says how to --split, which is not given");
    }
    return UB_OK;
}

/* ---- writing ---- */

static json_t *json_of_segments(const struct ub_image *image)
{
    struct ub_image_segment segment;
    json_t *list = json_array();
    for (size_t i = 0; ub_image_segment(image, i, &segment); i++) {
        json_t *object = json_object();
        (void)json_object_set_new(object, "alt",
                                  segment.alt >= 0 ? json_integer(segment.alt) : json_null());
        (void)json_object_set_new(
            object, "address", segment.has_address ? json_of_number(segment.address) : json_null());
        json_add_number(object, "length", segment.length);
        (void)json_array_append_new(list, object);
    }
    return list;
}

static void tell_pieces(struct cli *cli, const struct ub_image *image)
{
    struct ub_image_segment segment;
    char range[FORMAT_TEXT];
    size_t i = 0;
    for (; ub_image_segment(image, i, &segment) && i < PIECES_SHOWN; i++) {
        term_print(&cli->term.out, TERM_PLAIN, "%s%s", i == 0 ? "  " : ", ",
                   segment.has_address ? format_range(range, segment.address, segment.length)
                                       : "without an address");
    }
    size_t more = 0;
    while (ub_image_segment(image, i + more, &segment)) {
        more++;
    }
    if (more > 0) {
        term_print(&cli->term.out, TERM_PLAIN, " and %zu more", more);
    }
    term_print(&cli->term.out, TERM_PLAIN, "\n");
}

static void tell(struct cli *cli, const char *file, const struct ub_image *image)
{
    struct ub_image_info info;
    char length[FORMAT_TEXT];
    ub_image_info(image, &info);
    if (cli->json) {
        json_t *object = json_object();
        json_add_text(object, "file", file);
        json_add_number(object, "length", info.length);
        (void)json_object_set_new(object, "segments", json_of_segments(image));
        json_line(cli, "written", object);
        return;
    }
    term_print(&cli->term.out, TERM_PLAIN, " ");
    term_mark(&cli->term.out, TERM_MARK_DONE);
    term_print(&cli->term.out, TERM_PLAIN, " %s  %s bytes", file,
               format_grouped(length, info.length));
    tell_pieces(cli, image);
}

static enum ub_code save(struct cli *cli, const struct conversion *conversion, const char *file,
                         const struct ub_image *image, struct ub_error *err)
{
    enum ub_code code = ub_image_save(image, file, &conversion->save, err);
    if (code == UB_OK) {
        tell(cli, file, image);
    }
    return code;
}

/** OUT-ADDRESS.ending; with alternate settings OUT-NUMBER-ADDRESS.ending. The caller frees. */
static char *part_name(const char *output, const struct ub_image_part *part)
{
    char middle[64] = "";
    char alt[16] = "";
    const char *slash = strrchr(output, '/');
    const char *dot = strrchr(slash != NULL ? slash : output, '.');
    size_t stem = dot != NULL ? (size_t)(dot - output) : strlen(output);
    size_t size = strlen(output) + sizeof(middle);
    char *name = malloc(size);
    if (part->alt >= 0) {
        (void)snprintf(alt, sizeof(alt), "-%d", part->alt);
    }
    if (part->has_address) {
        (void)snprintf(middle, sizeof(middle), "%s-%08" PRIx64, alt, part->address);
    }
    if (name != NULL) {
        (void)snprintf(name, size, "%.*s%s%s", (int)stem, output, middle, output + stem);
    }
    return name;
}

/** Nothing is written if one of the files is there already. */
static enum ub_code check_absent(const struct conversion *conversion,
                                 const struct ub_image_part *parts, size_t count,
                                 struct ub_error *err)
{
    enum ub_code code = UB_OK;
    for (size_t i = 0; code == UB_OK && i < count; i++) {
        struct stat status;
        char *name = part_name(conversion->output, &parts[i]);
        if (name == NULL) {
            code = cli_fail_memory(err);
        } else if (lstat(name, &status) == 0) {
            code = cli_fail(err, UB_SYS_WRITE, "%s: is there already, and is not replaced unasked",
                            name);
        }
        free(name);
    }
    return code;
}

static enum ub_code save_part(struct cli *cli, const struct conversion *conversion,
                              const struct ub_image *image, const struct ub_image_part *part,
                              struct ub_error *err)
{
    const struct ub_edit edit = {
        .has_alt = true,
        .alt = part->alt,
        .crop_from = part->address,
        .crop_length = part->length,
        .has_fill = conversion->edit.has_fill,
        .fill = conversion->edit.fill,
    };
    struct ub_image *piece = NULL;
    char *name = part_name(conversion->output, part);
    enum ub_code code = name != NULL ? UB_OK : cli_fail_memory(err);
    if (code == UB_OK) {
        code = ub_image_edit(&image, 1, &edit, &piece, err);
    }
    if (code == UB_OK) {
        code = save(cli, conversion, name, piece, err);
    }
    ub_image_close(piece);
    free(name);
    return code;
}

static enum ub_code split(struct cli *cli, const struct conversion *conversion,
                          const struct ub_image *image, struct ub_error *err)
{
    struct ub_image_part *parts = NULL;
    size_t count = 0;
    enum ub_code code = ub_image_parts(image, conversion->family, &parts, &count, err);
    if (code == UB_OK) {
        code = check_absent(conversion, parts, count, err);
    }
    for (size_t i = 0; code == UB_OK && i < count; i++) {
        code = save_part(cli, conversion, image, &parts[i], err);
    }
    free(parts);
    return code;
}

/** Opens every file that was given. */
static enum ub_code open_all(struct cli *cli, struct ub_image **images, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    for (size_t i = 0; code == UB_OK && i < cli->words.argument_count; i++) {
        code = cli_open_image(cli, cli->words.arguments[i], &images[i], err);
    }
    return code;
}

static enum ub_code convert(struct cli *cli, const struct conversion *conversion,
                            struct ub_image **images, struct ub_error *err)
{
    struct ub_image *image = NULL;
    struct ub_edit edit = conversion->edit;
    edit.has_fill = edit.has_fill && !conversion->split; /* each part is filled by itself */
    enum ub_code code = open_all(cli, images, err);
    if (code == UB_OK) {
        code = ub_image_edit((const struct ub_image *const *)images, cli->words.argument_count,
                             &edit, &image, err);
    }
    if (code == UB_OK) {
        code = conversion->split ? split(cli, conversion, image, err)
                                 : save(cli, conversion, conversion->output, image, err);
    }
    ub_image_close(image);
    return code;
}

enum ub_code cmd_image_convert(struct cli *cli, struct ub_error *err)
{
    struct conversion conversion;
    memset(&conversion, 0, sizeof(conversion));
    enum ub_code code = read_options(&cli->words, &conversion, err);
    if (code != UB_OK) {
        return code;
    }
    size_t count = cli->words.argument_count;
    struct ub_image **images = calloc(count, sizeof(struct ub_image *));
    if (images == NULL) {
        return cli_fail_memory(err);
    }
    code = convert(cli, &conversion, images, err);
    for (size_t i = 0; i < count; i++) {
        ub_image_close(images[i]);
    }
    free(images);
    return code;
}
