/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* No verb, `list`, `info`: looking without touching. */
#include "cli.h"
#include "format.h"
#include "hint.h"
#include "interrupt.h"
#include "render.h"

#include <stdio.h>
#include <string.h>

#define WATCH_US 1000000 /* how often a watch looks up even if nothing was reported */

static void nothing_attached(struct cli *cli)
{
    struct term_stream *out = &cli->term.out;
    term_print(out, TERM_BOLD, "Nothing is attached that can be flashed.\n");
    term_print(out, TERM_PLAIN,
               "  Plug a device in. Many enter their bootloader only while a "
               "button is held or a pin is set.\n");
    term_print(out, TERM_PLAIN, "  unbrick list --watch          follows what is plugged in\n");
    term_print(out, TERM_PLAIN, "  unbrick list --all            shows every USB device\n");
    term_print(out, TERM_PLAIN, "  unbrick --sim stm32f405 info  tries it without hardware\n");
}

static void one_device(struct cli *cli, const struct ub_device *device, bool alone)
{
    char next[HINT_TEXT + 64];
    char command[HINT_TEXT];
    char id[FORMAT_TEXT];
    struct term_stream *out = &cli->term.out;
    bool known = device->family != NULL && device->family[0] != '\0';
    term_print(out, TERM_BOLD, "%s", device->port);
    term_print(out, TERM_PLAIN, "  %s in %s mode  %s", known ? device->family : "unknown family",
               format_mode(device->mode), format_id(id, device));
    if (device->product[0] != '\0') {
        term_print(out, TERM_PLAIN, "  \"%s\"", device->product);
    }
    if (device->serial[0] != '\0') {
        term_print(out, TERM_PLAIN, "  serial %s", device->serial);
    }
    term_print(out, TERM_PLAIN, "\n");
    if (device->next_step != NULL && device->next_step[0] != '\0') {
        (void)snprintf(
            next, sizeof(next), "%s%s%s%s", hint_fill(cli, true, device->next_step, command),
            alone ? "" : "  (and name it: port=", alone ? "" : device->port, alone ? "" : ")");
        render_fact(cli, "next", next);
    }
}

enum ub_code cmd_overview(struct cli *cli, struct ub_error *err)
{
    struct ub_device *devices = NULL;
    size_t count = 0;
    enum ub_code code = cli_context(cli, err);
    if (code == UB_OK) {
        code = ub_devices(cli->context, false, &devices, &count, err);
    }
    if (code != UB_OK) {
        return code;
    }
    if (cli->json) {
        render_devices(cli, devices, count, NULL);
    } else if (count == 0) {
        nothing_attached(cli);
    }
    for (size_t i = 0; i < count && !cli->json; i++) {
        one_device(cli, &devices[i], count == 1);
    }
    if (!cli->json) {
        term_print(&cli->term.out, TERM_DIM, "\nunbrick help lists the verbs.\n");
    }
    ub_devices_free(devices);
    return UB_OK;
}

static bool same_device(const struct ub_device *a, const struct ub_device *b)
{
    return a->vid == b->vid && a->pid == b->pid && a->mode == b->mode &&
           a->bcdDevice == b->bcdDevice && strcmp(a->serial, b->serial) == 0;
}

static const struct ub_device *at_port(const struct ub_device *devices, size_t count,
                                       const char *port)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(devices[i].port, port) == 0) {
            return &devices[i];
        }
    }
    return NULL;
}

/** Shows what is different between two looks at the bus. */
static void show_changes(struct cli *cli, const struct ub_device *before, size_t count_before,
                         const struct ub_device *now, size_t count_now)
{
    for (size_t i = 0; i < count_before; i++) {
        if (at_port(now, count_now, before[i].port) == NULL) {
            render_devices(cli, &before[i], 1, "gone");
        }
    }
    for (size_t i = 0; i < count_now; i++) {
        const struct ub_device *old = at_port(before, count_before, now[i].port);
        if (old == NULL) {
            render_devices(cli, &now[i], 1, "attached");
        } else if (!same_device(old, &now[i])) {
            render_devices(cli, &now[i], 1, "changed");
        }
    }
}

static enum ub_code watch(struct cli *cli, bool all, struct ub_device **seen, size_t *count,
                          struct ub_error *err)
{
    render_devices(cli, *seen, *count, "present");
    if (!cli->json && !cli->quiet) {
        term_print(&cli->term.err, TERM_DIM, "Watching; Ctrl-C ends it.\n");
        term_flush(&cli->term.err);
    }
    interrupt_speaks(false);
    while (!interrupt_seen() && cli->term.out.failed == 0) {
        struct ub_device *now = NULL;
        size_t count_now = 0;
        bool changed = false;
        enum ub_code code = ub_devices_wait(cli->context, WATCH_US, &changed, err);
        if (code == UB_OK) {
            code = ub_devices(cli->context, all, &now, &count_now, err);
        }
        if (code != UB_OK) {
            return code == UB_SYS_INTERRUPTED ? UB_OK : code; /* Ctrl-C is how a watch ends */
        }
        show_changes(cli, *seen, *count, now, count_now);
        ub_devices_free(*seen);
        *seen = now;
        *count = count_now;
    }
    return UB_OK;
}

enum ub_code cmd_list(struct cli *cli, struct ub_error *err)
{
    struct ub_device *devices = NULL;
    size_t count = 0;
    bool all = cli_given(&cli->words, CLI_OPT_ALL);
    enum ub_code code = cli_context(cli, err);
    if (code == UB_OK) {
        code = ub_devices(cli->context, all, &devices, &count, err);
    }
    if (code == UB_OK && cli_given(&cli->words, CLI_OPT_WATCH)) {
        code = watch(cli, all, &devices, &count, err);
    } else if (code == UB_OK) {
        render_devices(cli, devices, count, NULL);
        if (count == 0 && !cli->json && !cli->quiet) {
            term_print(&cli->term.err, TERM_PLAIN, "No device%s is attached.\n",
                       all ? "" : " with a DFU interface");
        }
    }
    ub_devices_free(devices);
    return code;
}

enum ub_code cmd_info(struct cli *cli, struct ub_error *err)
{
    struct ub_details *details = NULL;
    cli->silent = !cli->verbose;
    enum ub_code code = cli_context(cli, err);
    if (code == UB_OK) {
        code = ub_details(cli->context, cli_argument(&cli->words, 0), &details, err);
    }
    if (code == UB_OK) {
        render_details(cli, details);
    }
    ub_details_free(details);
    return code;
}
