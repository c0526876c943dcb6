/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A backup's record is read from a file that anybody may have written. */
#include "vault/record.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ub_backup_info info;
    struct ub_backup_info again;
    struct ub_error err;
    char *text = NULL;
    size_t length = 0;
    if (ub_record_parse(data, size, &info, &err) != UB_OK)
        return 0;
    for (size_t i = 0; i < info.part_count; i++) {
        char name[UB_PART_NAME];
        ub_record_part_name(&info.parts[i], name);
        if (strchr(name, '/'))
            abort();
    }
    /* What was taken can be written, and means the same when it is read again. */
    if (ub_record_print(&info, &text, &length, &err) != UB_OK ||
        ub_record_parse(text, length, &again, &err) != UB_OK)
        abort();
    if (again.part_count != info.part_count || again.length != info.length ||
        memcmp(again.parts, info.parts, info.part_count * sizeof(info.parts[0])) != 0)
        abort();
    free(again.parts);
    free(info.parts);
    free(text);
    return 0;
}
