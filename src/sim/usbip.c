/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/usbip.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define VERSION          0x0111u
#define OP_REQ_DEVLIST   0x8005u
#define OP_REP_DEVLIST   0x0005u
#define OP_REQ_IMPORT    0x8003u
#define OP_REP_IMPORT    0x0003u
#define OP_LENGTH        8u
#define OP_STATUS_OK     0u
#define OP_STATUS_FAILED 1u
#define BUSID_LENGTH     32u
#define PATH_LENGTH      256u
#define RECORD_LENGTH    312u        /* a device in OP_REP_DEVLIST and OP_REP_IMPORT */
#define INTERFACE_LENGTH ((size_t)4) /* an interface in OP_REP_DEVLIST */
#define SPEED_FULL       2u
#define DEVICE_NUMBER    2u

#define CMD_SUBMIT       1u
#define CMD_UNLINK       2u
#define RET_SUBMIT       3u
#define RET_UNLINK       4u
#define HEADER_LENGTH    48u
#define DIRECTION_IN     1u
#define NO_PACKETS       0xffffffffu
/* Linux error numbers as they go over the wire. */
#define ERRNO_PIPE       (-32)
#define ERRNO_OVERFLOW   (-75)
#define ERRNO_CONN_RESET (-104)

#define DATA_MAX         ((size_t)UINT16_MAX)
#define IN_SIZE          (HEADER_LENGTH + DATA_MAX)
#define OUT_MAX          ((size_t)4 << 20)

/* What hub_port_init() asks for after a reset: see usbip.h. */
#define RESET_REQUEST_TYPE 0x80u
#define RESET_REQUEST      6u
#define RESET_VALUE        0x0100u
#define RESET_LENGTH       64u

enum ub_code ub_usbip_open(struct ub_usbip *conn, struct ub_sim_device *device, const char *busid,
                           bool urbs, struct ub_error *err)
{
    *conn = (struct ub_usbip){.device = device,
                              .busid = busid,
                              .urbs = urbs,
                              .generation = device->generation,
                              .in = malloc(IN_SIZE)};
    return conn->in ? UB_OK : ub_fail_memory(err);
}

static void pop(struct ub_usbip *conn, struct ub_usbip_urb **at)
{
    struct ub_usbip_urb *urb = *at;
    *at = urb->next;
    conn->urb_count--;
    free(urb);
}

void ub_usbip_close(struct ub_usbip *conn)
{
    while (conn->first)
        pop(conn, &conn->first);
    free(conn->in);
    free(conn->out);
    *conn = (struct ub_usbip){.finished = true};
}

/* Room for `length` more bytes to send, zeroed; NULL (and finished) if the peer does not read. */
static uint8_t *put(struct ub_usbip *conn, size_t length)
{
    size_t need = conn->out_length + length;
    if (need > conn->out_size) {
        size_t size = need * 2 > OUT_MAX ? OUT_MAX : need * 2;
        uint8_t *out = need <= OUT_MAX ? realloc(conn->out, size) : NULL;
        if (!out) {
            conn->finished = true;
            return NULL;
        }
        conn->out = out;
        conn->out_size = size;
    }
    uint8_t *at = conn->out + conn->out_length;
    memset(at, 0, length);
    conn->out_length = need;
    return at;
}

void ub_usbip_sent(struct ub_usbip *conn, size_t count)
{
    if (count < conn->out_length)
        memmove(conn->out, conn->out + count, conn->out_length - count);
    conn->out_length -= count;
}

bool ub_usbip_gone(const struct ub_usbip *conn)
{
    return conn->urbs && (!conn->device->present || conn->device->generation != conn->generation);
}

/* ---- Before the import -------------------------------------------------------------------- */

static void put_op(uint8_t *at, uint16_t code, uint32_t status)
{
    ub_put_u16be(at, VERSION);
    ub_put_u16be(at + 2, code);
    ub_put_u32be(at + 4, status);
}

