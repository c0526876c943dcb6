/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file fetch_test.h
 * A server that misbehaves on request (server.py), a vault, keys, and fetches from the one into the
 * other.
 */
#ifndef UB_TESTS_FETCH_TEST_H
#define UB_TESTS_FETCH_TEST_H

#include "unbrick.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTENT_SIZE 300000u
#define TEXT         512

/** One test's world. */
struct world {
    char folder[64]; /**< everything of this test is in here */
    char vault[96];
    char keys[96];
    struct ub_context *context;
    struct ub_error err;
    struct ub_fetched got;
    struct ub_fetch_options options; /**< with authorities, and a deadline for silence of 10 s */
    char warnings[2048];
    uint64_t cancel_after; /**< bytes of progress; 0: never */
    uint64_t last_done;    /**< bytes of progress told last */
    char done[256];        /**< what the end of the step said */
};

/** Starts the server; once in a program. For cmocka_run_group_tests(). */
int server_start(void **state);
int server_stop(void **state);
/** Puts a file where the server finds it, under `name`. */
void server_has(const char *name, const void *bytes, size_t length);
/** Takes it away. */
void server_lacks(const char *name);
/** The path of a file in the server's folder. */
void server_path(const char *name, char path[TEXT]);
/** The address of /HOW/NAME over "http", "https" or "wrong" (a certificate for another name). */
void server_url(const char *protocol, const char *how, const char *name, char url[TEXT]);
/** How many requests were made, and the line of number `index`, from the end if negative. */
size_t server_requests(void);
void server_request(long index, char line[TEXT]);

/** The content of fw.bin, and its digests. */
const uint8_t *content(void);
const char *content_sha256(void);
const char *content_sha512(void);

int world_setup(void **state);
int world_teardown(void **state);
/** Fetches, and fails the test unless it comes to `code`. */
void fetch(struct world *world, const char *url, enum ub_code code);
/** As fetch(), with a name of its own in the server's memory: HOW/NAME over https. */
void fetch_from(struct world *world, const char *how, const char *name, enum ub_code code);
/** Opens another context on the same vault, whose events go into *world. */
struct ub_context *world_context(struct world *world);

/** Fails unless the file there has that content. */
void expect_file(const char *path, const void *bytes, size_t length);
/** A file below the vault's folder of downloads. */
void in_downloads(const struct world *world, const char *name, char path[TEXT]);
bool exists(const char *path);
/** Files in the vault's folder of downloads, folders of unfinished ones and locks not counted. */
size_t kept(const struct world *world);
/** Folders of unfinished downloads. */
size_t unfinished(const struct world *world);

/** A pair of keys in the world's folder; `public` (of TEXT bytes) is the path of NAME.pub. */
void make_key(const struct world *world, const char *name, char *public);
/** Signs `bytes` as file `name` by that key; the server has NAME.minisig then. */
void sign(const struct world *world, const char *key, const char *name, const void *bytes,
          size_t length);

#endif
