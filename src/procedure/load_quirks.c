/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L /* access */
#include "procedure/load_quirks.h"

#include "base/error.h"
#include "base/file.h"

#include <stdlib.h>
#include <unistd.h>

#define OWN_FILE "unbrick/quirks.yaml"

/* The person's file as the XDG Base Directory Specification wants it: relative paths are not taken.
 * NULL: there is no place for one. */
static enum ub_code own_path(char **out, struct ub_error *err)
{
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    *out = NULL;
    if (config && config[0] == '/')
        *out = ub_path_join(config, OWN_FILE);
    else if (home && home[0] == '/')
        *out = ub_path_join(home, ".config/" OWN_FILE);
    else
        return UB_OK;
    return *out ? UB_OK : ub_fail_memory(err);
}

static enum ub_code load_own(struct ub_quirks *quirks, struct ub_error *err)
{
    char *path;
    enum ub_code code = own_path(&path, err);
    if (!code && path && access(path, F_OK) == 0)
        code = ub_quirks_add_file(quirks, path, err);
    free(path);
    return code;
}

enum ub_code ub_load_quirks(const struct ub_config *config, struct ub_quirks **out,
                            struct ub_error *err)
{
    enum ub_code code = ub_quirks_open(out, err);
    if (!code)
        code = load_own(*out, err);
    for (size_t i = 0; !code && i < config->quirk_file_count; i++)
        code = ub_quirks_add_file(*out, config->quirk_files[i], err);
    for (size_t i = 0; !code && i < config->quirk_count; i++)
        code = ub_quirks_add_line(*out, config->quirks[i], err);
    if (code) {
        ub_quirks_close(*out);
        *out = NULL;
    }
    return code;
}
