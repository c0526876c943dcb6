/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bus that the fake device is on: where its answers depart from the honest ones. */
#include "fake_device.h"

#include "base/error.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define TRANSFER_US UINT64_C(250)
/* A device that has been asked this often beyond what reading all of it takes gets slow, so that
 * what goes on for ever on its side ends by the host's deadlines after few transfers. */
#define PATIENT_TRANSFERS 2000u
#define READINGS_MOST     6u  /* two for a backup, one to compare, one to prove; and a restore's */
#define SECTOR_NEEDS      80u /* transfers: each try to read one that refuses takes ten or more */
#define ASSUMED_BLOCK     64u /* of a device that does not say */
#define BLOCK_NEEDS       6u  /* where each block needs its address */
#define BLOCK_MOST        1024u /* bytes that the host dares to ask for, whatever is claimed */
#define SLOW_US           UINT64_C(1000000)
#define STUCK             0xffu /* the state that FAKE_STATE takes for "busy for ever" */
#define TENTH_US          UINT64_C(100000)
#define US_PER_MS         UINT64_C(1000)
/* Nothing that the host does may take more than this; see fuzz_host.c. */
#define TRANSFERS_MAX UINT64_C(20000)
#define SLEEPS_MAX    UINT64_C(2000000)

static struct fake_device *device_of(void *self)
{
    return self;
}

static void look(struct fake_device *device)
{
    if (!device->present && device->time.now >= device->arrive_us) {
        device->face = device->next;
        fake_start(device);
        fake_meet(device);
    }
}

static uint8_t next_op(struct fake_device *device)
{
    uint8_t op = device->input.left ? fake_take(&device->input) : device->after;
    device->departed = device->departed || op >= FAKE_DEPART;
    return op;
}

static enum ub_code fail(enum ub_code code, struct ub_error *err)
{
    return ub_fail(err, code, "as the fuzzer wishes");
}

static enum ub_code vanish(struct fake_device *device, enum fake_departure how,
                           struct ub_error *err)
{
    fake_depart(device, UINT64_MAX);
    if (how == FAKE_RETURN) {
        uint64_t delay = fake_take(&device->input) * TENTH_US;
        fake_depart(device, delay);
        fake_face_read(&device->next, &device->input);
    }
    return fail(UB_USB_GONE, err);
}

static enum ub_code bus_enumerate(void *self, struct ub_usb_list *out, struct ub_error *err)
{
    struct fake_device *device = device_of(self);
    const struct fake_face *face = &device->face;
    look(device);
    memset(out, 0, sizeof(*out));
    if (!device->present)
        return UB_OK;
    device->generation += face->flood;
    out->items = calloc(1, sizeof(*out->items));
    struct ub_usb_info *info = out->items;
    if (info)
        info->config = malloc(face->config_length + 1);
    if (!info || !info->config) {
        ub_usb_list_free(out);
        return ub_fail_memory(err);
    }
    out->count = 1;
    (void)ub_print(info->port, sizeof(info->port), "1-1");
    info->generation = device->generation;
    info->speed = UB_SPEED_FULL;
    info->vid = face->vid;
    info->pid = face->pid;
    info->config_length = face->config_length;
    memcpy(info->config, face->config, face->config_length);
    (void)ub_print(info->serial, sizeof(info->serial), "%s", face->serial ? "FAKE" : "");
    return UB_OK;
}

static void jump(struct fake_device *device, uint8_t state)
{
    device->stuck = state == STUCK;
    device->state = state;
    device->status = fake_take(&device->input);
}

