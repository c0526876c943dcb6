/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `flash` and `plan` on several devices: --all, --count, --watch, or several DEVICE. */
#include "cmd_many.h"

#include "fault.h"
#include "interrupt.h"
#include "render_many.h"

#include <string.h>

/* Somebody has to plug devices in; after so long nobody will. */
#define WAIT_MIN 10
#define WAIT_US  ((uint64_t)WAIT_MIN * 60 * 1000000)
#define MOST     1000 /* devices that may be waited for */

bool cmd_many_wanted(const struct cli_words *words)
{
    return cli_given(words, CLI_OPT_ALL) || cli_given(words, CLI_OPT_NUMBER) ||
           cli_given(words, CLI_OPT_WATCH) || words->argument_count > 2;
}

enum ub_code cmd_many_check(const struct cli_words *words, struct ub_error *err)
{
    uint64_t count = 0;
    const char *text = words->value[CLI_OPT_NUMBER];
    if (text != NULL && (!cli_number(text, MOST, &count) || count == 0)) {
        return cli_fail(err, UB_USE_NUMBER, "--count \"%s\" is not a number from 1 to %d", text,
                        MOST);
    }
    return UB_OK;
}

static void fill(const struct cli_words *words, struct ub_many_options *many)
{
    const char *count = words->value[CLI_OPT_NUMBER];
    uint64_t number = 0;
    memset(many, 0, sizeof(*many));
    many->selectors = words->arguments + 1;
    many->selector_count = words->argument_count - 1;
    many->watch = cli_given(words, CLI_OPT_WATCH);
    if (count != NULL && cli_number(count, MOST, &number)) {
        many->count = (size_t)number;
        many->wait_us = WAIT_US;
    }
    many->one_each = !cli_given(words, CLI_OPT_ALL) && count == NULL && !many->watch;
    many->found = render_many_found;
    many->finished = render_many_finished;
    many->planned = render_many_planned;
}

/** The worst of them stands for all: it is told at length at the end of the run, and decides the
 * exit status. */
static void keep_worst(struct cli *cli, const struct ub_many_result *result)
{
    const struct ub_many_item *worst = &result->items[result->worst];
    if (result->count == 0) {
        return;
    }
    cli->result = worst->result;
    cli->has_result = true;
    if (result->failed == 0 || cli->json) {
        return;
    }
    term_flush(&cli->term.out);
    if (result->failed > 1) {
        term_print(&cli->term.err, TERM_PLAIN, "%zu devices failed. The worst is at %s:\n",
                   result->failed, worst->result.port);
    } else {
        term_print(&cli->term.err, TERM_PLAIN, "The device at %s failed:\n", worst->result.port);
    }
}

/** What ub_flash_many() and ub_plan_many() share with each other. */
typedef enum ub_code procedure(struct ub_context *context, const struct ub_image *image,
                               const struct ub_many_options *many,
                               const struct ub_flash_options *options, struct ub_many_result **out,
                               struct ub_error *err);

static enum ub_code run(struct cli *cli, const struct ub_image *image, bool plan,
                        struct ub_error *err)
{
    struct ub_many_options options;
    procedure *const work = plan ? ub_plan_many : ub_flash_many;
    fill(&cli->words, &options);
    enum ub_code code = render_many_open(cli, options.watch, plan, err);
    if (code != UB_OK) {
        return code;
    }
    interrupt_speaks(!cli->term.moving);
    code = work(cli->context, image, &options, &cli->flash, &cli->many_result, err);
    render_many_close(cli);
    if (cli->many_result == NULL) {
        return code;
    }
    if (!cli->json && plan) {
        render_many_plans(cli, cli->many_result);
    } else if (!cli->json) {
        render_many_table(cli, cli->many_result);
    }
    keep_worst(cli, cli->many_result);
    return code;
}

enum ub_code cmd_many(struct cli *cli, const struct ub_image *image, struct ub_error *err)
{
    return run(cli, image, false, err);
}

enum ub_code cmd_many_plan(struct cli *cli, const struct ub_image *image, struct ub_error *err)
{
    return run(cli, image, true, err);
}
