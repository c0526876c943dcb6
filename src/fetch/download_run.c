/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fetching a file, going on behind what an earlier try left. */
#define _DEFAULT_SOURCE
#include "base/error.h"
#include "base/text.h"
#include "fetch/download.h"
#include "fetch/part.h"
#include "image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE     0600
#define NOT_THAT_PART 416 /* RFC 9110 §15.5.17 */

/** A try that is under way. */
struct attempt {
    struct ub_download *download;
    int fd;
    uint64_t at;                  /**< bytes that the file has */
    uint64_t asked_from;          /**< where it was to go on; 0: at the start */
    struct ub_part_record record; /**< of what is there, then of what comes */
};

/** Notes what comes, so that a later try can go on. */
static enum ub_code note(struct attempt *attempt, const struct ub_net_answer *answer,
                         struct ub_error *err)
{
    const struct ub_download *download = attempt->download;
    struct ub_part_record *record = &attempt->record;
    memset(record, 0, sizeof(*record));
    (void)ub_print(record->url, sizeof(record->url), "%s", download->url.text);
    (void)ub_print(record->etag, sizeof(record->etag), "%s", answer->etag);
    (void)ub_print(record->modified, sizeof(record->modified), "%s", answer->modified);
    (void)ub_print(record->digest, sizeof(record->digest), "%s", download->digest);
    record->has_total = answer->has_total;
    record->total = answer->total;
    return ub_part_record_write(download->record, record, err);
}

/** Two texts of which one may be missing. */
static bool differ(const char *a, const char *b)
{
    return a[0] && b[0] && strcmp(a, b) != 0;
}

/** Is that another file than the one that is noted? */
static bool is_another(const struct ub_part_record *record, const struct ub_net_answer *answer)
{
    return differ(record->etag, answer->etag) || differ(record->modified, answer->modified) ||
           (record->has_total && answer->has_total && record->total != answer->total);
}

/** The piece that was asked for comes, from where it was to go on. */
static enum ub_code go_on(struct attempt *attempt, const struct ub_net_answer *answer,
                          struct ub_error *err)
{
    if (is_another(&attempt->record, answer)) {
        ub_download_discard(attempt->download);
        return ub_fail(err, UB_NET_CHANGED,
                       "%s: the server gives a piece of another file than the one that was begun",
                       attempt->download->url.name);
    }
    attempt->download->resumed = attempt->at;
    return UB_OK;
}

/** The whole comes. */
static enum ub_code begin_anew(struct attempt *attempt, const struct ub_net_answer *answer,
                               struct ub_error *err)
{
    const struct ub_download *download = attempt->download;
    if (attempt->asked_from > 0)
        ub_env_warn(download->env, "%s: begun anew, as the server %s", download->url.name,
                    is_another(&attempt->record, answer) ? "has another file there now"
                                                         : "cannot go on where it ended");
    if (ftruncate(attempt->fd, 0) != 0)
        return ub_part_fail(err, errno, "begin anew with", download->path);
    attempt->at = 0;
    return note(attempt, answer, err);
}

static enum ub_code on_begin(void *user, const struct ub_net_answer *answer, struct ub_error *err)
{
    struct attempt *attempt = user;
    struct ub_env *env = attempt->download->env;
    enum ub_code code = answer->partial ? go_on(attempt, answer, err)
                                        : begin_anew(attempt, answer, err);
    if (code)
        return code;
    if (answer->downgraded)
        ub_env_warn(env, "the server leads from https:// to http://; what comes is verified");
    if (answer->has_total)
        env->step_total = answer->total > attempt->at ? answer->total - attempt->at : 0;
    return UB_OK;
}

static enum ub_code on_bytes(void *user, const uint8_t *bytes, size_t length, struct ub_error *err)
{
    struct attempt *attempt = user;
    const size_t all = length;
    while (length > 0) {
        const ssize_t n = pwrite(attempt->fd, bytes, length, (off_t)attempt->at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ub_part_fail(err, n < 0 ? errno : EIO, "write", attempt->download->path);
        bytes += n;
        length -= (size_t)n;
        attempt->at += (uint64_t)n;
    }
    ub_env_progress(attempt->download->env, all);
    return UB_OK;
}

/** Where to go on; 0 if what is there is of no use, and then it is gone. */
static uint64_t find_start(struct attempt *attempt)
{
    struct ub_download *download = attempt->download;
    struct stat status;
    const bool noted = ub_part_record_read(download->record, &attempt->record) &&
                       strcmp(attempt->record.url, download->url.text) == 0;
    const bool same_digest = download->digest[0] &&
                             strcmp(attempt->record.digest, download->digest) == 0;
    if (!noted || (!ub_part_record_validator(&attempt->record) && !same_digest) ||
        fstat(attempt->fd, &status) != 0 || status.st_size <= 0 ||
        (uint64_t)status.st_size > UB_IMAGE_FILE_MAX ||
        (attempt->record.has_total && (uint64_t)status.st_size > attempt->record.total)) {
        memset(&attempt->record, 0, sizeof(attempt->record));
        return 0;
    }
    uint64_t from = (uint64_t)status.st_size;
    /* Of a file that is complete its last byte is asked for, to learn whether it is still the one
     * on the server. */
    if (attempt->record.has_total && from == attempt->record.total)
        from--;
    return from;
}

/** One request. *again is set if the server cannot go on, and the next one is to begin anew. */
static enum ub_code attempt_once(struct attempt *attempt, struct ub_net *net, bool *again,
                                 struct ub_error *err)
{
    struct ub_download *download = attempt->download;
    long status = 0;
    *again = false;
    attempt->asked_from = find_start(attempt);
    attempt->at = attempt->asked_from;
    download->resumed = 0;
    const struct ub_net_request request = {
        .url = download->url.text,
        .from = attempt->asked_from,
        .if_range = ub_part_record_validator(&attempt->record),
        .max = UB_IMAGE_FILE_MAX,
        .begin = on_begin,
        .take = on_bytes,
        .user = attempt,
    };
    enum ub_code code = ub_net_get(net, &request, &status, err);
    if (code == UB_NET_REFUSED && attempt->asked_from > 0) {
        /* What is there does not help to get the rest. */
        *again = status == NOT_THAT_PART;
        ub_download_discard(download);
    }
    return code;
}

static enum ub_code attempt_whole(struct attempt *attempt, struct ub_net *net, struct ub_error *err)
{
    struct ub_download *download = attempt->download;
    bool again = true;
    enum ub_code code = UB_OK;
    for (unsigned tries = 0; again && tries < 2; tries++) {
        attempt->fd = open(download->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
        if (attempt->fd < 0)
            return ub_part_fail(err, errno, "write", download->path);
        code = attempt_once(attempt, net, &again, err);
        if (!code && (ftruncate(attempt->fd, (off_t)attempt->at) != 0 || fsync(attempt->fd) != 0))
            code = ub_part_fail(err, errno, "write", download->path);
        (void)close(attempt->fd);
    }
    if (!code && attempt->record.has_total && attempt->at != attempt->record.total)
        code = ub_fail(err, UB_NET_FAILED, "%s: the server ended before the file did",
                       download->url.name);
    download->length = attempt->at;
    return code;
}

enum ub_code ub_download_run(struct ub_download *download, struct ub_net *net, struct ub_error *err)
{
    struct attempt attempt = {.download = download};
    enum ub_code code = attempt_whole(&attempt, net, err);
    return code ? ub_wrap(err, code, "while fetching %s from %s", download->url.name,
                          download->url.host)
                : UB_OK;
}
