/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fetch/net.h"

#include "base/error.h"
#include "base/text.h"
#include "fetch/answer.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define POLL_MS        50  /* how soon a wish to stop is heard */
#define LEAST_RATE     256 /* bytes per second; less is as good as nothing */
#define US_PER_S       UINT64_C(1000000)
#define US_PER_MS      1000
#define BUFFER         (64L * 1024)
#define HAS_STRINGS    0x075500 /* the version of libcurl that has CURLOPT_PROTOCOLS_STR */
#define HAS_QUICK_EXIT 0x075700
#define HTTP_OK        200
#define HTTP_PARTIAL   206
#define FIRST_REDIRECT 300
#define LAST_REDIRECT  399

struct ub_net {
    CURLM *multi; /**< keeps connections for the next request */
    struct ub_env *env;
    struct ub_clock clock; /**< the real one: servers live by no other */
    bool insecure;
    uint64_t stall_us;
    char *authorities; /**< owned; or NULL */
};

/** A request that is under way. */
struct job {
    struct ub_net *net;
    const struct ub_net_request *request;
    CURL *easy;
    struct ub_headers headers;
    bool begun;
    uint64_t base;      /**< where in the file this answer begins */
    uint64_t taken;     /**< bytes of this answer */
    uint64_t heard;     /**< bytes of any kind, for the deadline */
    uint64_t window_us; /**< when the deadline's window began */
    uint64_t window;    /**< `heard` at that time */
    enum ub_code code;  /**< what a callback refused with */
    struct ub_error error;
    char text[CURL_ERROR_SIZE];
};

/** libcurl asks to be started once in a program, before any thread uses it. */
static pthread_once_t started = PTHREAD_ONCE_INIT;
static CURLcode start_result = CURLE_FAILED_INIT;

static void start(void)
{
    start_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

enum ub_code ub_net_open(const struct ub_net_options *options, struct ub_net **out,
                         struct ub_error *err)
{
    *out = NULL;
    if (pthread_once(&started, start) != 0 || start_result != CURLE_OK)
        return ub_fail(err, UB_SYS_INTERNAL, "libcurl cannot be started");
    struct ub_net *net = calloc(1, sizeof(*net));
    if (!net)
        return ub_fail_memory(err);
    net->env = options->env;
    net->clock = ub_clock_real();
    net->insecure = options->insecure;
    net->stall_us = options->stall_us ? options->stall_us : UB_NET_STALL_US;
    net->multi = curl_multi_init();
    if (options->authorities) {
        const size_t size = strlen(options->authorities) + 1;
        net->authorities = malloc(size);
        if (net->authorities)
            memcpy(net->authorities, options->authorities, size);
    }
    if (!net->multi || (options->authorities && !net->authorities)) {
        ub_net_close(net);
        return ub_fail_memory(err);
    }
    *out = net;
    return UB_OK;
}

void ub_net_close(struct ub_net *net)
{
    if (!net)
        return;
    (void)curl_multi_cleanup(net->multi);
    free(net->authorities);
    free(net);
}

static enum ub_code fail_too_large(const struct job *job, struct ub_error *err)
{
    char limit[32];
    ub_print_grouped(limit, sizeof(limit), job->request->max);
    return ub_fail(err, UB_NET_TOO_LARGE, "the file is larger than %s bytes", limit);
}

/** The answer's first byte, or its end if it has none. */
static enum ub_code begin(struct job *job)
{
    struct ub_net_answer answer;
    curl_off_t length = -1;
    long status = 0;
    char *last = NULL;
    (void)curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(job->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    (void)curl_easy_getinfo(job->easy, CURLINFO_EFFECTIVE_URL, &last);
    job->begun = true;
    if (status != HTTP_OK && (status != HTTP_PARTIAL || job->request->from == 0))
        return ub_fail(&job->error, UB_NET_REFUSED, "the server answers with status %ld", status);
    if (!ub_headers_answer(&job->headers, status == HTTP_PARTIAL, (int64_t)length, &answer))
        return ub_fail(&job->error, UB_NET_REFUSED,
                       "the server gives a piece of the file without saying which");
    if (answer.partial && answer.from != job->request->from)
        return ub_fail(&job->error, UB_NET_REFUSED,
                       "the server gives another piece of the file than was asked for");
    job->base = answer.from;
    answer.downgraded = strncmp(job->request->url, "https:", 6) == 0 && last &&
                        strncmp(last, "https:", 6) != 0;
    if (answer.has_total && answer.total > job->request->max)
        return fail_too_large(job, &job->error);
    return job->request->begin(job->request->user, &answer, &job->error);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *user)
{
    struct job *job = user;
    const size_t length = size * count;
    job->heard += length;
    if (!job->begun)
        job->code = begin(job);
    if (!job->code && length > job->request->max - job->base - job->taken)
        job->code = fail_too_large(job, &job->error);
    if (!job->code)
        job->code = job->request->take(job->request->user, (const uint8_t *)bytes, length,
                                       &job->error);
    job->taken += length;
    return job->code ? 0 : length;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *user)
{
    struct job *job = user;
    job->heard += size * count;
    ub_headers_take(&job->headers, bytes, size * count);
    return size * count;
}

/** Which protocols may be spoken at first, and after a redirect. */
static CURLcode set_protocols(CURL *easy, bool insecure)
{
#if LIBCURL_VERSION_NUM >= HAS_STRINGS
    const char *allowed = insecure ? "https,http" : "https";
    CURLcode code = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, allowed);
    return code ? code : curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, allowed);
#else
    const long allowed = CURLPROTO_HTTPS | (insecure ? CURLPROTO_HTTP : 0);
    CURLcode code = curl_easy_setopt(easy, CURLOPT_PROTOCOLS, allowed);
    return code ? code : curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS, allowed);
