/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inspect/marks.h"

#include "base/bytes.h"
#include "base/text.h"

#include <string.h>

#define DESCRIPTOR   18u /* bytes of a device descriptor, and its first byte */
#define TYPE_DEVICE  1
#define NOTE_BUILD   3u
#define BUILD_ID_MIN 8u
#define BUILD_ID_MAX 32u

/** Every field of the descriptor that can be wrong, so that no code is taken for one. */
static bool read_descriptor(const uint8_t *bytes, size_t length, struct ub_usb_ids *ids)
{
    struct ub_cursor c = ub_cursor(bytes, length);
    unsigned size = ub_take_u8(&c);
    unsigned type = ub_take_u8(&c);
    unsigned usb = ub_take_u16le(&c);
    unsigned device_class = ub_take_u8(&c);
    (void)ub_take_u16le(&c); /* subclass, protocol */
    unsigned packet = ub_take_u8(&c);
    ids->vid = ub_take_u16le(&c);
    ids->pid = ub_take_u16le(&c);
    ids->bcdDevice = ub_take_u16le(&c);
    unsigned strings[3] = {ub_take_u8(&c), ub_take_u8(&c), ub_take_u8(&c)};
    unsigned configurations = ub_take_u8(&c);
    bool known_usb = usb == 0x0100 || usb == 0x0110 || usb == 0x0200 || usb == 0x0201 ||
                     usb == 0x0210 || usb == 0x0300 || usb == 0x0310 || usb == 0x0320;
    bool known_class = device_class <= 0x11 || device_class == 0xdc || device_class == 0xe0 ||
                       device_class == 0xef || device_class >= 0xfe;
    bool known_packet = packet == 8 || packet == 16 || packet == 32 || packet == 64 ||
                        (packet == 9 && usb >= 0x0300);
    return !c.failed && size == DESCRIPTOR && type == TYPE_DEVICE && known_usb && known_class &&
           known_packet && ids->vid != 0 && ids->vid != 0xffff && strings[0] <= 0x20 &&
           strings[1] <= 0x20 && strings[2] <= 0x20 && configurations >= 1 && configurations <= 8;
}

bool ub_marks_usb_ids(const uint8_t *bytes, size_t length, struct ub_usb_ids *ids, size_t *count)
{
    bool same = true;
    for (size_t i = 0; i + DESCRIPTOR <= length; i++) {
        const uint8_t *next = memchr(bytes + i, DESCRIPTOR, length - i);
        struct ub_usb_ids found;
        if (!next)
            break;
        i = (size_t)(next - bytes);
        if (!read_descriptor(next, length - i, &found))
            continue;
        if (*count > 0)
            same &= found.vid == ids->vid && found.pid == ids->pid;
        else
            *ids = found;
        (*count)++;
    }
    return same && *count > 0;
}

bool ub_marks_build_id(const uint8_t *bytes, size_t length, char text[UB_BUILD_ID_TEXT])
{
    for (size_t i = 12; i < length; i++) {
        const uint8_t *name = memchr(bytes + i, 'G', length - i);
        if (!name)
            break;
        i = (size_t)(name - bytes);
        struct ub_cursor note = ub_cursor(name - 12, length - i + 12);
        uint32_t name_size = ub_take_u32le(&note);
        uint32_t size = ub_take_u32le(&note);
        uint32_t type = ub_take_u32le(&note);
        const uint8_t *owner = ub_take_bytes(&note, 4);
        if (!owner || memcmp(owner, "GNU", 4) != 0 || name_size != 4 || type != NOTE_BUILD ||
            size < BUILD_ID_MIN || size > BUILD_ID_MAX)
            continue;
        const uint8_t *id = ub_take_bytes(&note, size);
        if (!id)
            continue;
        ub_print_hex(text, id, size);
        return true;
    }
    return false;
}
