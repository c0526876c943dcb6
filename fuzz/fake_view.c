/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host was told and what it asked for, worked out from its requests alone. */
#include "fake_device.h"

#include <string.h>

#define CLASS_REQUEST 0x20u
#define TYPE_MASK     0x60u
#define SET_ADDRESS   0x21u
#define ERASE         0x41u
#define UNPROTECT     0x92u
#define DNLOAD        1u
#define UPLOAD        2u
#define ASSUMED_UNIT  64u /* of a device that does not say */
/* Ubertooth: the number of a block is its place, and the last one is filled up
 * (data/quirks.yaml, ubertooth-places). */
#define PLACES_VID   0x1d50u
#define PLACES_PID   0x6003u
#define PLACES_FIRST 64u
/* Streams have no addresses: theirs begin at 0. */
#define STREAM_SIZE ((size_t)0x10000)
#define CELLS       (STREAM_SIZE + FAKE_FLASH_SIZE + FAKE_SIDE_SIZE)
#define NOWHERE     SIZE_MAX

/* One byte of the device as the host knows it; a stamp of another run means: not at all. */
struct cell {
    uint32_t read;  /* it was given this value... */
    uint32_t valid; /* ...and has not changed it since */
    uint32_t sent;  /* as part of a stream */
    uint8_t value;
    uint8_t sent_value;
};

static struct cell cells[CELLS];
static uint32_t run;

static size_t cell_of(uint64_t address)
{
    if (address < STREAM_SIZE)
        return (size_t)address;
    if (address >= FAKE_FLASH_BASE && address - FAKE_FLASH_BASE < FAKE_FLASH_SIZE)
        return STREAM_SIZE + (size_t)(address - FAKE_FLASH_BASE);
    if (address >= FAKE_SIDE_BASE && address - FAKE_SIDE_BASE < FAKE_SIDE_SIZE)
        return STREAM_SIZE + FAKE_FLASH_SIZE + (size_t)(address - FAKE_SIDE_BASE);
    return NOWHERE;
}

void fake_meet(struct fake_device *device)
{
    device->view.unit = device->face.no_functional ? ASSUMED_UNIT : device->face.transfer_size;
    device->view.tainted = device->view.tainted || device->face.tainted;
}

void fake_forget(struct fake_device *device)
{
    if (++run == 0) {
        memset(cells, 0, sizeof(cells));
        run = 1;
    }
    memset(&device->view, 0, sizeof(device->view));
    device->view.pointer = FAKE_FLASH_BASE;
    fake_meet(device);
}

/* The cells of [address, address + length); NULL if they are not all in one memory. */
static struct cell *cells_of(uint64_t address, size_t length)
{
    size_t first = cell_of(address);
    size_t last = length ? cell_of(address + length - 1) : NOWHERE;
    return last != NOWHERE && first != NOWHERE && last - first == length - 1 ? &cells[first] : NULL;
}

static void note_read(uint64_t address, const uint8_t *data, size_t length)
{
    struct cell *cell = cells_of(address, length);
    for (size_t i = 0; cell && i < length; i++) {
        cell[i].read = run;
        cell[i].valid = run;
        cell[i].value = data[i];
    }
}

static void note_change(struct fake_device *device, uint64_t address, size_t length, bool done)
{
    struct fake_view *view = &device->view;
    view->asked = true;
    view->changed = view->changed || done;
    view->side_changed = view->side_changed || address >= FAKE_SIDE_BASE;
    struct cell *cell = cells_of(address, length);
    for (size_t i = 0; cell && i < length; i++) {
        view->blind = view->blind || cell[i].read != run;
        cell[i].valid = 0;
    }
}

/* The number of a stream's first block. */
static uint16_t first_block(const struct fake_device *device)
{
    return device->face.vid == PLACES_VID && device->face.pid == PLACES_PID ? PLACES_FIRST : 0;
}

static void note_stream(struct fake_device *device, const struct ub_setup *setup,
                        const uint8_t *data, bool done)
{
    struct fake_view *view = &device->view;
    if (setup->wLength == 0) {
        view->ended = done;
        return;
    }
    const uint16_t first = first_block(device);
    if (setup->wValue == first) {
        view->downloaded = 0;
        view->block = setup->wLength;
    }
    view->ended = false;
    view->asked = true;
    view->changed = view->changed || done;
    view->blind = view->blind || !view->ended_upload;
    /* by its number, as a block that was refused may be sent again */
    const uint64_t at = (uint64_t)(uint16_t)(setup->wValue - first) * view->block;
    struct cell *cell = cells_of(at, setup->wLength);
    for (size_t i = 0; cell && done && i < setup->wLength; i++) {
        cell[i].sent = run;
        cell[i].sent_value = data[i];
        cell[i].valid = 0;
    }
    view->downloaded = at + setup->wLength;
}

