/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `vault list`, `vault show`, `vault check`: looking at what is kept. */
#include "cli.h"
#include "fault.h"
#include "json.h"
#include "render.h"

#include <string.h>

enum ub_code cmd_vault_list(struct cli *cli, struct ub_error *err)
{
    struct ub_backup_info *backups = NULL;
    size_t count = 0;
    enum ub_code code = cli_files_context(cli, err);
    if (code == UB_OK) {
        code = ub_vault_list(cli->context, &backups, &count, err);
    }
    if (code == UB_OK) {
        render_backups(cli, backups, count);
        if (count == 0 && !cli->json && !cli->quiet) {
            term_print(&cli->term.err, TERM_PLAIN, "No backups in %s\n",
                       ub_vault_path(cli->context));
        }
    }
    ub_vault_free(backups, count);
    return code;
}

enum ub_code cmd_vault_show(struct cli *cli, struct ub_error *err)
{
    struct ub_backup_info *backups = NULL;
    size_t count = 0;
    const char *id = cli_argument(&cli->words, 0);
    enum ub_code code = cli_files_context(cli, err);
    if (code == UB_OK) {
        code = ub_vault_list(cli->context, &backups, &count, err);
    }
    if (code == UB_OK) {
        size_t i = id == NULL && count > 0 ? count - 1 : 0;
        while (id != NULL && i < count && strcmp(backups[i].id, id) != 0) {
            i++;
        }
        if (i < count) {
            render_backup(cli, &backups[i]);
        } else if (id == NULL) {
            code = cli_fail(err, UB_VLT_EMPTY, "no backups in %s", ub_vault_path(cli->context));
        } else {
            code = cli_fail(err, UB_VLT_NOT_FOUND, "no backup \"%s\" in %s", id,
                            ub_vault_path(cli->context));
        }
    }
    ub_vault_free(backups, count);
    return code;
}

/** Checks one backup and says so; an error is kept only if it is the first. */
static void check_one(struct cli *cli, const char *id, struct ub_error *first)
{
    struct ub_error err;
    memset(&err, 0, sizeof(err));
    enum ub_code code = ub_vault_check(cli->context, id, &err);
    if (cli->json) {
        json_t *object = json_object();
        (void)json_object_set_new(object, "backup", json_of_text(id));
        (void)json_object_set_new(object, "intact", json_boolean(code == UB_OK));
        json_line(cli, "check", object);
    } else {
        term_print(&cli->term.out, TERM_PLAIN, " ");
        term_mark(&cli->term.out, code == UB_OK ? TERM_MARK_DONE : TERM_MARK_FAILED);
        term_print(&cli->term.out, TERM_PLAIN, " %s  %s\n", id,
                   code == UB_OK ? "intact" : err.message);
    }
    if (code != UB_OK && first->code == UB_OK) {
        *first = err;
        first->code = code;
    }
}

enum ub_code cmd_vault_check(struct cli *cli, struct ub_error *err)
{
    struct ub_backup_info *backups = NULL;
    size_t count = 0;
    struct ub_error first;
    memset(&first, 0, sizeof(first));
    enum ub_code code = cli_files_context(cli, err);
    if (code == UB_OK && cli->words.argument_count == 0) {
        code = ub_vault_list(cli->context, &backups, &count, err);
    }
    for (size_t i = 0; code == UB_OK && i < count; i++) {
        check_one(cli, backups[i].id, &first);
    }
    for (size_t i = 0; code == UB_OK && i < cli->words.argument_count; i++) {
        check_one(cli, cli->words.arguments[i], &first);
    }
    if (code == UB_OK && first.code != UB_OK) {
        *err = first;
        code = first.code;
    } else if (code == UB_OK && !cli->json && count + cli->words.argument_count == 0) {
        term_print(&cli->term.err, TERM_PLAIN, "No backups in %s\n", ub_vault_path(cli->context));
    }
    ub_vault_free(backups, count);
    return code;
}
