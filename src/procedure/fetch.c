/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Getting a file from the net into the vault: fetched, checked, kept or deleted. */
#define _XOPEN_SOURCE 700
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "fetch/companions.h"
#include "fetch/keep.h"
#include "image/image.h"
#include "procedure/context.h"
#include "trust/key.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/** A fetch under way. */
struct fetch {
    struct ub_context *context;
    const struct ub_fetch_options *options;
    struct ub_download *download;
    struct ub_companions companions;
    struct ub_net *net;
    struct ub_trust trust;
    bool keep; /**< it is verified, or to be kept although it is not */
};

/** Will what comes be held against something that the person gave? */
static bool is_vouched(const struct ub_trust_options *trust)
{
    return trust->sha256 || trust->sha512 || trust->sums || trust->key_count > 0;
}

static enum ub_code check_digits(const char *digits, size_t count, struct ub_error *err)
{
    uint8_t bytes[64];
    if (!digits || (strlen(digits) == count && ub_parse_hex(digits, bytes, count / 2)))
        return UB_OK;
    return ub_fail(err, UB_USE_OPTION, "a SHA-%s has %zu hexadecimal digits",
                   count == 64 ? "256" : "512", count);
}

/** A slip in what it is to be checked by is told before anything is fetched. */
static enum ub_code check_options(const struct ub_url *url, const struct ub_fetch_options *options,
                                  struct ub_error *err)
{
    const struct ub_trust_options *trust = &options->trust;
    struct ub_public_key key;
    if (url->scheme != UB_URL_HTTPS && !is_vouched(trust))
        return ub_fail(err, UB_NET_URL,
                       "%s is not fetched over %s, as nothing is given to check it by", url->name,
                       url->scheme == UB_URL_HTTP ? "http://" : "file://");
    enum ub_code code = check_digits(trust->sha256, 64, err);
    if (!code)
        code = check_digits(trust->sha512, 128, err);
    for (size_t i = 0; !code && i < trust->key_count; i++)
        code = ub_public_key_read(trust->keys[i], &key, err);
    return code;
}

static enum ub_code get(struct fetch *fetch, struct ub_error *err)
{
    struct ub_env *env = &fetch->context->env;
    const struct ub_url *url = &fetch->download->url;
    const struct ub_trust_options *trust = &fetch->options->trust;
    if (url->scheme == UB_URL_FILE)
        ub_env_begin(env, UB_STEP_FETCH, 0, "copying %s", url->name);
    else
        ub_env_begin(env, UB_STEP_FETCH, 0, "fetching %s from %s", url->name, url->host);
    enum ub_code code = url->scheme == UB_URL_FILE
                            ? ub_download_copy(fetch->download, err)
                            : ub_download_run(fetch->download, fetch->net, err);
    fetch->companions.signature_url = trust->signature;
    fetch->companions.manifest_url = trust->manifest;
    fetch->companions.digests = !is_vouched(trust);
    if (!code)
        code = ub_companions_fetch(&fetch->companions, fetch->download, fetch->net, err);
    return code;
}

/** An image of a file that cannot be read as firmware, or holds several: its bytes are vouched for
 * all the same. */
static enum ub_code bare_image(const struct ub_download *download, struct ub_image **out,
                               struct ub_error *err)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    struct ub_image *image = NULL;
    enum ub_code code = ub_file_read(download->path, UB_IMAGE_FILE_MAX, &bytes, &length, err);
    if (!code)
        code = ub_image_new(download->url.name, &image, err);
    if (!code) {
        image->path = strdup(download->path);
        image->file_size = length;
        (void)crypto_hash_sha256(image->sha256, bytes, length);
        if (!image->path)
            code = ub_fail_memory(err);
    }
    free(bytes);
    if (code)
        ub_image_close(image);
    else
        *out = image;
    return code;
}

/** Who vouches for `image`? Closes it. */
static enum ub_code check_image(struct fetch *fetch, struct ub_image *image, struct ub_error *err)
{
    struct ub_trust_options trust = fetch->options->trust;
    if (trust.signature)
        trust.signature = fetch->companions.signature;
    if (trust.manifest)
        trust.manifest = fetch->companions.manifest;
    enum ub_code code = ub_trust_image(fetch->context, image, &trust, err);
    if (!code)
        ub_image_trust(image, &fetch->trust);
    /* this list did not come with the file: the person gave it */
    if (!code && trust.sums && fetch->trust.level == UB_TRUST_DIGEST)
        fetch->trust.level = UB_TRUST_GIVEN;
    ub_image_close(image);
    return code;
}

static enum ub_code check(struct fetch *fetch, struct ub_error *err)
{
    struct ub_image *image = NULL;
    struct ub_error ignored;
    if (ub_image_open(fetch->download->path, NULL, &image, &ignored) == UB_OK) {
        const bool packed = image->packed[0] != '\0';
        const enum ub_code code = check_image(fetch, image, err);
        /* a manifest may be about another file of the archive; which one is meant, who flashes it
         * says, and then it is held against that */
        if (code != UB_TRU_OTHER_IMAGE || !packed)
            return code;
    }
    const enum ub_code code = bare_image(fetch->download, &image, err);
    return code ? code : check_image(fetch, image, err);
}