static void put_record(const struct ub_usbip *conn, uint8_t *at, uint8_t interfaces)
{
    const struct ub_sim_identity *identity = ub_sim_device_identity(conn->device);
    (void)ub_print((char *)at, PATH_LENGTH, "/sys/devices/virtual/unbrick/%s", conn->busid);
    at += PATH_LENGTH;
    (void)ub_print((char *)at, BUSID_LENGTH, "%s", conn->busid);
    at += BUSID_LENGTH;
    ub_put_u32be(at, 1);
    ub_put_u32be(at + 4, DEVICE_NUMBER);
    ub_put_u32be(at + 8, SPEED_FULL);
    ub_put_u16be(at + 12, identity->vid);
    ub_put_u16be(at + 14, identity->pid);
    ub_put_u16be(at + 16, identity->bcdDevice);
    at[21] = conn->device->configuration;
    at[22] = 1;
    at[23] = interfaces;
}

static void reply_list(struct ub_usbip *conn)
{
    uint8_t count = (uint8_t)(ub_sim_device_dfu_interface(conn->device) + 1);
    bool there = conn->device->present;
    size_t length = OP_LENGTH + 4 + (there ? RECORD_LENGTH + INTERFACE_LENGTH * count : 0);
    uint8_t *at = put(conn, length);
    if (!at)
        return;
    put_op(at, OP_REP_DEVLIST, OP_STATUS_OK);
    ub_put_u32be(at + OP_LENGTH, there ? 1 : 0);
    if (there) {
        put_record(conn, at + OP_LENGTH + 4, count);
        static const uint8_t vendor[] = {0xff, 0, 0, 0};
        const uint8_t dfu[] = {
            0xfe, 1, conn->device->mode == UB_MODE_RUNTIME ? 1 : conn->device->spec.dfu.protocol,
            0};
        uint8_t *interface = at + OP_LENGTH + 4 + RECORD_LENGTH;
        if (count == 2)
            memcpy(interface, vendor, sizeof(vendor));
        memcpy(interface + INTERFACE_LENGTH * (count - 1u), dfu, sizeof(dfu));
    }
    conn->finished = true; /* one request a connection, as usbipd does it */
}

static void reply_import(struct ub_usbip *conn, const uint8_t *busid)
{
    size_t length = strlen(conn->busid);
    bool known = length < BUSID_LENGTH && memcmp(busid, conn->busid, length + 1) == 0;
    bool ok = known && conn->device->present && !conn->busy;
    uint8_t *at = put(conn, OP_LENGTH + (ok ? RECORD_LENGTH : 0));
    if (!at)
        return;
    put_op(at, OP_REP_IMPORT, ok ? OP_STATUS_OK : OP_STATUS_FAILED);
    conn->finished = !ok;
    if (!ok)
        return;
    /* Whoever imports it enumerates it from the start. */
    conn->device->configuration = 0;
    conn->urbs = true;
    conn->generation = conn->device->generation;
    put_record(conn, at + OP_LENGTH, (uint8_t)(ub_sim_device_dfu_interface(conn->device) + 1));
}

/* Returns the bytes understood; 0: more are needed. */
static size_t take_op(struct ub_usbip *conn)
{
    struct ub_cursor cursor = ub_cursor(conn->in, conn->in_length);
    uint16_t version = ub_take_u16be(&cursor);
    uint16_t code = ub_take_u16be(&cursor);
    (void)ub_take_u32be(&cursor);
    if (cursor.failed)
        return 0;
    if (version != VERSION || (code != OP_REQ_DEVLIST && code != OP_REQ_IMPORT)) {
        conn->finished = true;
        return 0;
    }
    if (code == OP_REQ_DEVLIST) {
        reply_list(conn);
        return OP_LENGTH;
    }
    const uint8_t *busid = ub_take_bytes(&cursor, BUSID_LENGTH);
    if (!busid)
        return 0;
    reply_import(conn, busid);
    return OP_LENGTH + BUSID_LENGTH;
}

/* ---- Transfers ---------------------------------------------------------------------------- */

/* The fields of a 48-byte command that matter here. */
struct command {
    uint32_t code;
    uint32_t seqnum;
    bool in;
    uint32_t endpoint;
    uint32_t buffer_length;
    uint32_t packets;
    uint32_t unlink;
    struct ub_setup setup;
};

