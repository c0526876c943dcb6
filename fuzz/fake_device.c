/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The honest bootloader: DFU 1.1 and DfuSe as the standards have them, a few sectors of memory, and
 * a poll time after each block. */
#include "fake_device.h"

#include "base/bytes.h"

#include <string.h>

#define TYPE_STRING     3u
#define TYPE_FUNCTIONAL 0x21u
#define GET_DESCRIPTOR  6u
#define CLASS_REQUEST   0x20u
#define TYPE_MASK       0x60u
#define SET_ADDRESS     0x21u
#define ERASE           0x41u
#define READ_UNPROTECT  0x92u
#define FIRST_STRING    4u
#define STATUS_ADDRESS  8u
#define STATUS_STALLED  15u
#define ERASED          0xffu
#define RESTART_US      UINT64_C(400000)
#define STRING_CHARS    125u  /* that a descriptor has room for */
#define PLAIN_SIZE      4096u /* bytes of a plain upload, if nothing longer was written */

enum { DETACH, DNLOAD, UPLOAD, GETSTATUS, CLRSTATUS, GETSTATE, ABORT };
enum {
    APP_IDLE,
    APP_DETACH,
    IDLE,
    DNLOAD_SYNC,
    DNBUSY,
    DNLOAD_IDLE,
    MANIFEST_SYNC,
    MANIFEST,
    WAIT_RESET,
    UPLOAD_IDLE,
    FAULT
};

static uint8_t flash[FAKE_FLASH_SIZE];
static uint8_t side[FAKE_SIDE_SIZE];

uint8_t *fake_memory(uint32_t address)
{
    if (address >= FAKE_FLASH_BASE && address - FAKE_FLASH_BASE < FAKE_FLASH_SIZE)
        return &flash[address - FAKE_FLASH_BASE];
    if (address >= FAKE_SIDE_BASE && address - FAKE_SIDE_BASE < FAKE_SIDE_SIZE)
        return &side[address - FAKE_SIDE_BASE];
    return NULL;
}

/* What is behind its map is all it has; without one, a little. */
size_t fake_flash_used(const struct fake_device *device)
{
    size_t used = 0x10000;
    for (size_t i = 0; device->mapped && i < device->map.run_count; i++) {
        const struct ub_sector_run *run = &device->map.runs[i];
        uint64_t end = run->address + (uint64_t)run->size * run->count;
        if (run->address < FAKE_FLASH_BASE + FAKE_FLASH_SIZE && end > FAKE_FLASH_BASE + used)
            used = end < FAKE_FLASH_BASE + FAKE_FLASH_SIZE ? (size_t)(end - FAKE_FLASH_BASE)
                                                           : FAKE_FLASH_SIZE;
    }
    return used;
}

void fake_start(struct fake_device *device)
{
    const char *name = fake_face_name(&device->face, 0);
    device->mapped = name && ub_memory_map_parse(name, &device->map, NULL) == UB_OK;
    device->present = true;
    device->generation++;
    device->arrive_us = UINT64_MAX;
    device->state = device->face.state;
    device->status = device->state == FAULT ? STATUS_STALLED : 0;
    device->alt = 0;
    device->pointer = FAKE_FLASH_BASE;
    device->works = false;
    device->leaving = false;
    device->stuck = false;
    device->stream = 0;
    device->view.addressed = false;
}

void fake_open(struct fake_device *device, struct fake_input input, uint8_t fill)
{
    memset(device, 0, sizeof(*device));
    device->input = input;
    fake_face_read(&device->face, &device->input);
    device->after = fake_take(&device->input);
    fake_start(device);
    memset(flash, fill, fake_flash_used(device));
    memset(side, ERASED, sizeof(side));
    fake_forget(device);
}

void fake_depart(struct fake_device *device, uint64_t delay_us)
{
    device->present = false;
    device->next = device->face;
    device->arrive_us = delay_us == UINT64_MAX ? UINT64_MAX : device->time.now + delay_us;
}

static void fail(struct fake_device *device, uint8_t status)
{
    device->state = FAULT;
    device->status = status;
}

