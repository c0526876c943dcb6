/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is on the bus, read from the input: ids, descriptors, names. */
#include "fake_device.h"

#include "base/text.h"

#include <string.h>

#define RUNTIME        0x01u
#define NO_FUNCTIONAL  0x02u
#define PROTOCOL_NONE  0x04u
#define LITERAL_CONFIG 0x08u
#define LITERAL_MAP    0x10u
#define FLOOD          0x20u
#define SERIAL         0x40u
#define LITERAL_IDS    0x80u
#define HEADER_LENGTH  9u
#define DFU_10         0x0100u
#define DFUSE          0x011au
#define FIRST_STRING   4u

static const struct {
    uint16_t vid;
    uint16_t pid;
} ids[] = {{0x0483, 0xdf11}, {0x1209, 0x0003}, {0x28e9, 0x0189}, {0x1fc9, 0x000c},
           {0x1d50, 0x6017}, {0x1457, 0x5119}, {0x0b0e, 0x0411}, {0x1d50, 0x6003}};

static const uint16_t versions[] = {DFUSE, 0x0110, DFU_10, 0x0101, 0xffff, 0x0000};

/* The row of names with 1 MiB behind them, and what its blocks have at least. */
#define LARGE          1u
#define LARGE_TRANSFER 512u

/* What alternate settings call themselves. All memory lies within fake_memory(). */
static const char *const names[][FAKE_ALTS_MAX] = {
    {"@Internal Flash  /0x08000000/08*256Bg"},
    /* all that the family STM32F405 is known by */
    {"@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg",
     "@Option Bytes  /0x1FFF7C00/01*016 e", "@OTP Memory /0x1FFF7800/01*512 e",
     "@Device Feature/0x1FFF7000/01*004 e"},
    {"@Internal Flash  /0x08000000/02*256Ba,06*256Bg", "@Option Bytes  /0x1FFF0000/01*016 e"},
    /* a gap, sectors that cannot be read, one-time memory */
    {"@Internal Flash  /0x08000000/04*064Bg,01*512Bg/0x08001000/04*064Bf",
     "@OTP Memory  /0x1FFF7800/01*032 e"},
    {"@Internal Flash  /0x08000000/256*08Bg"},
    {"@Internal Flash  /0x08000000/64*128Bg", "@Data EEPROM /0x1FFF1000/01*064 e"},
    {"firmware"},
    {"first", "second"},
};

uint8_t fake_take(struct fake_input *input)
{
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->at++;
}

uint16_t fake_take_u16(struct fake_input *input)
{
    unsigned low = fake_take(input);
    return (uint16_t)(low | (unsigned)fake_take(input) << 8);
}

/* At most `room` bytes as announced by a length byte; *length is how many there were. */
static const uint8_t *take_literal(struct fake_input *input, size_t room, size_t *length)
{
    size_t n = fake_take(input);
    n = n < input->left ? n : input->left;
    const uint8_t *bytes = input->at;
    input->at += n;
    input->left -= n;
    *length = n < room ? n : room;
    return bytes;
}

static void put(struct fake_face *face, const uint8_t *bytes, size_t length)
{
    memcpy(face->config + face->config_length, bytes, length);
    face->config_length += length;
}

static void put_functional(struct fake_face *face)
{
    const uint8_t length = face->bcd == DFU_10 ? 7 : 9;
    const uint8_t bytes[9] = {length,
                              0x21,
                              face->attributes,
                              255,
                              0,
                              (uint8_t)face->transfer_size,
                              (uint8_t)(face->transfer_size >> 8),
                              (uint8_t)face->bcd,
                              (uint8_t)(face->bcd >> 8)};
    put(face, bytes, length);
}

/* One DFU interface with an alternate setting for each name, the functional descriptor last. */
static void describe(struct fake_face *face)
{
    const uint8_t header[HEADER_LENGTH] = {9, 2, 0, 0, 1, 1, 0, 0x80, 50};
    face->config_length = 0;
    put(face, header, sizeof(header));
    for (size_t i = 0; i < (face->runtime ? 1 : face->alt_count); i++) {
        const uint8_t interface[9] = {
            9, 4, 0, (uint8_t)i, 0, 0xfe, 1, face->protocol, (uint8_t)(FIRST_STRING + i)};
        put(face, interface, sizeof(interface));
    }
    if (!face->no_functional)
        put_functional(face);
    face->config[2] = (uint8_t)face->config_length;
}

static void read_names(struct fake_face *face, struct fake_input *input, uint8_t which,
                       bool literal)
{
    size_t row = which % (sizeof(names) / sizeof(names[0]));
    if (row == LARGE && face->transfer_size < LARGE_TRANSFER && face->transfer_size >= 8)
        face->transfer_size = LARGE_TRANSFER; /* or a run takes forever for nothing */
    face->alt_count = 0;
    for (size_t i = 0; i < FAKE_ALTS_MAX && names[row][i]; i++)
        face->alts[face->alt_count++] = names[row][i];
    if (!literal)
        return;
    size_t length;
    const uint8_t *text = take_literal(input, sizeof(face->text) - 1, &length);
    memcpy(face->text, text, length);
    face->renamed = true;
    face->tainted = true;
}

const char *fake_face_name(const struct fake_face *face, size_t alt)
{
    if (alt == 0 && face->renamed)
        return face->text;
    return alt < face->alt_count ? face->alts[alt] : NULL;
}

void fake_face_read(struct fake_face *face, struct fake_input *input)
{
    memset(face, 0, sizeof(*face));
    uint8_t who = fake_take(input);
    uint8_t flags = fake_take(input);
    face->attributes = fake_take(input);
    face->transfer_size = fake_take_u16(input);
    face->bcd = versions[fake_take(input) % (sizeof(versions) / sizeof(versions[0]))];
    uint8_t map = fake_take(input);
    face->poll_ms = fake_take(input);
    face->state = fake_take(input);
    face->runtime = (flags & RUNTIME) != 0;
    face->no_functional = (flags & NO_FUNCTIONAL) != 0;
    face->flood = (flags & FLOOD) != 0;
    face->serial = (flags & SERIAL) != 0;
    face->vid = ids[who % (sizeof(ids) / sizeof(ids[0]))].vid;
    face->pid = ids[who % (sizeof(ids) / sizeof(ids[0]))].pid;
    if (flags & LITERAL_IDS) {
        face->vid = fake_take_u16(input);
        face->pid = fake_take_u16(input);
    }
    face->protocol = face->runtime ? 1 : (flags & PROTOCOL_NONE) ? 0 : 2;
    read_names(face, input, map, (flags & LITERAL_MAP) != 0);
    /* without a descriptor only the names tell */
    face->dfuse = face->no_functional ? strstr(fake_face_name(face, 0), "/0x") != NULL
                                      : face->bcd == DFUSE;
    describe(face);
    if (flags & LITERAL_CONFIG) {
        size_t length;
        const uint8_t *bytes = take_literal(input, sizeof(face->config), &length);
        memcpy(face->config, bytes, length);
        face->config_length = length;
        face->tainted = true;
    }
}

void fake_face_turn(struct fake_face *face)
{
    face->runtime = !face->runtime;
    face->protocol = face->runtime ? 1 : 2;
    face->state = face->runtime ? 0 : 2;
    if (!face->tainted)
        describe(face);
}
