/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file json.h
 * JSON lines: one object of a type a line. The keys are documented in topics.c and stay.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include "cli.h"

#include <jansson.h>

/** Text as JSON; bytes that are not UTF-8 become '?'. NULL becomes null. */
json_t *json_of_text(const char *text);
/** An unsigned number; JSON's integers end at 2^63 - 1. */
json_t *json_of_number(uint64_t value);

/** Each puts a value into the object under `key`; a digest is 32 bytes, under "sha256". */
void json_add_text(json_t *object, const char *key, const char *text);
void json_add_number(json_t *object, const char *key, uint64_t value);
void json_add_bool(json_t *object, const char *key, bool value);
void json_add_sha256(json_t *object, const uint8_t *digest);

/** Prints `object`, which it takes over, as one line with "type": `type` in front. */
void json_line(struct cli *cli, const char *type, json_t *object);

json_t *json_of_device(const struct ub_device *device);
json_t *json_of_details(const struct ub_details *details);
/** An image; `trouble` is why nobody can vouch for it, or NULL. */
json_t *json_of_image(const char *file, const struct ub_image *image,
                      const struct ub_error *trouble);
/** What an archive holds. */
json_t *json_of_members(const struct ub_member *members, size_t count);
json_t *json_of_trust(const struct ub_trust *trust);
/** What speaks for and against an image. */
json_t *json_of_match(const struct ub_match *match);
/** The families that an image can belong to, with the reason. */
json_t *json_of_families(const struct ub_image *image);
json_t *json_of_key(const struct ub_key *key);
json_t *json_of_plan(const struct ub_plan *plan);
json_t *json_of_backup(const struct ub_backup_info *backup);
json_t *json_of_explanation(const struct ub_explanation *explanation);
json_t *json_of_event(const struct ub_event *event);
/** An error with its entry of the catalogue, as in the final object. */
json_t *json_of_error(const struct ub_error *err);
/** What came of one device of many. */
json_t *json_of_item(const struct ub_many_item *item);
/** The final object. `err` may be NULL. */
json_t *json_of_end(const struct cli *cli, const struct ub_error *err, int status);

#endif
