/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices, backups and explanations as text. */
#include "render.h"

#include "format.h"
#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FACT_INDENT 14
#define COLUMNS     7
#define REAL_BUS    "libusb" /* struct ub_backup_info: transport */
#define GAP         2

void render_styled_fact(struct cli *cli, enum term_style style, const char *name, const char *text)
{
    struct term_stream *out = &cli->term.out;
    term_print(out, TERM_PLAIN, "  ");
    term_pad(out, TERM_DIM, name, FACT_INDENT - 2);
    term_wrap(out, style, FACT_INDENT, term_text_columns(out), text);
    term_print(out, TERM_PLAIN, "\n");
}

void render_fact(struct cli *cli, const char *name, const char *text)
{
    render_styled_fact(cli, TERM_PLAIN, name, text);
}

static const char *or_dash(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : "-";
}

static const char *cell(const struct ub_device *device, const char *change, size_t column,
                        char *buffer)
{
    switch (column) {
    case 0:
        return change != NULL ? change : "";
    case 1:
        return or_dash(device->port);
    case 2:
        return format_id(buffer, device);
    case 3:
        return format_mode(device->mode);
    case 4:
        return or_dash(device->family);
    case 5:
        return or_dash(device->serial);
    default:
        return or_dash(device->product);
    }
}

static void device_row(struct cli *cli, const struct ub_device *device, const char *change,
                       const size_t *widths)
{
    char buffer[FORMAT_TEXT];
    struct term_stream *out = &cli->term.out;
    for (size_t c = change != NULL ? 0 : 1; c < COLUMNS; c++) {
        const char *text = cell(device, change, c, buffer);
        enum term_style style = c == 1                                  ? TERM_BOLD
                                : c == 3 && device->mode == UB_MODE_DFU ? TERM_GOOD
                                                                        : TERM_PLAIN;
        term_pad(out, style, text, c + 1 < COLUMNS ? widths[c] + GAP : 0);
    }
    term_print(out, TERM_PLAIN, "\n");
}

void render_devices(struct cli *cli, const struct ub_device *devices, size_t count,
                    const char *change)
{
    static const char *const titles[COLUMNS] = {"CHANGE", "PORT",   "ID",     "MODE",
                                                "FAMILY", "SERIAL", "PRODUCT"};
    size_t widths[COLUMNS] = {8, 4, 4, 7, 6, 6, 7};
    char buffer[FORMAT_TEXT];
    for (size_t i = 0; i < count; i++) {
        if (cli->json) {
            json_t *object = json_of_device(&devices[i]);
            if (change != NULL) {
                (void)json_object_set_new(object, "change", json_of_text(change));
            }
            json_line(cli, "device", object);
        }
        for (size_t c = 0; c < COLUMNS; c++) {
            size_t width = term_width(cell(&devices[i], change, c, buffer));
            widths[c] = width > widths[c] ? width : widths[c];
        }
    }
    if (cli->json) {
        return;
    }
    for (size_t c = 1; c < COLUMNS && change == NULL && count > 0; c++) {
        term_pad(&cli->term.out, TERM_DIM, titles[c], c + 1 < COLUMNS ? widths[c] + GAP : 0);
    }
    term_print(&cli->term.out, TERM_PLAIN, "%s", change == NULL && count > 0 ? "\n" : "");
    for (size_t i = 0; i < count; i++) {
        device_row(cli, &devices[i], change, widths);
    }
    term_flush(&cli->term.out);
}

