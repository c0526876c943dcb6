/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum ub_code cli_fail(struct ub_error *err, enum ub_code code, const char *format, ...)
{
    va_list arguments;
    memset(err, 0, sizeof(*err));
    err->code = code;
    va_start(arguments, format);
    (void)vsnprintf(err->message, sizeof(err->message), format, arguments);
    va_end(arguments);
    return code;
}

enum ub_code cli_add(struct ub_error *err, const char *format, ...)
{
    va_list arguments;
    if (err->depth < UB_ERROR_DEPTH) {
        va_start(arguments, format);
        (void)vsnprintf(err->context[err->depth], sizeof(err->context[0]), format, arguments);
        va_end(arguments);
        err->depth++;
    }
    return err->code;
}

enum ub_code cli_fail_memory(struct ub_error *err)
{
    return cli_fail(err, UB_SYS_MEMORY, "out of memory");
}