/* Departures of calls that move no data. */
static enum ub_code depart_call(struct fake_device *device, uint8_t op, uint32_t timeout_ms,
                                bool opens, struct ub_error *err)
{
    enum fake_departure how = op % FAKE_DEPARTURES;
    if (op < FAKE_DEPART)
        return UB_OK;
    switch (how) {
    case FAKE_STALL:
        return fail(opens ? UB_USB_IO : UB_USB_STALL, err);
    case FAKE_TIMEOUT:
        device->time.now += timeout_ms * US_PER_MS;
        return fail(opens ? UB_USB_IO : UB_USB_TIMEOUT, err);
    case FAKE_GONE:
    case FAKE_RETURN:
        return vanish(device, how, err);
    case FAKE_IO:
        return fail(UB_USB_IO, err);
    case FAKE_REFUSED:
        return fail(opens ? UB_DEV_ACCESS : UB_USB_IO, err);
    case FAKE_STATE:
        jump(device, fake_take(&device->input));
        return UB_OK;
    default:
        return UB_OK;
    }
}

static enum ub_code bus_open(void *self, const char *port, struct ub_usb_handle **out,
                             struct ub_error *err)
{
    struct fake_device *device = device_of(self);
    *out = NULL;
    look(device);
    if (!device->present || strcmp(port, "1-1") != 0)
        return fail(UB_DEV_GONE, err);
    enum ub_code code = depart_call(device, next_op(device), 0, true, err);
    if (code)
        return code == UB_USB_GONE ? fail(UB_DEV_GONE, err) : code;
    /* a handle is good for one stay on the bus */
    uint32_t *handle = malloc(sizeof(*handle));
    if (!handle)
        return ub_fail_memory(err);
    *handle = device->generation;
    device->handles++;
    *out = (struct ub_usb_handle *)(void *)handle;
    return UB_OK;
}

static void bus_close(void *self, struct ub_usb_handle *handle)
{
    device_of(self)->handles--;
    free(handle);
}

static bool alive(struct fake_device *device, const struct ub_usb_handle *handle)
{
    const uint32_t *generation = (const uint32_t *)(const void *)handle;
    look(device);
    return device->present && (device->face.flood || *generation == device->generation);
}

static enum ub_code bus_claim(void *self, struct ub_usb_handle *handle, uint8_t interface,
                              struct ub_error *err)
{
    struct fake_device *device = device_of(self);
    (void)interface;
    if (!alive(device, handle))
        return fail(UB_USB_GONE, err);
    enum ub_code code = depart_call(device, next_op(device), 0, true, err);
    return code == UB_DEV_ACCESS ? fail(UB_DEV_BUSY, err) : code;
}

static void count(struct fake_device *device)
{
    const uint16_t says = device->face.no_functional ? ASSUMED_BLOCK : device->face.transfer_size;
    const uint64_t claimed = says ? says : 1;
    const uint64_t size = claimed < BLOCK_MOST ? claimed : BLOCK_MOST;
    const uint64_t sectors = device->mapped ? device->map.sector_count : 0;
    const uint64_t each = device->face.no_functional ? BLOCK_NEEDS : 1;
    const uint64_t need = READINGS_MOST * each * fake_flash_used(device) / size +
                          SECTOR_NEEDS * sectors;
    device->transfers++;
    device->time.now += device->transfers > need + PATIENT_TRANSFERS ? SLOW_US : TRANSFER_US;
    if (device->transfers > need + TRANSFERS_MAX)
        abort(); /* it never ends */
}

static enum ub_code bus_set_alt(void *self, struct ub_usb_handle *handle, uint8_t interface,
                                uint8_t alt, struct ub_error *err)
{
    struct fake_device *device = device_of(self);
    (void)interface;
    if (!alive(device, handle))
        return fail(UB_USB_GONE, err);
    count(device);
    enum ub_code code = depart_call(device, next_op(device), 5000, false, err);
    if (!code) {
        device->alt = alt;
        device->pointer = device->view.pointer = FAKE_FLASH_BASE;
    }
    return code;
}

static enum ub_code bus_reset(void *self, struct ub_usb_handle *handle, struct ub_error *err)
{
    struct fake_device *device = device_of(self);
    if (!alive(device, handle))
        return fail(UB_USB_GONE, err);
    device->time.now += TENTH_US;
    enum ub_code code = depart_call(device, next_op(device), 0, true, err);
    if (code)
        return code == UB_DEV_ACCESS ? fail(UB_USB_IO, err) : code;
    device->alt = 0;
    device->pointer = device->view.pointer = FAKE_FLASH_BASE;
    if (device->state == 8 || (device->state <= 1 && !device->face.runtime)) {
        device->state = 2; /* dfuMANIFEST-WAIT-RESET and defects */
        device->status = 0;
    }
    return UB_OK;
}

