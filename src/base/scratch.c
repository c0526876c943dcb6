/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _XOPEN_SOURCE 700 /* nftw, mkdtemp */
#include "base/scratch.h"

#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#define OPEN_FOLDERS 16 /* a deeper tree is walked all the same, only slower */

enum ub_code ub_scratch_make(char **out, struct ub_error *err)
{
    const char *where = getenv("TMPDIR");
    char *path = ub_path_join(where && where[0] == '/' ? where : "/tmp", "unbrick-XXXXXX");
    *out = NULL;
    if (!path)
        return ub_fail_memory(err);
    if (!mkdtemp(path)) {
        const enum ub_code code = errno == ENOSPC || errno == EDQUOT ? UB_SYS_DISK_FULL
                                                                     : UB_SYS_WRITE;
        (void)ub_fail(err, code, "%s: no temporary folder can be made there", path);
        free(path);
        return code;
    }
    *out = path;
    return UB_OK;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    (void)remove(path); /* the others go all the same */
    return 0;
}

void ub_scratch_remove(char *path)
{
    if (path)
        (void)nftw(path, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    free(path);
}
