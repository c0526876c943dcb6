/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of a device, as text. */
#include "format.h"
#include "hint.h"
#include "json.h"
#include "render.h"

#include <stdio.h>
#include <string.h>

static void title(struct cli *cli, const struct ub_device *device)
{
    char id[FORMAT_TEXT];
    const char *family = device->family != NULL && device->family[0] != '\0' ? device->family
                                                                             : "unknown family";
    term_print(&cli->term.out, TERM_BOLD, "%s", device->port);
    term_print(&cli->term.out, TERM_PLAIN, "  %s in %s mode (%s)\n", family,
               format_mode(device->mode), format_id(id, device));
}

static void strings(struct cli *cli, const struct ub_device *device)
{
    char text[16];
    (void)snprintf(text, sizeof(text), "%x.%02x", device->bcdDevice >> 8, device->bcdDevice & 0xff);
    render_fact(cli, "release", text);
    render_fact(cli, "maker", device->manufacturer[0] != '\0' ? device->manufacturer : "-");
    render_fact(cli, "product", device->product[0] != '\0' ? device->product : "-");
    render_fact(cli, "serial", device->serial[0] != '\0' ? device->serial : "-");
}

/** The protocol, and the release of the standard that the device claims if that is another one. */
static void version(struct cli *cli, const struct ub_details *details)
{
    char text[256];
    char full[16];
    const char *protocol = details->device.protocol != NULL ? details->device.protocol : "";
    unsigned minor = details->bcdDFUVersion & 0xff;
    /* 0x0110 is written 1.1 or 1.10, 0x011a is 1.1a */
    (void)snprintf(full, sizeof(full), "%x.%0*x", details->bcdDFUVersion >> 8,
                   (minor & 0xf) == 0 ? 1 : 2, (minor & 0xf) == 0 ? minor >> 4 : minor);
    size_t own = strlen(protocol);
    size_t claimed = strlen(full);
    bool same = own > claimed && protocol[own - claimed - 1] == ' ' &&
                strcmp(protocol + own - claimed, full) == 0;
    (void)snprintf(text, sizeof(text), "%s%s%s%s", protocol, same ? "" : " (bcdDFUVersion ",
                   same ? "" : full, same ? "" : ")");
    render_fact(cli, "protocol", text);
}

/** The state in which the device was met. Whatever is not rest was ended in order to look on. */
static void state(struct cli *cli, const struct ub_details *details)
{
    char text[128];
    uint8_t met = details->bState;
    const char *after = "";
    if (details->device.mode == UB_MODE_DFU && strcmp(ub_dfu_state_name(met), "dfuIDLE") != 0) {
        after = strcmp(ub_dfu_state_name(met), "dfuERROR") == 0 ? " when met; cleared"
                                                                : " when met; ended";
    }
    (void)snprintf(text, sizeof(text), "%s, %s%s", ub_dfu_state_name(met),
                   ub_dfu_status_name(details->bStatus), after);
    render_fact(cli, "state", text);
}

/** Whether it can be read: what it says, and what is believed of that. */
static const char *reading(const struct ub_details *details)
{
    bool says = (details->bmAttributes & 2) != 0; /* DFU 1.1 section 4.1.3 */
    return details->can_read ? "can be read"
           : says            ? "says it can be read, which is not believed"
                             : "cannot be read";
}

static void protocol(struct cli *cli, const struct ub_details *details)
{
    char text[256];
    char used[FORMAT_TEXT];
    char claimed[FORMAT_TEXT];
    uint8_t can = details->bmAttributes;
    version(cli, details);
    /* bmAttributes: DFU 1.1 section 4.1.3 */
    (void)snprintf(text, sizeof(text), "%s, %s, %s, %s",
                   details->can_write ? "can be written" : "cannot be written", reading(details),
                   (can & 4) != 0 ? "answers after writing" : "needs a reset after writing",
                   (can & 8) != 0 ? "detaches by itself" : "detaches on a bus reset");
    render_fact(cli, "abilities", text);
    (void)format_grouped(claimed, details->wTransferSize);
    if (details->transfer_size == details->wTransferSize) {
        (void)snprintf(text, sizeof(text), "%s bytes", claimed);
    } else if (details->transfer_size == 0) { /* the running firmware takes none */
        (void)snprintf(text, sizeof(text), "%s bytes, says the device", claimed);
    } else {
        (void)snprintf(text, sizeof(text), "%s bytes (the device says %s)",
                       format_grouped(used, details->transfer_size), claimed);
    }
    render_fact(cli, "transfer", text);
    state(cli, details);
    if (details->read_protected) {
        render_fact(cli, "protection",
                    "read protection is active: its memory cannot be read, and most such devices "
                    "cannot be written either. flash --lose-protected-content lifts it; the device "
                    "then erases itself");
    }
    if (cli->verbose) {
        (void)snprintf(text, sizeof(text),
                       "bmAttributes 0x%02x, wTransferSize %u, detach timeout %u ms", can,
                       details->wTransferSize, details->wDetachTimeOut);
        render_fact(cli, "raw", text);
    }
}