/* The sector around an address as its own map has it; 256 bytes where there is none. */
static void erase(struct fake_device *device, uint32_t address)
{
    uint32_t start = address & ~UINT32_C(255);
    uint32_t size = 256;
    for (size_t i = 0; device->mapped && i < device->map.run_count; i++) {
        const struct ub_sector_run *run = &device->map.runs[i];
        if (address < run->address || address - run->address >= (uint64_t)run->size * run->count)
            continue;
        size = run->size;
        start = (uint32_t)run->address + (uint32_t)((address - run->address) / size) * size;
    }
    if (!fake_memory(start) || !fake_memory(start + size - 1))
        fail(device, STATUS_ADDRESS);
    else
        memset(fake_memory(start), ERASED, size);
}

static void command(struct fake_device *device)
{
    uint32_t address = (uint32_t)device->block[1] | (uint32_t)device->block[2] << 8 |
                       (uint32_t)device->block[3] << 16 | (uint32_t)device->block[4] << 24;
    if (device->block[0] == SET_ADDRESS && device->block_length == 5) {
        device->pointer = address;
    } else if (device->block[0] == ERASE && device->block_length == 5) {
        erase(device, address);
    } else if (device->block[0] == ERASE && device->block_length == 1) {
        memset(flash, ERASED, fake_flash_used(device));
    } else if (device->block[0] == READ_UNPROTECT && device->block_length == 1) {
        memset(flash, ERASED, fake_flash_used(device));
        device->leaving = true;
    } else {
        fail(device, STATUS_STALLED);
    }
}

static void program(struct fake_device *device, uint32_t address)
{
    uint8_t *bytes = fake_memory(address);
    if (!bytes || !fake_memory(address + device->block_length - 1)) {
        fail(device, STATUS_ADDRESS);
        return;
    }
    bool sets = !device->face.dfuse || address >= FAKE_SIDE_BASE;
    for (uint32_t i = 0; i < device->block_length; i++)
        bytes[i] = sets ? device->block[i] : bytes[i] & device->block[i];
}

static void work(struct fake_device *device)
{
    device->works = false;
    device->state = DNBUSY;
    if (!device->face.dfuse) {
        program(device, FAKE_FLASH_BASE + (uint32_t)device->stream);
        device->stream += device->block_length;
    } else if (device->block_number == 0) {
        command(device);
    } else {
        program(device, device->pointer + (device->block_number - 2u) * device->face.transfer_size);
    }
}

/* DFU 1.1 annex A.2: what the question for its status brings about. */
static void advance(struct fake_device *device)
{
    bool tolerant = (device->face.attributes & UB_DFU_MANIFEST_TOL) != 0;
    if (device->stuck) {
        device->state = DNBUSY;
        return;
    }
    switch (device->state) {
    case DNLOAD_SYNC:
        if (device->works)
            work(device);
        else
            device->state = DNLOAD_IDLE;
        break;
    case DNBUSY:
        device->state = DNLOAD_IDLE;
        break;
    case MANIFEST_SYNC:
        device->state = MANIFEST;
        device->leaving = device->face.dfuse;
        break;
    case MANIFEST:
        device->state = tolerant ? IDLE : WAIT_RESET;
        break;
    default:
        break;
    }
}

static void get_status(struct fake_device *device, uint8_t *data, uint16_t *actual)
{
    advance(device);
    bool busy = device->state == DNBUSY || device->state == MANIFEST;
    const uint8_t answer[6] = {
        device->status, busy ? device->face.poll_ms : 0, 0, 0, device->state, 0};
    memcpy(data, answer, *actual < sizeof(answer) ? *actual : sizeof(answer));
    *actual = *actual < sizeof(answer) ? *actual : sizeof(answer);
    if (!device->leaving)
        return;
    bool restarts = device->state != MANIFEST;
    fake_depart(device, RESTART_US);
    if (!restarts)
        fake_face_turn(&device->next);
}

static bool download(struct fake_device *device, const struct ub_setup *setup, const uint8_t *data)
{
    if (device->state != IDLE && device->state != DNLOAD_IDLE)
        return false;
    if (setup->wLength == 0) {
        device->state = MANIFEST_SYNC;
        return device->face.dfuse || device->stream > 0;
    }
    if (setup->wLength > sizeof(device->block) || (!(device->face.attributes & UB_DFU_CAN_DNLOAD)))
        return false;
    if (device->state == IDLE)
        device->stream = 0;
    memcpy(device->block, data, setup->wLength);
    device->block_length = setup->wLength;
    device->block_number = setup->wValue;
    device->works = true;
    device->state = DNLOAD_SYNC;
    return true;
}