static void give(const uint8_t *bytes, size_t n, const struct ub_setup *setup, uint8_t *data,
                 uint16_t *actual)
{
    *actual = (uint16_t)(n < setup->wLength ? n : setup->wLength);
    if (*actual && (setup->bmRequestType & UB_SETUP_IN))
        memcpy(data, bytes, *actual);
}

/* An answer made of the input's own bytes; true if that is what this departure is. */
static bool made_up(struct fake_device *device, enum fake_departure how,
                    const struct ub_setup *setup, uint8_t *data, uint16_t *actual)
{
    struct fake_input *input = &device->input;
    uint8_t status[6] = {0};
    bool in = (setup->bmRequestType & UB_SETUP_IN) != 0;
    if (how == FAKE_STATUS && setup->bRequest == 3 && in) {
        for (size_t i = 0; i < 5; i++)
            status[i] = fake_take(input);
        give(status, sizeof(status), setup, data, actual);
        return true;
    }
    if (how != FAKE_LITERAL)
        return false;
    size_t n = fake_take(input);
    n = n < input->left ? n : input->left;
    if (in)
        give(input->at, n, setup, data, actual);
    else
        *actual = setup->wLength;
    input->at += n;
    input->left -= n;
    return true;
}

/* What goes wrong before the device has a look at the request. */
static enum ub_code depart_before(struct fake_device *device, enum fake_departure how,
                                  uint32_t timeout_ms, struct ub_error *err)
{
    uint64_t late;
    switch (how) {
    case FAKE_STALL:
        return fail(UB_USB_STALL, err);
    case FAKE_TIMEOUT:
        device->time.now += timeout_ms * US_PER_MS;
        return fail(UB_USB_TIMEOUT, err);
    case FAKE_GONE:
    case FAKE_RETURN:
        return vanish(device, how, err);
    case FAKE_IO:
    case FAKE_REFUSED:
        return fail(UB_USB_IO, err);
    case FAKE_OVERFLOW:
        return fail(UB_USB_OVERFLOW, err);
    case FAKE_LATE:
        late = fake_take(&device->input) * TENTH_US;
        device->time.now += late < timeout_ms * US_PER_MS ? late : timeout_ms * US_PER_MS;
        return late < timeout_ms * US_PER_MS ? UB_OK : fail(UB_USB_TIMEOUT, err);
    case FAKE_DECAY:
        fake_memory(FAKE_FLASH_BASE)[fake_take_u16(&device->input)] ^= 1;
        return UB_OK;
    default:
        return UB_OK;
    }
}

/* What is done to an honest answer. */
static void depart_after(struct fake_device *device, enum fake_departure how,
                         const struct ub_setup *setup, uint8_t *data, uint16_t *actual)
{
    uint8_t n = fake_take(&device->input);
    bool in = (setup->bmRequestType & UB_SETUP_IN) != 0;
    if (how == FAKE_TOO_LONG)
        *actual = (uint16_t)(setup->wLength + 1 + n);
    if (how == FAKE_SHORT && n < *actual)
        *actual = n;
    if (how == FAKE_WRONG && in && n < *actual)
        data[n] ^= fake_take(&device->input);
    if (how == FAKE_STATE)
        jump(device, n);
}

