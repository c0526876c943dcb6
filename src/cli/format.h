/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file format.h
 * Quantities and names as a person reads them. Every function fills a buffer of FORMAT_TEXT bytes
 * and returns it, so that it can stand in an argument list.
 */
#ifndef CLI_FORMAT_H
#define CLI_FORMAT_H

#include "unbrick.h"

#define FORMAT_TEXT 80 /**< bytes of a formatted quantity, with its NUL */

/** "1,048,576" */
const char *format_grouped(char *to, uint64_t value);
/** "0.4 s", "42 s", "2 min 05 s"; microseconds in. */
const char *format_duration(char *to, uint64_t us);
/** "18 KB/s"; bytes per second in, thousands as in data sheets. */
const char *format_rate(char *to, uint64_t rate);
/** "128 KiB", "2,048 B": the largest binary unit that leaves a whole number. */
const char *format_size(char *to, uint64_t bytes);
/** "0x08000000-0x080fffff": first and last byte of `length` bytes from `address` on. */
const char *format_range(char *to, uint64_t address, uint64_t length);
/** "read, erase, write" of a set of enum ub_rights; "none". */
const char *format_rights(char *to, unsigned rights);
/** "0483:df11" */
const char *format_id(char *to, const struct ub_device *device);
/** 64 hexadecimal digits of a SHA-256. */
const char *format_sha256(char *to, const uint8_t *digest);

/** "runtime", "DFU", "-" for a person. */
const char *format_mode(enum ub_mode mode);
/** "none", "runtime", "dfu" for a program. */
const char *format_mode_key(enum ub_mode mode);
/** "flash", "option", "otp", "other", "stream". */
const char *format_kind(enum ub_region_kind kind);
/** "keep", "erase", "write", "blank", "erase-all". */
const char *format_action(enum ub_plan_action action);
/** "untouched", "unchanged", "incomplete", "done". */
const char *format_left(enum ub_left left);

/** The name of a control request of USB or DFU, such as "DFU_DNLOAD", or NULL. */
const char *format_request(uint8_t request_type, uint8_t request);

#endif