static struct command read_command(struct ub_cursor *cursor)
{
    struct command c = {.code = ub_take_u32be(cursor)};
    c.seqnum = ub_take_u32be(cursor);
    (void)ub_take_u32be(cursor); /* devid */
    c.in = ub_take_u32be(cursor) == DIRECTION_IN;
    c.endpoint = ub_take_u32be(cursor);
    c.unlink = ub_take_u32be(cursor); /* or transfer_flags */
    c.buffer_length = ub_take_u32be(cursor);
    (void)ub_take_u32be(cursor); /* start_frame */
    c.packets = ub_take_u32be(cursor);
    (void)ub_take_u32be(cursor); /* interval */
    c.setup.bmRequestType = ub_take_u8(cursor);
    c.setup.bRequest = ub_take_u8(cursor);
    c.setup.wValue = ub_take_u16le(cursor);
    c.setup.wIndex = ub_take_u16le(cursor);
    c.setup.wLength = ub_take_u16le(cursor);
    return c;
}

static void submit(struct ub_usbip *conn, const struct command *c, const uint8_t *data,
                   uint64_t now_us)
{
    struct ub_usbip_urb *urb = calloc(1, sizeof(*urb) + c->setup.wLength);
    if (!urb) {
        conn->finished = true;
        return;
    }
    urb->seqnum = c->seqnum;
    urb->received_us = now_us;
    urb->setup = c->setup;
    urb->in = c->in;
    bool setup_in = (c->setup.bmRequestType & UB_SETUP_IN) != 0;
    bool directions_agree = c->setup.wLength == 0 || setup_in == c->in;
    bool fits = c->in ? c->buffer_length >= c->setup.wLength : c->buffer_length == c->setup.wLength;
    urb->refused = c->endpoint != 0 || !directions_agree || !fits;
    if (!urb->refused && !c->in && c->setup.wLength)
        memcpy(urb->data, data, c->setup.wLength);
    struct ub_usbip_urb **end = &conn->first;
    while (*end)
        end = &(*end)->next;
    *end = urb;
    conn->urb_count++;
}

static void unlink_urb(struct ub_usbip *conn, const struct command *c)
{
    int32_t status = 0; /* it was answered already */
    for (struct ub_usbip_urb **at = &conn->first; *at; at = &(*at)->next) {
        if ((*at)->seqnum != c->unlink)
            continue;
        pop(conn, at);
        status = ERRNO_CONN_RESET;
        break;
    }
    uint8_t *out = put(conn, HEADER_LENGTH);
    if (!out)
        return;
    ub_put_u32be(out, RET_UNLINK);
    ub_put_u32be(out + 4, c->seqnum);
    ub_put_u32be(out + 20, (uint32_t)status);
}

/* Returns the bytes understood; 0: more are needed, or finished. */
static size_t take_command(struct ub_usbip *conn, uint64_t now_us)
{
    struct ub_cursor cursor = ub_cursor(conn->in, conn->in_length);
    struct command c = read_command(&cursor);
    if (cursor.failed)
        return 0;
    if (c.code == CMD_UNLINK) {
        unlink_urb(conn, &c);
        return HEADER_LENGTH;
    }
    /* There is no isochronous endpoint, so packet descriptors have no business here. */
    if (c.code != CMD_SUBMIT || c.buffer_length > DATA_MAX ||
        (c.packets != 0 && c.packets != NO_PACKETS) || conn->urb_count >= UB_USBIP_URBS_MAX) {
        conn->finished = true;
        return 0;
    }
    size_t length = c.in ? 0 : c.buffer_length;
    const uint8_t *data = ub_take_bytes(&cursor, length);
    if (cursor.failed)
        return 0;
    submit(conn, &c, data, now_us);
    return HEADER_LENGTH + length;
}

