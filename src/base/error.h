/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file error.h
 * Filling in the caller's struct ub_error: say what happened once, add context on the way up.
 *
 *     if (code)
 *         return ub_wrap(err, code, "while erasing sector %u", n);
 */
#ifndef UB_BASE_ERROR_H
#define UB_BASE_ERROR_H

#include "unbrick.h"

/** Starts an error: resets *err (may be NULL), sets code and message. Returns `code`. */
enum ub_code ub_fail(struct ub_error *err, enum ub_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Adds a line of context to an error on its way up. Lines past UB_ERROR_DEPTH are dropped. Returns
 * `code`. */
enum ub_code ub_wrap(struct ub_error *err, enum ub_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Shorthand for UB_SYS_MEMORY. */
enum ub_code ub_fail_memory(struct ub_error *err);

/** Back to "no error". NULL is allowed. */
void ub_error_clear(struct ub_error *err);

#ifdef __clang_analyzer__
/* The analyzer reads one file at a time, and would otherwise believe that an error may come out as
 * UB_OK. */
#define ub_fail(err, code, ...) ((void)ub_fail(err, code, __VA_ARGS__), (code))
#define ub_wrap(err, code, ...) ((void)ub_wrap(err, code, __VA_ARGS__), (code))
#define ub_fail_memory(err)     ((void)ub_fail_memory(err), UB_SYS_MEMORY)
#endif

#endif
