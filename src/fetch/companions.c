/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fetch/companions.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "trust/digest.h"
#include "trust/manifest.h"
#include "trust/signature.h"

#include <stdlib.h>
#include <string.h>

#define SIGNATURE_ENDING ".minisig"
#define OTHER_SIGNATURE  ".sig"
#define DIGEST_ENDING    ".sha256"
#define DIGEST_LIST      "SHA256SUMS"

/** A small file in memory; `bytes` is NULL if it is not there. */
struct text {
    uint8_t *bytes; /**< owned */
    size_t length;
    size_t max;
};

static void drop(struct text *text)
{
    free(text->bytes);
    text->bytes = NULL;
    text->length = 0;
}

static enum ub_code on_begin(void *user, const struct ub_net_answer *answer, struct ub_error *err)
{
    (void)answer;
    struct text *text = user;
    text->bytes = malloc(text->max + 1);
    return text->bytes ? UB_OK : ub_fail_memory(err);
}

static enum ub_code on_bytes(void *user, const uint8_t *bytes, size_t length, struct ub_error *err)
{
    struct text *text = user;
    if (!text->bytes || length > text->max - text->length)
        return ub_fail(err, UB_NET_TOO_LARGE, "larger than any such file");
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    return UB_OK;
}

/** Reads what `url` names into memory, at most text->max bytes. */
static enum ub_code get_any(const struct ub_url *url, struct ub_net *net, struct text *text,
                            struct ub_error *err)
{
    long status = 0;
    struct ub_error why;
    if (url->scheme != UB_URL_FILE) {
        const struct ub_net_request request = {
            .url = url->text, .max = text->max, .begin = on_begin, .take = on_bytes, .user = text};
        const enum ub_code code = ub_net_get(net, &request, &status, err);
        return code ? ub_wrap(err, code, "while fetching %s from %s", url->name, url->host) : UB_OK;
    }
    enum ub_code code = ub_file_read(url->path, text->max, &text->bytes, &text->length, &why);
    if (code == UB_SYS_MEMORY)
        return ub_fail_memory(err);
    return code ? ub_fail(err, code == UB_IMG_TOO_LARGE ? UB_NET_TOO_LARGE : UB_NET_REFUSED, "%s",
                          why.message)
                : UB_OK;
}

/** As get_any(); what is not there, or cannot be what is looked for, is no error unless it `must`
 * be. Some servers answer any address with a page. */
static enum ub_code get(const struct ub_url *url, struct ub_net *net, bool must, struct text *text,
                        struct ub_error *err)
{
    enum ub_code code = get_any(url, net, text, err);
    if (code)
        drop(text);
    if ((code == UB_NET_REFUSED || code == UB_NET_TOO_LARGE) && !must) {
        ub_error_clear(err);
        return UB_OK;
    }
    size_t i = 0;
    while (i < text->length && strchr(" \t\r\n", text->bytes[i]) && text->bytes[i])
        i++;
    if (!code && !must && i < text->length && text->bytes[i] == '<')
        drop(text);
    return code;
}

/** Puts it beside the download's file; *path (may be NULL) is then the caller's. */
static enum ub_code put(const struct ub_download *download, const char *ending,
                        const struct text *text, char **path, struct ub_error *err)
{
    const size_t size = strlen(download->path) + strlen(ending) + 1;
    char *made = malloc(size);
    if (!made)
        return ub_fail_memory(err);
    (void)ub_print(made, size, "%s%s", download->path, ending);
    enum ub_code code = ub_file_write(made, text->bytes, text->length, err);
    if (!code && path) {
        *path = made;
        made = NULL;
    }
    free(made);
    return code;
}

/** Takes a signature in hand if it is one. */
static enum ub_code take_signature(const struct ub_download *download, const struct ub_url *url,
                                   const struct text *text, bool must, char **path,
                                   struct ub_error *err)
{
    struct ub_signature *signature = malloc(sizeof(*signature));
    struct ub_error why;
    if (!signature)
        return ub_fail_memory(err);
    enum ub_code code = ub_signature_parse(url->name, text->bytes, text->length, signature, &why);
    const char *ending = signature->kind == UB_KEY_SIGNIFY ? OTHER_SIGNATURE : SIGNATURE_ENDING;
    if (!code)
        code = put(download, ending, text, path, err);
    else if (must)
        code = ub_fail(err, code, "%s", why.message);
    else
        code = UB_OK;
    free(signature);
    return code;
}

