/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#undef ub_fail
#undef ub_wrap
#undef ub_fail_memory

void ub_error_clear(struct ub_error *err)
{
    if (err)
        memset(err, 0, sizeof(*err));
}

enum ub_code ub_fail(struct ub_error *err, enum ub_code code, const char *format, ...)
{
    if (!err)
        return code;
    ub_error_clear(err);
    err->code = code;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
    return code;
}

enum ub_code ub_wrap(struct ub_error *err, enum ub_code code, const char *format, ...)
{
    if (!err || err->depth >= UB_ERROR_DEPTH)
        return code;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(err->context[err->depth], UB_ERROR_TEXT, format, args);
    va_end(args);
    err->depth++;
    return code;
}

enum ub_code ub_fail_memory(struct ub_error *err)
{
    return ub_fail(err, UB_SYS_MEMORY, "out of memory");
}