#endif
}

static CURLcode set_callbacks(struct job *job)
{
    CURL *easy = job->easy;
    CURLcode code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_WRITEDATA, job);
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_HEADERDATA, job);
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, job->text);
    return code;
}

static CURLcode set_safety(const struct ub_net *net, CURL *easy)
{
    const long connect_ms = (long)(net->stall_us / US_PER_MS);
    CURLcode code = set_protocols(easy, net->insecure);
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)UB_NET_REDIRECTS_MAX);
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms ? connect_ms : 1L);
    if (!code && net->authorities)
        code = curl_easy_setopt(easy, CURLOPT_CAINFO, net->authorities);
    if (!code && net->authorities)
        code = curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
#if LIBCURL_VERSION_NUM >= HAS_QUICK_EXIT
    /* Else a name that is being looked up is waited for also after a wish to stop. */
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
    return code;
}

static CURLcode set_request(struct job *job, struct curl_slist **list)
{
    const struct ub_net_request *request = job->request;
    char range[32];
    char header[UB_NET_VALIDATOR_TEXT + 16];
    char agent[64];
    CURLcode code = curl_easy_setopt(job->easy, CURLOPT_URL, request->url);
    (void)ub_print(agent, sizeof(agent), "unbrick/%s", ub_version());
    if (!code)
        code = curl_easy_setopt(job->easy, CURLOPT_USERAGENT, agent);
    if (!code)
        code = curl_easy_setopt(job->easy, CURLOPT_BUFFERSIZE, BUFFER);
    if (code || request->from == 0)
        return code;
    (void)ub_print(range, sizeof(range), "%" PRIu64 "-", request->from);
    code = curl_easy_setopt(job->easy, CURLOPT_RANGE, range);
    if (code || !request->if_range)
        return code;
    (void)ub_print(header, sizeof(header), "If-Range: %s", request->if_range);
    *list = curl_slist_append(NULL, header);
    return *list ? curl_easy_setopt(job->easy, CURLOPT_HTTPHEADER, *list) : CURLE_OUT_OF_MEMORY;
}