/* Understands as much of what has been received as is complete. */
static void parse(struct ub_usbip *conn, uint64_t now_us)
{
    while (!conn->finished) {
        size_t used = conn->urbs ? take_command(conn, now_us) : take_op(conn);
        if (used == 0)
            return;
        conn->in_length -= used;
        memmove(conn->in, conn->in + used, conn->in_length);
    }
}

void ub_usbip_feed(struct ub_usbip *conn, const uint8_t *bytes, size_t length, uint64_t now_us)
{
    while (length && !conn->finished) {
        size_t room = IN_SIZE - conn->in_length;
        size_t part = length < room ? length : room;
        memcpy(conn->in + conn->in_length, bytes, part);
        conn->in_length += part;
        bytes += part;
        length -= part;
        parse(conn, now_us);
    }
    ub_usbip_run(conn, now_us);
}

static bool is_bus_reset(const struct ub_usbip *conn, const struct ub_setup *setup)
{
    return conn->device->configuration != 0 && setup->bmRequestType == RESET_REQUEST_TYPE &&
           setup->bRequest == RESET_REQUEST && setup->wValue == RESET_VALUE &&
           setup->wLength == RESET_LENGTH;
}

/* Lets the device look at a transfer. */
static void perform(struct ub_usbip *conn, struct ub_usbip_urb *urb, uint64_t now_us)
{
    struct ub_sim_reply reply;
    urb->performed = true;
    urb->complete_at_us = now_us;
    urb->status = ERRNO_PIPE;
    if (urb->refused)
        return;
    if (is_bus_reset(conn, &urb->setup))
        ub_sim_device_bus_reset(conn->device, now_us);
    if (ub_usbip_gone(conn))
        return;
    ub_sim_device_control(conn->device, now_us, &urb->setup, urb->data, &reply);
    urb->mute = reply.answer == UB_SIM_ANSWER_MUTE || reply.answer == UB_SIM_ANSWER_GONE;
    urb->complete_at_us = reply.complete_at_us;
    if (reply.answer == UB_SIM_ANSWER_LONG)
        urb->status = ERRNO_OVERFLOW;
    if (reply.answer == UB_SIM_ANSWER_OK) {
        urb->status = 0;
        urb->length = reply.length;
    }
}

static void answer(struct ub_usbip *conn, const struct ub_usbip_urb *urb)
{
    size_t data = urb->in ? urb->length : 0;
    uint8_t *out = put(conn, HEADER_LENGTH + data);
    if (!out)
        return;
    ub_put_u32be(out, RET_SUBMIT);
    ub_put_u32be(out + 4, urb->seqnum);
    ub_put_u32be(out + 20, (uint32_t)urb->status);
    ub_put_u32be(out + 24, urb->length);
    if (data)
        memcpy(out + HEADER_LENGTH, urb->data, data);
}

/*
 * When the wire turns to a waiting transfer. A host controller carries out what is queued back to
 * back, however late this program comes to look.
 */
static uint64_t start_of(const struct ub_usbip *conn, const struct ub_usbip_urb *urb)
{
    uint64_t start = urb->received_us > conn->free_at_us ? urb->received_us : conn->free_at_us;
    return ub_sim_device_ready_at(conn->device, start);
}

void ub_usbip_run(struct ub_usbip *conn, uint64_t now_us)
{
    while (conn->first && !conn->finished && !ub_usbip_gone(conn)) {
        struct ub_usbip_urb *urb = conn->first;
        if (!urb->performed && start_of(conn, urb) > now_us)
            break;
        if (!urb->performed)
            perform(conn, urb, start_of(conn, urb));
        if (ub_usbip_gone(conn) || urb->mute || urb->complete_at_us > now_us)
            break;
        conn->free_at_us = urb->complete_at_us;
        answer(conn, urb);
        pop(conn, &conn->first);
    }
    ub_sim_device_advance(conn->device, now_us);
}

uint64_t ub_usbip_next(const struct ub_usbip *conn, uint64_t now_us)
{
    const struct ub_usbip_urb *urb = conn->first;
    if (!urb || urb->mute)
        return UB_SIM_NEVER;
    return urb->performed ? urb->complete_at_us : start_of(conn, urb);
}
