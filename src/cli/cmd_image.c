/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `image info`, `image check`, `image sha256`: looking at firmware files. */
#include "cli.h"
#include "fault.h"
#include "json.h"
#include "render.h"

#include <string.h>

/** A file that was refused, among others. */
static void refused(struct cli *cli, const char *file, const struct ub_error *err)
{
    const struct ub_explanation *explanation = ub_explain(err->code);
    if (cli->json) {
        json_t *object = json_object();
        (void)json_object_set_new(object, "file", json_of_text(file));
        (void)json_object_set_new(object, "error", json_of_error(err));
        json_line(cli, "image", object);
    } else if (cli->words.argument_count > 1) { /* a single one is told of at the end */
        term_print(&cli->term.out, TERM_BOLD, "%s\n", file);
        term_print(&cli->term.out, TERM_PLAIN, "  ");
        term_mark(&cli->term.out, TERM_MARK_FAILED);
        term_print(&cli->term.out, TERM_PLAIN, " %s  %s\n",
                   explanation != NULL ? explanation->id : "", err->message);
    }
}

enum ub_code cmd_image_info(struct cli *cli, struct ub_error *err)
{
    struct ub_image_options options;
    int worst = 0;
    cli_image_options(cli, &options);
    for (size_t i = 0; i < cli->words.argument_count; i++) {
        const char *file = cli->words.arguments[i];
        struct ub_image *image = NULL;
        struct ub_error one;
        memset(&one, 0, sizeof(one));
        one.code = ub_image_open(file, &options, &image, &one);
        int status = ub_exit_status(one.code, UB_LEFT_UNTOUCHED);
        if (one.code == UB_OK) {
            render_image(cli, file, image);
        } else {
            refused(cli, file, &one);
        }
        if (status > worst) {
            worst = status;
            *err = one;
        }
        ub_image_close(image);
    }
    return worst != 0 ? err->code : UB_OK;
}

enum ub_code cmd_image_check(struct cli *cli, struct ub_error *err)
{
    (void)cli;
    return cli_fail(err, UB_SYS_INTERNAL, "not there yet");
}

enum ub_code cmd_image_sha256(struct cli *cli, struct ub_error *err)
{
    (void)cli;
    return cli_fail(err, UB_SYS_INTERNAL, "not there yet");
}