void render_backup(struct cli *cli, const struct ub_backup_info *backup)
{
    char text[FORMAT_TEXT * 8];
    char id[FORMAT_TEXT];
    struct term_stream *out = &cli->term.out;
    if (cli->json) {
        json_line(cli, "backup", json_of_backup(backup));
        return;
    }
    term_print(out, TERM_BOLD, "%s\n", backup->id);
    render_fact(cli, "created", backup->created);
    (void)snprintf(text, sizeof(text), "%s at %s, %s, serial %s", or_dash(backup->device.family),
                   or_dash(backup->device.port), format_id(id, &backup->device),
                   or_dash(backup->device.serial));
    render_fact(cli, "device", text);
    if (strcmp(backup->transport, REAL_BUS) != 0) {
        render_fact(cli, "bus", backup->transport);
    }
    (void)snprintf(text, sizeof(text), "%u%s", backup->readings,
                   backup->readings > 1 ? ", all the same" : "");
    render_fact(cli, "readings", text);
    if (backup->interrupted) {
        render_fact(cli, "taken", "after a run that was cut short: it may hold half an image");
    }
    (void)snprintf(text, sizeof(text), "%s bytes", format_grouped(id, backup->length));
    render_fact(cli, "size", text);
    for (size_t i = 0; i < backup->part_count; i++) {
        const struct ub_backup_part *part = &backup->parts[i];
        char range[FORMAT_TEXT];
        char digest[FORMAT_TEXT];
        term_print(out, TERM_PLAIN, "  %3u  ", part->alt);
        term_pad(out, TERM_PLAIN, part->name, 18);
        term_print(out, TERM_PLAIN, "  %s  %s bytes\n",
                   part->has_address ? format_range(range, part->address, part->length)
                                     : "no address",
                   format_grouped(id, part->length));
        term_print(out, TERM_DIM, "       sha256 %s\n", format_sha256(digest, part->sha256));
    }
}

void render_backups(struct cli *cli, const struct ub_backup_info *backups, size_t count)
{
    struct term_stream *out = &cli->term.out;
    for (size_t i = 0; i < count; i++) {
        char id[FORMAT_TEXT];
        char length[FORMAT_TEXT];
        if (cli->json) {
            json_line(cli, "backup", json_of_backup(&backups[i]));
            continue;
        }
        term_pad(out, TERM_BOLD, backups[i].id, 15);
        term_pad(out, TERM_PLAIN, backups[i].created, 22);
        term_pad(out, TERM_PLAIN, format_id(id, &backups[i].device), 11);
        term_pad(out, TERM_PLAIN, or_dash(backups[i].device.family), 14);
        bool real = strcmp(backups[i].transport, REAL_BUS) == 0;
        term_print(out, TERM_PLAIN, "%12s bytes  serial %s%s%s%s\n",
                   format_grouped(length, backups[i].length), or_dash(backups[i].device.serial),
                   real ? "" : "  ", real ? "" : backups[i].transport,
                   backups[i].interrupted ? "  after a run cut short" : "");
    }
}

static void text_list(struct cli *cli, const char *heading, const char *const *texts, bool numbered)
{
    struct term_stream *out = &cli->term.out;
    if (texts == NULL || texts[0] == NULL) {
        return;
    }
    term_print(out, TERM_BOLD, "\n%s\n", heading);
    for (unsigned i = 0; texts[i] != NULL; i++) {
        if (numbered) {
            term_print(out, TERM_PLAIN, " %2u. ", i + 1);
        } else {
            term_print(out, TERM_PLAIN, "  ·  ");
        }
        term_wrap(out, TERM_PLAIN, 5, term_text_columns(out), texts[i]);
        term_print(out, TERM_PLAIN, "\n");
    }
}

void render_explanation(struct cli *cli, const struct ub_explanation *explanation)
{
    struct term_stream *out = &cli->term.out;
    if (cli->json) {
        json_line(cli, "explanation", json_of_explanation(explanation));
        return;
    }
    term_print(out, TERM_BOLD, "%s  %s\n", explanation->id, explanation->title);
    term_wrap(out, TERM_PLAIN, 0, term_text_columns(out), explanation->meaning);
    term_print(out, TERM_PLAIN, "\n");
    text_list(cli, "Likely causes", explanation->causes, false);
    text_list(cli, "What to do", explanation->next, true);
    term_print(out, TERM_DIM, "\nExit status %d while the device is untouched.\n",
               explanation->status);
}

void render_catalogue(struct cli *cli)
{
    const struct ub_explanation *explanation = NULL;
    for (size_t i = 0; (explanation = ub_explain_at(i)) != NULL; i++) {
        if (cli->json) {
            json_line(cli, "explanation", json_of_explanation(explanation));
            continue;
        }
        term_pad(&cli->term.out, TERM_BOLD, explanation->id, 12);
        term_print(&cli->term.out, TERM_PLAIN, "%s\n", explanation->title);
    }
}