static uint64_t run_bytes(const struct ub_sector_run *run)
{
    return (uint64_t)run->size * run->count;
}

static void region(struct cli *cli, const struct ub_region *r)
{
    char range[FORMAT_TEXT];
    char size[FORMAT_TEXT];
    char rights[FORMAT_TEXT];
    uint64_t total = 0;
    struct term_stream *out = &cli->term.out;
    for (size_t i = 0; i < r->run_count; i++) {
        total += run_bytes(&r->runs[i]);
    }
    term_print(out, TERM_PLAIN, "\n  ");
    term_print(out, TERM_BOLD, "%u  %s", r->alt, r->name[0] != '\0' ? r->name : "(no name)");
    term_print(out,
               r->kind == UB_REGION_OPTION || r->kind == UB_REGION_OTP ? TERM_WARN : TERM_PLAIN,
               "  %s", format_kind(r->kind));
    if (r->kind == UB_REGION_STREAM) {
        term_print(out, TERM_PLAIN, "  written as one stream  %s\n",
                   format_rights(rights, r->rights));
        return;
    }
    term_print(out, TERM_PLAIN, "  %s  %s\n", format_size(size, total),
               format_rights(rights, r->rights));
    for (size_t i = 0; i < r->run_count; i++) {
        const struct ub_sector_run *run = &r->runs[i];
        char sectors[FORMAT_TEXT * 2];
        (void)snprintf(sectors, sizeof(sectors), "%u × %s", run->count,
                       format_size(size, run->size));
        term_print(out, TERM_PLAIN, "     %s  ", format_range(range, run->address, run_bytes(run)));
        term_pad(out, TERM_PLAIN, sectors, 14);
        term_print(out, TERM_PLAIN, "  %s\n", format_rights(rights, run->rights));
    }
}

#define UNDER_INDENT 14 /* "     because  " */

static void fact_under(struct cli *cli, const char *name, const char *text)
{
    struct term_stream *out = &cli->term.out;
    term_print(out, TERM_PLAIN, "     ");
    term_pad(out, TERM_DIM, name, UNDER_INDENT - 5);
    term_wrap(out, TERM_PLAIN, UNDER_INDENT, term_text_columns(out), text);
    term_print(out, TERM_PLAIN, "\n");
}

/** What is known to be wrong with such devices; where it is known from for those who ask. */
static void quirks(struct cli *cli, const struct ub_details *details)
{
    struct term_stream *out = &cli->term.out;
    if (details->quirk_count > 0) {
        term_print(out, TERM_PLAIN, "\n  Known of such devices\n");
    }
    for (size_t i = 0; i < details->quirk_count; i++) {
        const struct ub_quirk_info *quirk = &details->quirks[i];
        term_print(out, TERM_PLAIN, "  ");
        term_print(out, TERM_BOLD, "%s", quirk->name);
        term_print(out, TERM_PLAIN, "\n     ");
        term_wrap(out, TERM_PLAIN, 5, term_text_columns(out), quirk->defect);
        term_print(out, TERM_PLAIN, "\n");
        fact_under(cli, "remedy", quirk->remedy);
        fact_under(cli, "because", quirk->because);
        if (cli->verbose) {
            fact_under(cli, "source", quirk->source);
        }
    }
}

void render_details(struct cli *cli, const struct ub_details *details)
{
    if (cli->json) {
        json_line(cli, "details", json_of_details(details));
        return;
    }
    title(cli, &details->device);
    strings(cli, &details->device);
    protocol(cli, details);
    for (size_t i = 0; i < details->region_count; i++) {
        region(cli, &details->regions[i]);
    }
    quirks(cli, details);
    for (size_t i = 0; i < details->warning_count; i++) {
        struct term_stream *out = &cli->term.out;
        term_print(out, TERM_PLAIN, "%s ", i == 0 ? "\n" : "");
        term_mark(out, TERM_MARK_WARNING);
        term_print(out, TERM_PLAIN, " ");
        term_wrap(out, TERM_WARN, 3, term_text_columns(out), details->warnings[i]);
        term_print(out, TERM_PLAIN, "\n");
    }
    if (details->device.next_step != NULL && details->device.next_step[0] != '\0') {
        char next[HINT_TEXT];
        term_print(&cli->term.out, TERM_PLAIN, "\n");
        render_fact(cli, "next", hint_fill(cli, true, details->device.next_step, next));
    }
}
