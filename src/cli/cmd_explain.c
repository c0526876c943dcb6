/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `explain`, `version`, and the words that completion asks for. */
#include "cli.h"
#include "fault.h"
#include "json.h"
#include "render.h"

#include <stdlib.h>
#include <string.h>

enum ub_code cmd_explain(struct cli *cli, struct ub_error *err)
{
    const char *id = cli_argument(&cli->words, 0);
    if (id == NULL) {
        render_catalogue(cli);
        return UB_OK;
    }
    const struct ub_explanation *explanation = ub_explain_id(id);
    if (explanation == NULL) {
        return cli_fail(err, UB_USE_EXPLAIN, "there is no error \"%s\"", id);
    }
    render_explanation(cli, explanation);
    return UB_OK;
}

enum ub_code cmd_version(struct cli *cli, struct ub_error *err)
{
    (void)err;
    if (cli->json) {
        json_t *object = json_object();
        (void)json_object_set_new(object, "version", json_of_text(ub_version()));
        json_line(cli, "version", object);
    } else {
        term_print(&cli->term.out, TERM_PLAIN, "unbrick %s\n", ub_version());
    }
    return UB_OK;
}

static void word(struct cli *cli, const char *text)
{
    term_print(&cli->term.out, TERM_PLAIN, "%s\n", text);
}

static enum ub_code device_words(struct cli *cli, struct ub_error *err)
{
    struct ub_device *devices = NULL;
    size_t count = 0;
    enum ub_code code = cli_context(cli, err);
    if (code == UB_OK) {
        code = ub_devices(cli->context, false, &devices, &count, err);
    }
    for (size_t i = 0; code == UB_OK && i < count; i++) {
        term_print(&cli->term.out, TERM_PLAIN, "port=%s\n", devices[i].port);
    }
    ub_devices_free(devices);
    return code;
}

static enum ub_code backup_words(struct cli *cli, struct ub_error *err)
{
    struct ub_backup_info *backups = NULL;
    size_t count = 0;
    enum ub_code code = cli_files_context(cli, err);
    if (code == UB_OK) {
        code = ub_vault_list(cli->context, &backups, &count, err);
    }
    for (size_t i = 0; code == UB_OK && i < count; i++) {
        word(cli, backups[i].id);
    }
    ub_vault_free(backups, count);
    return code;
}

static enum ub_code key_words(struct cli *cli, struct ub_error *err)
{
    struct ub_key *keys = NULL;
    size_t count = 0;
    enum ub_code code = cli_files_context(cli, err);
    if (code == UB_OK) {
        code = ub_keys(cli->context, &keys, &count, err);
    }
    for (size_t i = 0; code == UB_OK && i < count; i++) {
        word(cli, keys[i].name);
    }
    free(keys);
    return code;
}

/** Words of a table of the library. False if there is none of that kind. */
static bool table_words(struct cli *cli, const char *kind)
{
    const struct ub_sim_model *model = NULL;
    const struct ub_explanation *explanation = NULL;
    const char *text = NULL;
    if (strcmp(kind, "models") == 0) {
        for (size_t i = 0; (model = ub_sim_model_at(i)) != NULL; i++) {
            word(cli, model->name);
        }
    } else if (strcmp(kind, "errors") == 0) {
        for (size_t i = 0; (explanation = ub_explain_at(i)) != NULL; i++) {
            word(cli, explanation->id);
        }
    } else if (strcmp(kind, "acceptable") == 0) {
        for (size_t i = 0; (text = ub_acceptable_at(i, NULL)) != NULL; i++) {
            word(cli, text);
        }
    } else if (strcmp(kind, "families") == 0) {
        for (size_t i = 0; (text = ub_family_word_at(i, NULL)) != NULL; i++) {
            word(cli, text);
        }
    } else if (strcmp(kind, "formats") == 0) {
        for (size_t i = 0; (text = ub_image_format_at(i)) != NULL; i++) {
            word(cli, text);
        }
    } else {
        return false;
    }
    return true;
}

static void topic_words(struct cli *cli)
{
    const struct cli_group *group = NULL;
    const struct cli_topic *topic = NULL;
    for (size_t i = 0; i < CLI_VERB_COUNT; i++) {
        const struct cli_verb *verb = cli_verb_at(i);
        if (!verb->hidden && verb->name[0] != '\0' && strchr(verb->name, ' ') == NULL) {
            word(cli, verb->name);
        }
    }
    for (size_t i = 0; (group = cli_group_at(i)) != NULL; i++) {
        word(cli, group->name);
    }
    for (size_t i = 0; (topic = cli_topic_at(i)) != NULL; i++) {
        word(cli, topic->name);
    }
}

enum ub_code cmd_words(struct cli *cli, struct ub_error *err)
{
    const char *kind = cli_argument(&cli->words, 0);
    if (strcmp(kind, "devices") == 0) {
        return device_words(cli, err);
    }
    if (strcmp(kind, "backups") == 0) {
        return backup_words(cli, err);
    }
    if (strcmp(kind, "keys") == 0) {
        return key_words(cli, err);
    }
    if (strcmp(kind, "topics") == 0) {
        topic_words(cli);
    } else if (!table_words(cli, kind)) {
        return cli_fail(err, UB_USE_ARGUMENT, "there are no words of kind \"%s\"", kind);
    }
    return UB_OK;
}