static enum ub_code answer(struct fake_device *device, uint8_t op, const struct ub_setup *setup,
                           uint8_t *data, uint32_t timeout_ms, uint16_t *actual,
                           struct ub_error *err)
{
    enum fake_departure how = op % FAKE_DEPARTURES;
    if (op < FAKE_DEPART) {
        enum ub_code honest = fake_answer(device, setup, data, actual);
        return honest ? fail(honest, err) : UB_OK;
    }
    enum ub_code code = depart_before(device, how, timeout_ms, err);
    if (code || made_up(device, how, setup, data, actual))
        return code;
    if (how == FAKE_SILENT && !(setup->bmRequestType & UB_SETUP_IN)) {
        *actual = setup->wLength;
        return UB_OK;
    }
    code = fake_answer(device, setup, data, actual);
    if (code)
        return fail(code, err);
    if (how == FAKE_TOO_LONG || how == FAKE_SHORT || how == FAKE_WRONG || how == FAKE_STATE)
        depart_after(device, how, setup, data, actual);
    return UB_OK;
}

/* Names and functional descriptors that are not the face's own. */
static void note_descriptor(struct fake_device *device, uint8_t op, const struct ub_setup *setup,
                            const uint8_t *data, uint16_t actual)
{
    struct ub_dfu_functional functional;
    if (setup->bRequest != 6)
        return;
    device->view.tainted = device->view.tainted || op >= FAKE_DEPART;
    if (setup->wValue == 0x2100 && actual <= setup->wLength &&
        ub_dfu_functional_parse(data, actual, &functional))
        device->view.unit = functional.wTransferSize;
}

static enum ub_code bus_control(void *self, struct ub_usb_handle *handle,
                                const struct ub_setup *setup, uint8_t *data, uint32_t timeout_ms,
                                uint16_t *actual, struct ub_error *err)
{
    struct fake_device *device = device_of(self);
    if (setup->wLength > UB_CONTROL_MAX || timeout_ms == 0 || device->handles == 0)
        abort(); /* the transport's contract */
    *actual = 0;
    if (!alive(device, handle))
        return fail(UB_USB_GONE, err);
    count(device);
    uint8_t op = next_op(device);
    enum ub_code code = answer(device, op, setup, data, timeout_ms, actual, err);
    if (code) {
        *actual = 0;
        ub_error_transfer(err, setup, -1);
    } else if ((setup->bmRequestType & 0x60u) == 0) {
        note_descriptor(device, op, setup, data, *actual);
    }
    if (*actual <= setup->wLength)
        fake_note(device, setup, data, code, *actual);
    return code;
}

static enum ub_code bus_wait_change(void *self, uint64_t timeout_us, bool *changed,
                                    struct ub_error *err)
{
    struct fake_device *device = device_of(self);
    uint32_t before = device->generation;
    bool was_there = device->present;
    uint64_t until = device->time.now + timeout_us;
    (void)err;
    if (++device->sleeps > SLEEPS_MAX)
        abort();
    if (device->present || device->arrive_us > until)
        device->time.now = until;
    else if (device->arrive_us > device->time.now)
        device->time.now = device->arrive_us;
    look(device);
    *changed = device->generation != before || device->present != was_there;
    return UB_OK;
}

static void bus_destroy(void *self)
{
    if (device_of(self)->handles != 0)
        abort(); /* a handle was not closed */
}

struct ub_transport fake_transport(struct fake_device *device)
{
    static const struct ub_transport_ops ops = {.name = "fake",
                                                .enumerate = bus_enumerate,
                                                .open = bus_open,
                                                .close = bus_close,
                                                .claim = bus_claim,
                                                .set_alt = bus_set_alt,
                                                .control = bus_control,
                                                .reset = bus_reset,
                                                .wait_change = bus_wait_change,
                                                .destroy = bus_destroy};
    return (struct ub_transport){.ops = &ops, .self = device};
}

static uint64_t clock_now(void *self)
{
    return device_of(self)->time.now;
}

static void clock_sleep(void *self, uint64_t us)
{
    struct fake_device *device = device_of(self);
    device->time.now += us;
    if (++device->sleeps > SLEEPS_MAX)
        abort(); /* it never ends */
}

struct ub_clock fake_clock(struct fake_device *device)
{
    return (struct ub_clock){.now_us = clock_now, .sleep_us = clock_sleep, .self = device};
}