static uint32_t address_of(const uint8_t *command)
{
    return (uint32_t)command[1] | (uint32_t)command[2] << 8 | (uint32_t)command[3] << 16 |
           (uint32_t)command[4] << 24;
}

/* The bytes that an erase at `address` takes with it: the sector, where its size is known. */
static size_t sector_size(const struct fake_device *device, uint32_t address)
{
    for (size_t i = 0; device->mapped && i < device->map.run_count; i++) {
        const struct ub_sector_run *run_of = &device->map.runs[i];
        if (address >= run_of->address &&
            address - run_of->address < (uint64_t)run_of->size * run_of->count)
            return run_of->size;
    }
    return 1;
}

static void note_command(struct fake_device *device, const struct ub_setup *setup,
                         const uint8_t *data, bool done)
{
    struct fake_view *view = &device->view;
    if (setup->wLength == 5 && data[0] == SET_ADDRESS) {
        view->addressed = true;
        view->pointer = address_of(data);
    } else if (setup->wLength == 5 && data[0] == ERASE) {
        note_change(device, address_of(data), sector_size(device, address_of(data)), done);
    } else if (setup->wLength == 1 && (data[0] == ERASE || data[0] == UNPROTECT)) {
        view->asked = true;
        view->changed = view->changed || done;
        view->erased_all = view->erased_all || data[0] == ERASE;
        view->unprotected = view->unprotected || data[0] == UNPROTECT;
        for (size_t i = STREAM_SIZE; i < CELLS; i++)
            cells[i].valid = 0;
    }
}

static bool is_command(const struct fake_device *device, const struct ub_setup *setup,
                       const uint8_t *data)
{
    if (setup->wValue != 0 || setup->wLength == 0)
        return false;
    return device->view.addressed ||
           (setup->wLength == 5 && (data[0] == SET_ADDRESS || data[0] == ERASE)) ||
           (setup->wLength == 1 && (data[0] == ERASE || data[0] == UNPROTECT));
}

void fake_note(struct fake_device *device, const struct ub_setup *setup, const uint8_t *data,
               enum ub_code code, uint16_t actual)
{
    struct fake_view *view = &device->view;
    const bool done = code == UB_OK;
    if ((setup->bmRequestType & TYPE_MASK) != CLASS_REQUEST)
        return;
    uint64_t block = view->pointer + (setup->wValue - UINT64_C(2)) * view->unit;
    if (setup->bRequest == DNLOAD && is_command(device, setup, data)) {
        note_command(device, setup, data, done);
    } else if (setup->bRequest == DNLOAD && view->addressed) {
        if (setup->wLength && setup->wValue >= 2)
            note_change(device, block, setup->wLength, done);
    } else if (setup->bRequest == DNLOAD) {
        note_stream(device, setup, data, done);
    } else if (setup->bRequest == UPLOAD && done && view->addressed) {
        if (setup->wValue >= 2)
            note_read(block, data, actual);
    } else if (setup->bRequest == UPLOAD && done) {
        if (setup->wValue == first_block(device))
            view->uploaded = 0;
        note_read(view->uploaded, data, actual);
        view->uploaded += actual;
        view->ended_upload = view->ended_upload || actual < setup->wLength;
    } else if (setup->bRequest == UPLOAD && code == UB_USB_STALL && first_block(device)) {
        view->ended_upload = view->ended_upload || view->uploaded; /* it has no shorter blocks */
    }
}

bool fake_was_read(uint64_t address, const uint8_t *bytes, size_t length)
{
    const struct cell *cell = cells_of(address, length);
    for (size_t i = 0; cell && i < length; i++)
        if (cell[i].valid != run || cell[i].value != bytes[i])
            return false;
    return cell != NULL;
}

bool fake_was_sent(const struct fake_device *device, const uint8_t *bytes, size_t length)
{
    const struct cell *cell = cells_of(0, length);
    for (size_t i = 0; cell && i < length; i++)
        if (cell[i].sent != run || cell[i].sent_value != bytes[i])
            return false;
    uint64_t filled = first_block(device) ? device->view.unit : 1;
    return cell && device->view.ended && device->view.downloaded >= length &&
           device->view.downloaded - length < filled;
}
