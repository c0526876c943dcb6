/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether an image belongs on a device: the verdict first, then what it rests on. */
#include "json.h"
#include "render.h"
#include "render_image.h"

#include <stdio.h>
#include <string.h>

/** What can be said. */
enum verdict {
    VERDICT_FITS,
    VERDICT_ACCEPTED, /**< it contradicts, and that was accepted */
    VERDICT_UNKNOWN,
    VERDICT_REFUSED,
};

static enum verdict verdict_of(const struct ub_match *match, enum ub_code refusal)
{
    struct ub_finding finding;
    bool accepted = false;
    bool speaks_for = false;
    for (size_t i = 0; ub_match_finding(match, i, &finding); i++) {
        accepted |= finding.weight == UB_FINDING_AGAINST && finding.accepted;
        speaks_for |= finding.weight == UB_FINDING_FOR;
    }
    return refusal != UB_OK ? VERDICT_REFUSED
           : accepted       ? VERDICT_ACCEPTED
           : speaks_for     ? VERDICT_FITS
                            : VERDICT_UNKNOWN;
}

/** For a program. */
static const char *verdict_key(enum verdict verdict)
{
    static const char *const keys[] = {
        [VERDICT_FITS] = "fits",
        [VERDICT_ACCEPTED] = "accepted",
        [VERDICT_UNKNOWN] = "unknown",
        [VERDICT_REFUSED] = "refused",
    };
    return keys[verdict];
}

static void show_verdict(struct cli *cli, enum verdict verdict, const char *file, const char *whom,
                         bool contradicts)
{
    char text[512];
    struct term_stream *out = &cli->term.out;
    enum term_mark mark = TERM_MARK_WARNING;
    enum term_style style = TERM_WARN;
    switch (verdict) {
    case VERDICT_FITS:
        (void)snprintf(text, sizeof(text), "%s fits %s", file, whom);
        mark = TERM_MARK_DONE;
        style = TERM_GOOD;
        break;
    case VERDICT_ACCEPTED:
        (void)snprintf(text, sizeof(text), "%s does not fit %s, which was accepted", file, whom);
        break;
    case VERDICT_UNKNOWN:
        (void)snprintf(text, sizeof(text), "cannot tell whether %s fits %s", file, whom);
        break;
    case VERDICT_REFUSED:
        (void)snprintf(text, sizeof(text), contradicts ? "%s does not fit %s" : "%s is refused",
                       file, whom);
        mark = TERM_MARK_FAILED;
        style = TERM_BAD;
        break;
    }
    term_mark(out, mark);
    term_print(out, TERM_PLAIN, " ");
    term_wrap(out, style, 2, term_text_columns(out), text);
    term_print(out, TERM_PLAIN, "\n");
}

static void show_finding(struct cli *cli, const struct ub_finding *finding)
{
    char text[UB_ERROR_TEXT + 64];
    bool against = finding->weight == UB_FINDING_AGAINST;
    const char *title = against ? "against" : finding->weight == UB_FINDING_WEAK ? "doubt" : "for";
    (void)snprintf(text, sizeof(text), "%s%s%s%s", finding->text,
                   against && finding->acceptable ? "  [" : "",
                   !against || !finding->acceptable ? ""
                   : finding->accepted              ? "accepted: "
                                                    : "--accept ",
                   against && finding->acceptable ? finding->name : "");
    if (against && finding->acceptable) {
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "]");
    }
    render_styled_fact(cli,
                       against && !finding->accepted       ? TERM_BAD
                       : finding->weight == UB_FINDING_FOR ? TERM_PLAIN
                                                           : TERM_WARN,
                       title, text);
}

static void as_json(struct cli *cli, const char *file, const char *whom, enum verdict verdict,
                    const struct ub_image *image, const struct ub_match *match,
                    const struct ub_error *refusal)
{
    struct ub_trust trust;
    json_t *object = json_object();
    ub_image_trust(image, &trust);
    json_add_text(object, "file", file);
    json_add_text(object, "against", whom);
    json_add_text(object, "verdict", verdict_key(verdict));
    (void)json_object_set_new(object, "findings", json_of_match(match));
    (void)json_object_set_new(object, "trust", json_of_trust(&trust));
    (void)json_object_set_new(object, "error",
                              refusal->code != UB_OK ? json_of_error(refusal) : json_null());
    json_line(cli, "match", object);
}

void render_match(struct cli *cli, const char *file, const char *whom, const struct ub_image *image,
                  const struct ub_match *match, const struct ub_error *refusal)
{
    struct ub_finding finding;
    bool contradicts = false;
    enum verdict verdict = verdict_of(match, refusal->code);
    if (cli->json) {
        as_json(cli, file, whom, verdict, image, match, refusal);
        return;
    }
    for (size_t i = 0; ub_match_finding(match, i, &finding); i++) {
        contradicts |= finding.weight == UB_FINDING_AGAINST && !finding.accepted;
    }
    show_verdict(cli, verdict, file, whom, contradicts);
    if (refusal->code != UB_OK && !contradicts) {
        render_styled_fact(cli, TERM_BAD, "against", refusal->message);
    }
    for (size_t i = 0; ub_match_finding(match, i, &finding); i++) {
        show_finding(cli, &finding);
    }
    render_trust(cli, image);
}
