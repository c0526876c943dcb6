/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file fault.h
 * Errors that the command itself finds, in the library's own form.
 */
#ifndef CLI_FAULT_H
#define CLI_FAULT_H

#include "unbrick.h"

/** Fills *err with `code` and a message. Returns `code`. */
enum ub_code cli_fail(struct ub_error *err, enum ub_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Adds a line of context; lines past UB_ERROR_DEPTH are dropped. Returns err->code. */
enum ub_code cli_add(struct ub_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** UB_SYS_MEMORY. */
enum ub_code cli_fail_memory(struct ub_error *err);

#endif