/* Is there memory that can be read? Whoever takes a DfuSe device for a stream reads it to its end.
 */
static bool has_memory(const struct fake_device *device, uint32_t address)
{
    bool behind = address >= FAKE_FLASH_BASE + fake_flash_used(device) && address < FAKE_SIDE_BASE;
    return !behind && fake_memory(address) != NULL;
}

static bool upload(struct fake_device *device, const struct ub_setup *setup, uint8_t *data,
                   uint16_t *actual)
{
    if (device->state != IDLE && device->state != UPLOAD_IDLE)
        return false;
    if (!(device->face.attributes & UB_DFU_CAN_UPLOAD))
        return false;
    if (device->state == IDLE)
        device->stream = 0;
    uint32_t address = device->pointer +
                       (setup->wValue - 2u) * (uint32_t)device->face.transfer_size;
    if (!device->face.dfuse)
        address = FAKE_FLASH_BASE + (uint32_t)device->stream;
    uint16_t n = setup->wLength;
    if (!device->face.dfuse && n > PLAIN_SIZE - device->stream)
        n = (uint16_t)(PLAIN_SIZE - device->stream);
    if (n && has_memory(device, address) && has_memory(device, address + n - 1))
        memcpy(data, fake_memory(address), n);
    else
        n = 0;
    device->stream += n;
    device->state = n < setup->wLength ? IDLE : UPLOAD_IDLE;
    *actual = n;
    return n > 0 || !device->face.dfuse;
}

static bool get_descriptor(const struct fake_device *device, const struct ub_setup *setup,
                           uint8_t *data, uint16_t *actual)
{
    const char *name = NULL;
    unsigned index = setup->wValue & 0xffu;
    uint8_t text[2 + 2 * STRING_CHARS] = {4, TYPE_STRING, 0x09, 0x04};
    if (setup->wValue >> 8 != TYPE_STRING)
        return false;
    if (index >= FIRST_STRING)
        name = fake_face_name(&device->face, index - FIRST_STRING);
    if (index && !name)
        return false;
    for (size_t i = 0; name && name[i] && i < STRING_CHARS; i++) {
        text[0] = (uint8_t)(2 * i + 4);
        text[2 + 2 * i] = (uint8_t)name[i];
        text[3 + 2 * i] = 0;
    }
    *actual = text[0] < setup->wLength ? text[0] : setup->wLength;
    memcpy(data, text, *actual);
    return true;
}

static bool class_request(struct fake_device *device, const struct ub_setup *setup, uint8_t *data,
                          uint16_t *actual)
{
    switch (setup->bRequest) {
    case DETACH:
        if (device->face.runtime) {
            fake_depart(device, RESTART_US);
            fake_face_turn(&device->next);
        }
        return device->face.runtime;
    case DNLOAD:
        return download(device, setup, data);
    case UPLOAD:
        return upload(device, setup, data, actual);
    case GETSTATUS:
        get_status(device, data, actual);
        return true;
    case CLRSTATUS:
    case ABORT:
        device->state = device->face.runtime ? APP_IDLE : IDLE;
        device->status = 0;
        return true;
    case GETSTATE:
        *actual = setup->wLength > 0;
        if (*actual)
            data[0] = device->state;
        return true;
    default:
        return false;
    }
}

enum ub_code fake_answer(struct fake_device *device, const struct ub_setup *setup, uint8_t *data,
                         uint16_t *actual)
{
    bool taken;
    *actual = setup->wLength;
    if ((setup->bmRequestType & TYPE_MASK) == CLASS_REQUEST)
        taken = class_request(device, setup, data, actual);
    else
        taken = setup->bRequest == GET_DESCRIPTOR && get_descriptor(device, setup, data, actual);
    if (taken)
        return UB_OK;
    *actual = 0;
    if ((setup->bmRequestType & TYPE_MASK) == CLASS_REQUEST && !device->face.runtime)
        fail(device, STATUS_STALLED);
    return UB_USB_STALL;
}
