/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `image info`, `image check`, `image sha256`: looking at firmware files. */
#include "cli.h"
#include "fault.h"
#include "format.h"
#include "json.h"
#include "render.h"
#include "render_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A file that was refused, among others. */
static void refused(struct cli *cli, const char *file, const struct ub_error *err)
{
    const struct ub_explanation *explanation = ub_explain(err->code);
    if (cli->json) {
        json_t *object = json_object();
        json_add_text(object, "file", file);
        (void)json_object_set_new(object, "error", json_of_error(err));
        json_line(cli, "image", object);
    } else if (cli->words.argument_count > 1) { /* a single one is told of at the end */
        term_print(&cli->term.out, TERM_BOLD, "%s\n", file);
        term_print(&cli->term.out, TERM_PLAIN, "  ");
        term_mark(&cli->term.out, TERM_MARK_FAILED);
        term_print(&cli->term.out, TERM_PLAIN, " %s  ", explanation != NULL ? explanation->id : "");
        term_wrap(&cli->term.out, TERM_PLAIN, 4, term_text_columns(&cli->term.out), err->message);
        term_print(&cli->term.out, TERM_PLAIN, "\n");
    }
}

/** Looks at one file; shows it, or says why not. */
typedef enum ub_code look(struct cli *cli, const char *file, struct ub_error *err);

/** Looks at each file that was given. A bad one does not keep the others from being looked at. */
static enum ub_code look_at_each(struct cli *cli, look *look_at, struct ub_error *err)
{
    int worst = 0;
    for (size_t i = 0; i < cli->words.argument_count; i++) {
        struct ub_error one;
        memset(&one, 0, sizeof(one));
        one.code = look_at(cli, cli->words.arguments[i], &one);
        int status = ub_exit_status(one.code, UB_LEFT_UNTOUCHED);
        if (status > worst) {
            worst = status;
            *err = one;
        }
    }
    return worst != 0 ? err->code : UB_OK;
}

/** An archive that one image cannot be taken from without asking: what it holds. False if it is
 * none, or nothing can be said of it. */
static bool show_members(struct cli *cli, const char *file)
{
    struct ub_member *members = NULL;
    size_t count = 0;
    bool shown = ub_image_members(file, &members, &count, NULL) == UB_OK && count > 0;
    if (shown) {
        render_members(cli, file, members, count);
    }
    free(members);
    return shown;
}

static enum ub_code info_of(struct cli *cli, const char *file, struct ub_error *err)
{
    struct ub_image *image = NULL;
    enum ub_code code = cli_open_image(cli, file, &image, err);
    if (code == UB_IMG_SEVERAL && show_members(cli, file)) {
        return UB_OK; /* nobody asked for one of them: that is what the archive is */
    }
    if (code != UB_OK) {
        err->code = code;
        refused(cli, file, err);
        return code;
    }
    code = cli_trust(cli, image, err);
    err->code = code;
    render_image(cli, file, image, code != UB_OK ? err : NULL);
    ub_image_close(image);
    return code;
}

enum ub_code cmd_image_info(struct cli *cli, struct ub_error *err)
{
    enum ub_code code = cli_files_context(cli, err);
    return code != UB_OK ? code : look_at_each(cli, info_of, err);
}

/** A file's name as sha256sum writes it: with a backslash in front of the line and in front of what
 * would break it. False if it does not fit. */
static bool escape(const char *file, char *to, size_t size, bool *escaped)
{
    size_t used = 0;
    *escaped = strpbrk(file, "\\\n\r") != NULL;
    for (const char *c = file; *c != '\0'; c++) {
        bool special = *c == '\\' || *c == '\n' || *c == '\r';
        if (used + 3 > size) {
            return false;
        }
        if (special) {
            to[used++] = '\\';
        }
        to[used++] = *c == '\n' ? 'n' : *c;
        to[used - 1] = *c == '\r' ? 'r' : to[used - 1];
    }
    to[used] = '\0';
    return true;
}