/** Is it silent for too long? What trickles counts as silence. */
static enum ub_code check_silence(struct job *job, struct ub_error *err)
{
    const struct ub_net *net = job->net;
    const uint64_t now = ub_now(&net->clock);
    curl_off_t connected = 0;
    (void)curl_easy_getinfo(job->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
    if (connected == 0) { /* libcurl's own deadline holds until then */
        job->window_us = now;
        return UB_OK;
    }
    if (now - job->window_us < net->stall_us)
        return UB_OK;
    if (job->heard - job->window >= net->stall_us * LEAST_RATE / US_PER_S &&
        job->heard != job->window) {
        job->window = job->heard;
        job->window_us = now;
        return UB_OK;
    }
    char text[UB_DURATION_TEXT];
    ub_format_duration(text, sizeof(text), net->stall_us);
    return ub_fail(err, UB_NET_TIMEOUT, "the server sent %s for %s",
                   job->heard == job->window ? "nothing" : "next to nothing", text);
}

/** Runs until libcurl is done (*result), the person wants to stop, or it is silent. */
static enum ub_code drive(struct job *job, CURLcode *result, struct ub_error *err)
{
    struct ub_net *net = job->net;
    int running = 1;
    job->window_us = ub_now(&net->clock);
    for (;;) {
        if (curl_multi_perform(net->multi, &running) != CURLM_OK)
            return ub_fail(err, UB_NET_FAILED, "libcurl cannot go on");
        if (!running)
            break;
        enum ub_code code = ub_env_check(net->env, err);
        if (!code)
            code = check_silence(job, err);
        if (code)
            return code;
        if (curl_multi_poll(net->multi, NULL, 0, POLL_MS, NULL) != CURLM_OK)
            return ub_fail(err, UB_NET_FAILED, "libcurl cannot wait");
    }
    int left = 0;
    *result = CURLE_FAILED_INIT;
    for (CURLMsg *message; (message = curl_multi_info_read(net->multi, &left)) != NULL;)
        if (message->msg == CURLMSG_DONE && message->easy_handle == job->easy)
            *result = message->data.result;
    return UB_OK;
}

/** The words of libcurl, which may hold words of the server's. */
static void reason(const struct job *job, CURLcode result, char text[UB_STRING_TEXT])
{
    const char *words = job->text[0] ? job->text : curl_easy_strerror(result);
    ub_print_stranger(text, UB_STRING_TEXT, words, strlen(words));
}

static enum ub_code judge(const struct job *job, CURLcode result, long status, struct ub_error *err)
{
    char text[UB_STRING_TEXT];
    char duration[UB_DURATION_TEXT];
    reason(job, result, text);
    switch (result) {
    case CURLE_OK:
        return UB_OK;
    case CURLE_OUT_OF_MEMORY:
        return ub_fail_memory(err);
    case CURLE_HTTP_RETURNED_ERROR:
        return ub_fail(err, UB_NET_REFUSED, "the server answers with status %ld", status);
    case CURLE_TOO_MANY_REDIRECTS:
        return ub_fail(err, UB_NET_REFUSED, "the server sends from address to address, %d times",
                       UB_NET_REDIRECTS_MAX);
    case CURLE_UNSUPPORTED_PROTOCOL: /* also of what is not HTTP/1 or later */
    case CURLE_URL_MALFORMAT:
        if (status < FIRST_REDIRECT || status > LAST_REDIRECT)
            return ub_fail(err, UB_NET_FAILED, "%s", text);
        return ub_fail(err, UB_NET_REFUSED,
                       "the server sends on to an address that is not taken: %s", text);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return ub_fail(err, UB_NET_TLS, "%s", text);
    case CURLE_OPERATION_TIMEDOUT:
        ub_format_duration(duration, sizeof(duration), job->net->stall_us);
        return ub_fail(err, UB_NET_FAILED, "no connection within %s", duration);
    default:
        return ub_fail(err, UB_NET_FAILED, "%s", text);
    }
}

static enum ub_code run(struct job *job, long *status, struct ub_error *err)
{
    CURLcode result = CURLE_OK;
    struct curl_slist *list = NULL;
    enum ub_code code = UB_OK;
    CURLcode set = set_callbacks(job);
    if (!set)
        set = set_safety(job->net, job->easy);
    if (!set)
        set = set_request(job, &list);
    if (set || curl_multi_add_handle(job->net->multi, job->easy) != CURLM_OK) {
        code = set && set != CURLE_OUT_OF_MEMORY
                   ? ub_fail(err, UB_SYS_INTERNAL, "libcurl: %s", curl_easy_strerror(set))
                   : ub_fail_memory(err);
        goto out;
    }
    code = drive(job, &result, err);
    (void)curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, status);
    if (!code && !job->code && !result && !job->begun)
        job->code = begin(job);
    if (!code && job->code) {
        code = job->code;
        if (err)
            *err = job->error;
    }
    if (!code)
        code = judge(job, result, *status, err);
    (void)curl_multi_remove_handle(job->net->multi, job->easy);
out:
    curl_slist_free_all(list);
    return code;
}

enum ub_code ub_net_get(struct ub_net *net, const struct ub_net_request *request, long *status,
                        struct ub_error *err)
{
    struct job job = {.net = net, .request = request};
    *status = 0;
    enum ub_code code = ub_env_check(net->env, err);
    if (code)
        return code;
    job.easy = curl_easy_init();
    if (!job.easy)
        return ub_fail_memory(err);
    code = run(&job, status, err);
    curl_easy_cleanup(job.easy);
    return code;
}