/** Nobody who counts vouches for it; nothing speaks against it either. */
static enum ub_code refuse_unverified(const struct fetch *fetch, struct ub_error *err)
{
    const char *name = fetch->download->url.name;
    const struct ub_trust *trust = &fetch->trust;
    if (trust->unknown_key)
        return ub_fail(err, UB_NET_UNVERIFIED, "%s is signed by the key %s, which is not known",
                       name, trust->key_id);
    return ub_fail(err, UB_NET_UNVERIFIED,
                   trust->level == UB_TRUST_DIGEST
                       ? "%s has the digest that lies beside it, but nobody says whose it is"
                       : "nobody vouches for %s",
                   name);
}

/** Somebody vouches for it, and says himself that it is not to be used any more. */
static enum ub_code refuse_past(const struct fetch *fetch, struct ub_error *err)
{
    const char *name = fetch->download->url.name;
    if (fetch->trust.expired)
        return ub_fail(err, UB_TRU_EXPIRED, "%s: the time of its manifest is over", name);
    if (fetch->trust.rolled_back)
        return ub_fail(err, UB_TRU_ROLLBACK,
                       "%s: its manifest is for version %s, and a newer one was seen before", name,
                       fetch->trust.version);
    return UB_OK;
}

/** Is there nothing wrong with the file but that nobody vouches for it, or not any more? */
static bool can_be_kept(enum ub_code code)
{
    return code == UB_NET_UNVERIFIED || code == UB_TRU_NO_STATEMENT || code == UB_TRU_UNKNOWN_KEY ||
           code == UB_TRU_EXPIRED || code == UB_TRU_ROLLBACK;
}

/** Is it this computer's trouble, and nothing wrong with the file? */
static bool is_own_trouble(enum ub_code code)
{
    const unsigned domain = (unsigned)code / 100;
    return domain == 1 || domain == 9 || code == UB_IMG_READ || code == UB_TRU_STORE ||
           code == UB_TRU_POLICY || code == UB_TRU_KEY;
}

/** It is kept in spite of `code`. */
static void warn_of(struct fetch *fetch, enum ub_code code)
{
    struct ub_env *env = &fetch->context->env;
    const char *name = fetch->download->url.name;
    if (code != UB_TRU_EXPIRED && code != UB_TRU_ROLLBACK)
        ub_env_warn(env, "%s is kept although nobody vouches for it", name);
    if (fetch->trust.expired)
        ub_env_warn(env, "%s is kept although the time of its manifest is over", name);
    if (fetch->trust.rolled_back)
        ub_env_warn(env, "%s is kept although a newer version was seen before", name);
}

/** What becomes of it, after the check came to `code`. */
static enum ub_code decide(struct fetch *fetch, enum ub_code code, struct ub_error *err)
{
    if (!code && fetch->trust.level < UB_TRUST_GIVEN)
        code = refuse_unverified(fetch, err);
    if (!code)
        code = refuse_past(fetch, err);
    const bool open = can_be_kept(code);
    if (open && fetch->options->keep_unverified) {
        warn_of(fetch, code);
        ub_error_clear(err);
        code = UB_OK;
    }
    if (code && !is_own_trouble(code)) {
        if (fetch->download->resumed > 0 && !open)
            code = ub_wrap(err, code, "put together of two tries; the next one begins anew");
        ub_download_discard(fetch->download);
    }
    return code;
}

static void tell(struct fetch *fetch)
{
    const struct ub_download *download = fetch->download;
    const struct ub_trust *trust = &fetch->trust;
    char length[32];
    ub_print_grouped(length, sizeof(length), download->length);
    ub_env_done(&fetch->context->env, "%s, %s bytes, %s%s", download->url.name, length,
                trust->level == UB_TRUST_SIGNED  ? "signed by "
                : trust->level == UB_TRUST_GIVEN ? "has the digest that was given"
                                                 : "not verified",
                trust->level == UB_TRUST_SIGNED ? trust->by : "");
}

static enum ub_code run(struct fetch *fetch, struct ub_fetched *out, struct ub_error *err)
{
    enum ub_code code = get(fetch, err);
    if (code)
        return code;
    code = decide(fetch, check(fetch, err), err);
    if (!code)
        code = ub_keep(fetch->download, out->path, sizeof(out->path), err);
    if (code)
        return code;
    out->length = fetch->download->length;
    out->resumed = fetch->download->resumed;
    out->trust = fetch->trust;
    tell(fetch);
    return UB_OK;
}

enum ub_code ub_fetch(struct ub_context *context, const char *url,
                      const struct ub_fetch_options *options, struct ub_fetched *out,
                      struct ub_error *err)
{
    static const struct ub_fetch_options nothing;
    struct fetch fetch = {.context = context, .options = options ? options : &nothing};
    const struct ub_trust_options *trust = &fetch.options->trust;
    ub_error_clear(err);
    memset(out, 0, sizeof(*out));
    struct ub_url *parsed = malloc(sizeof(*parsed));
    if (!parsed)
        return ub_fail_memory(err);
    ub_context_begin(context);
    const struct ub_net_options net = {
        .env = &context->env,
        .insecure = is_vouched(trust),
        .stall_us = fetch.options->stall_us,
        .authorities = fetch.options->authorities,
    };
    enum ub_code code = ub_url_parse(url, parsed, err);
    if (!code)
        code = check_options(parsed, fetch.options, err);
    if (!code)
        code = ub_net_open(&net, &fetch.net, err);
    if (!code)
        code = ub_download_open(&context->env, ub_vault_path(context), parsed,
                                trust->sha256 ? trust->sha256 : trust->sha512,
                                fetch.options->stall_us, &fetch.download, err);
    if (!code)
        code = run(&fetch, out, err);
    ub_companions_free(&fetch.companions);
    ub_download_close(fetch.download);
    ub_net_close(fetch.net);
    free(parsed);
    return code;
}