static enum ub_code sha256_of(struct cli *cli, const char *file, struct ub_error *err)
{
    struct ub_image *image = NULL;
    struct ub_image_info info;
    uint8_t content[32];
    char whole[FORMAT_TEXT];
    char inside[FORMAT_TEXT];
    char name[4096 * 2];
    bool escaped = false;
    enum ub_code code = cli_open_image(cli, file, &image, err);
    if (code != UB_OK) {
        err->code = code;
        refused(cli, file, err);
        return code;
    }
    ub_image_info(image, &info);
    ub_image_content_sha256(image, content);
    (void)format_sha256(whole, info.sha256);
    (void)format_sha256(inside, content);
    if (cli->json) {
        json_t *object = json_object();
        json_add_text(object, "file", file);
        json_add_text(object, "sha256", whole);
        json_add_text(object, "content_sha256", inside);
        json_add_number(object, "length", info.length);
        json_line(cli, "digest", object);
    } else if (escape(file, name, sizeof(name), &escaped)) {
        char length[FORMAT_TEXT];
        term_print(&cli->term.out, TERM_PLAIN, "%s%s  %s\n", escaped ? "\\" : "", whole, name);
        term_print(&cli->term.out, TERM_DIM, "# firmware inside, %s bytes: %s\n",
                   format_grouped(length, info.length), inside);
    }
    ub_image_close(image);
    return UB_OK;
}

enum ub_code cmd_image_sha256(struct cli *cli, struct ub_error *err)
{
    return look_at_each(cli, sha256_of, err);
}

/** Without anything to hold it against: where it can belong. */
static void show_families(struct cli *cli, const char *file, const struct ub_image *image)
{
    if (cli->json) {
        json_t *object = json_object();
        json_add_text(object, "file", file);
        (void)json_object_set_new(object, "families", json_of_families(image));
        json_line(cli, "families", object);
        return;
    }
    term_print(&cli->term.out, TERM_BOLD, "%s\n", file);
    if (render_families(cli, image) == 0) {
        render_fact(cli, "families", "none that is known");
    }
    render_trust(cli, image);
}

/** Holds the image against a device or a family and shows what came of it. */
static enum ub_code hold_against(struct cli *cli, const char *file, const struct ub_image *image,
                                 const char *device, const char *family, struct ub_error *err)
{
    char whom[256];
    struct ub_match *match = NULL;
    struct ub_error refusal;
    memset(&refusal, 0, sizeof(refusal));
    enum ub_code code = ub_check(cli->context, image, device, family, &cli->flash, &match, err);
    if (code != UB_OK) {
        return code;
    }
    refusal.code = ub_match_refusal(match, &refusal);
    (void)snprintf(whom, sizeof(whom), "%s%s", family != NULL ? "" : "the device ",
                   family != NULL ? family : device);
    render_match(cli, file, whom, image, match, &refusal);
    ub_match_free(match);
    cli->told = refusal.code != UB_OK;
    *err = refusal;
    return refusal.code;
}

enum ub_code cmd_image_check(struct cli *cli, struct ub_error *err)
{
    const char *file = cli_argument(&cli->words, 0);
    const char *device = cli_argument(&cli->words, 1);
    const char *family = NULL;
    struct ub_image *image = NULL;
    enum ub_code code = cli_single(&cli->words, CLI_OPT_FAMILY, &family, err);
    if (code == UB_OK && family != NULL && device != NULL) {
        return cli_fail(err, UB_USE_CONFLICT,
                        "the image is held against a DEVICE or against a --family, not both");
    }
    if (code == UB_OK) {
        code = cli_flash_options(cli, err);
    }
    if (code == UB_OK) {
        code = cli_open_image(cli, file, &image, err);
    }
    if (code == UB_OK) {
        code = device != NULL ? cli_context(cli, err) : cli_files_context(cli, err);
    }
    if (code == UB_OK) {
        code = cli_trust(cli, image, err);
    }
    if (code == UB_OK && device == NULL && family == NULL) {
        show_families(cli, file, image);
    } else if (code == UB_OK) {
        cli->silent = true;
        code = hold_against(cli, file, image, device, family, err);
    }
    ub_image_close(image);
    return code;
}