static enum ub_code fetch_signature(struct ub_companions *companions, struct ub_download *download,
                                    struct ub_net *net, struct ub_error *err)
{
    static const char *const endings[] = {SIGNATURE_ENDING, OTHER_SIGNATURE};
    const bool must = companions->signature_url != NULL;
    struct text text = {.max = UB_SIGNATURE_FILE_MAX};
    struct ub_url url;
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && !companions->signature && i < (must ? 1 : 2); i++) {
        code = must ? ub_url_parse(companions->signature_url, &url, err)
                    : ub_url_with_ending(&download->url, endings[i], &url, err);
        if (!code)
            code = get(&url, net, must, &text, err);
        if (!code && text.bytes)
            code = take_signature(download, &url, &text, must, &companions->signature, err);
        drop(&text);
    }
    return code;
}

/** A manifest and its signature, without which it says nothing. */
static enum ub_code fetch_manifest(struct ub_companions *companions, struct ub_download *download,
                                   struct ub_net *net, struct ub_error *err)
{
    const bool must = companions->manifest_url != NULL;
    struct text manifest = {.max = UB_MANIFEST_FILE_MAX};
    struct text signature = {.max = UB_SIGNATURE_FILE_MAX};
    struct ub_url url;
    struct ub_url signature_url;
    enum ub_code code = must ? ub_url_parse(companions->manifest_url, &url, err)
                             : ub_url_with_ending(&download->url, UB_MANIFEST_ENDING, &url, err);
    if (!code)
        code = get(&url, net, must, &manifest, err);
    if (code || !manifest.bytes)
        goto out;
    code = ub_url_with_ending(&url, SIGNATURE_ENDING, &signature_url, err);
    if (!code)
        code = get(&signature_url, net, must, &signature, err);
    if (code || !signature.bytes)
        goto out;
    code = put(download, UB_MANIFEST_ENDING, &manifest, &companions->manifest, err);
    if (!code)
        code = put(download, UB_MANIFEST_ENDING SIGNATURE_ENDING, &signature, NULL, err);
out:
    drop(&manifest);
    drop(&signature);
    return code;
}

/** The file's own list or that of its folder; of either the one line is kept. */
static enum ub_code fetch_digest(struct ub_download *download, struct ub_net *net,
                                 struct ub_error *err)
{
    struct ub_url url;
    char digits[129];
    char line[sizeof(digits) + UB_URL_NAME_TEXT + 4];
    bool found = false;
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && !found && i < 2; i++) {
        struct text sums = {.max = UB_SUMS_FILE_MAX};
        code = i == 0 ? ub_url_with_ending(&download->url, DIGEST_ENDING, &url, err)
                      : ub_url_beside(&download->url, DIGEST_LIST, &url, err);
        if (!code)
            code = get(&url, net, false, &sums, err);
        if (!code && sums.bytes && i == 0)
            found = ub_digest_find(sums.bytes, sums.length, download->url.name, digits);
        else if (!code && sums.bytes)
            found = ub_digest_find_beside(sums.bytes, sums.length, download->url.name, digits);
        drop(&sums);
    }
    if (code || !found)
        return code;
    (void)ub_print(line, sizeof(line), "%s  %s\n", digits, download->url.name);
    const struct text text = {.bytes = (uint8_t *)line, .length = strlen(line)};
    return put(download, DIGEST_ENDING, &text, NULL, err);
}

enum ub_code ub_companions_fetch(struct ub_companions *companions, struct ub_download *download,
                                 struct ub_net *net, struct ub_error *err)
{
    enum ub_code code = fetch_manifest(companions, download, net, err);
    if (!code)
        code = fetch_signature(companions, download, net, err);
    if (!code && companions->digests)
        code = fetch_digest(download, net, err);
    return code;
}

void ub_companions_free(struct ub_companions *companions)
{
    free(companions->signature);
    free(companions->manifest);
    companions->signature = NULL;
    companions->manifest = NULL;
}
