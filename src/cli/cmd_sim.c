/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `sim`: a virtual device for other programs. */
#include "cli.h"
#include "interrupt.h"
#include "json.h"
#include "render.h"

#include <string.h>

#define DEFAULT_USBIP "127.0.0.1:3240" /* the port that USB/IP has at IANA; loopback only */

static void list_models(struct cli *cli)
{
    const struct ub_sim_model *model = NULL;
    for (size_t i = 0; (model = ub_sim_model_at(i)) != NULL; i++) {
        if (cli->json) {
            json_t *object = json_object();
            (void)json_object_set_new(object, "name", json_of_text(model->name));
            (void)json_object_set_new(object, "title", json_of_text(model->title));
            json_line(cli, "model", object);
        } else {
            term_pad(&cli->term.out, TERM_BOLD, model->name, 22);
            term_print(&cli->term.out, TERM_PLAIN, "%s\n", model->title);
        }
    }
}

static void ready(void *user, const char *where)
{
    struct cli *cli = user;
    if (cli->json) {
        json_t *object = json_object();
        (void)json_object_set_new(object, "where", json_of_text(where));
        json_line(cli, "serving", object);
        return;
    }
    term_mark(&cli->term.out, TERM_MARK_ACTIVE);
    term_print(&cli->term.out, TERM_PLAIN, " %s\n", where);
    term_print(&cli->term.out, TERM_DIM, "  Ctrl-C ends it.\n");
    term_flush(&cli->term.out);
}

enum ub_code cmd_sim(struct cli *cli, struct ub_error *err)
{
    struct ub_sim_serve_options options;
    struct ub_sim_server *server = NULL;
    const char *spec = cli_argument(&cli->words, 0);
    if (spec == NULL) {
        list_models(cli);
        return UB_OK;
    }
    memset(&options, 0, sizeof(options));
    options.attach = cli_given(&cli->words, CLI_OPT_ATTACH);
    options.usbip = cli->words.value[CLI_OPT_USBIP];
    if (!options.attach && options.usbip == NULL) {
        options.usbip = DEFAULT_USBIP;
    }
    options.ready = ready;
    options.user = cli;
    enum ub_code code = ub_sim_server_open(spec, &options, &server, err);
    if (code == UB_OK) {
        interrupt_server(server);
        code = ub_sim_server_run(server, err);
        interrupt_server(NULL);
    }
    ub_sim_server_close(server);
    return code == UB_SYS_INTERRUPTED ? UB_OK : code; /* Ctrl-C is how serving ends */
}
