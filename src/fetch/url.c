/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fetch/url.h"

#include "base/error.h"
#include "base/text.h"

#include <curl/curl.h>
#include <string.h>

#define NAMELESS "download"

/** The last part of a path, made safe. */
static void take_name(const char *path, char name[UB_URL_NAME_TEXT])
{
    const char *slash = strrchr(path, '/');
    const char *last = slash ? slash + 1 : path;
    ub_print_stranger(name, UB_URL_NAME_TEXT, last, strlen(last));
    for (char *c = name; *c; c++)
        if (*c == '/' || *c == '\\' || *c == ':')
            *c = '_';
    if (name[0] == '.')
        name[0] = '_';
    if (!name[0])
        (void)ub_print(name, UB_URL_NAME_TEXT, "%s", NAMELESS);
}

/** A part of the address, decoded if `flags` say so; false if it has none, or one that does not
 * fit. */
static bool get(CURLU *handle, CURLUPart part, unsigned flags, char *to, size_t size)
{
    char *text = NULL;
    const bool good = curl_url_get(handle, part, &text, flags) == CURLUE_OK &&
                      ub_print(to, size, "%s", text);
    curl_free(text);
    if (!good)
        to[0] = '\0';
    return good;
}

static bool take_scheme(CURLU *handle, enum ub_url_scheme *scheme)
{
    static const char *const names[] = {"https", "http", "file"};
    char text[16];
    if (!get(handle, CURLUPART_SCHEME, 0, text, sizeof(text)))
        return false;
    for (unsigned i = 0; i < 3; i++)
        if (ub_same_word(text, names[i])) {
            *scheme = (enum ub_url_scheme)i;
            return true;
        }
    return false;
}

/** Fills *out from the handle. NULL, or what is wrong. */
static const char *take(CURLU *handle, struct ub_url *out)
{
    char host[UB_URL_MAX];
    char path[UB_URL_MAX];
    if (!take_scheme(handle, &out->scheme))
        return "only https://, http:// and file:// are fetched";
    (void)curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0);
    if (!get(handle, CURLUPART_URL, 0, out->text, sizeof(out->text)))
        return "it is too long";
    if (get(handle, CURLUPART_HOST, 0, host, sizeof(host)))
        ub_print_stranger(out->host, sizeof(out->host), host, strlen(host));
    /* Decoded, so that what hides behind %2F is a slash; with a control character there is none. */
    if (!get(handle, CURLUPART_PATH, CURLU_URLDECODE, path, sizeof(path)))
        return "its path has characters that no file's has";
    take_name(path, out->name);
    if (out->scheme != UB_URL_FILE)
        return out->host[0] ? NULL : "it names no server";
    out->host[0] = '\0';
    return ub_print(out->path, sizeof(out->path), "%s", path) ? NULL : "it is too long";
}

/** "https:///fw.bin" would be taken for a server of that name. */
static bool names_nobody(const char *text, const struct ub_url *url)
{
    const char *slashes = strstr(text, "://");
    return url->scheme != UB_URL_FILE && (!slashes || slashes[3] == '/');
}

enum ub_code ub_url_parse(const char *text, struct ub_url *out, struct ub_error *err)
{
    char shown[UB_STRING_TEXT];
    memset(out, 0, sizeof(*out));
    ub_print_stranger(shown, sizeof(shown), text, strlen(text));
    if (strlen(text) >= UB_URL_MAX)
        return ub_fail(err, UB_NET_URL, "%s: the address is too long", shown);
    CURLU *handle = curl_url();
    if (!handle)
        return ub_fail_memory(err);
    const char *why = NULL;
    const CURLUcode code = curl_url_set(handle, CURLUPART_URL, text, CURLU_DISALLOW_USER);
    if (code == CURLUE_USER_NOT_ALLOWED)
        why = "an address with a user's name or password is not taken";
    else if (code == CURLUE_UNSUPPORTED_SCHEME)
        why = "only https://, http:// and file:// are fetched";
    else if (code != CURLUE_OK)
        why = "it is not an address like https://HOST/PATH";
    else
        why = take(handle, out);
    curl_url_cleanup(handle);
    if (!why && names_nobody(text, out))
        why = "it names no server";
    if (!why)
        return UB_OK;
    memset(out, 0, sizeof(*out));
    /* A password must not be shown. */
    return code == CURLUE_USER_NOT_ALLOWED ? ub_fail(err, UB_NET_URL, "%s", why)
                                           : ub_fail(err, UB_NET_URL, "%s: %s", shown, why);
}

/** The address with another path; `keep` bytes of the old one stay in front of `more`. */
static enum ub_code change_path(const struct ub_url *url, bool whole, const char *more,
                                struct ub_url *out, struct ub_error *err)
{
    char path[UB_URL_MAX];
    char longer[UB_URL_MAX];
    CURLU *handle = curl_url();
    bool good = handle && curl_url_set(handle, CURLUPART_URL, url->text, 0) == CURLUE_OK &&
                get(handle, CURLUPART_PATH, 0, path, sizeof(path));
    if (good) {
        const char *slash = strrchr(path, '/');
        const size_t kept = whole ? strlen(path) : slash ? (size_t)(slash + 1 - path) : 0;
        good = ub_print(longer, sizeof(longer), "%.*s%s", (int)kept, path, more) &&
               curl_url_set(handle, CURLUPART_PATH, longer, 0) == CURLUE_OK && !take(handle, out);
    }
    curl_url_cleanup(handle);
    if (!handle)
        return ub_fail_memory(err);
    return good ? UB_OK : ub_fail(err, UB_NET_URL, "%s: the address is too long", url->name);
}

enum ub_code ub_url_with_ending(const struct ub_url *url, const char *ending, struct ub_url *out,
                                struct ub_error *err)
{
    memset(out, 0, sizeof(*out));
    return change_path(url, true, ending, out, err);
}

enum ub_code ub_url_beside(const struct ub_url *url, const char *name, struct ub_url *out,
                           struct ub_error *err)
{
    memset(out, 0, sizeof(*out));
    return change_path(url, false, name, out, err);
}
