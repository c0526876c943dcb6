/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the bus in this process is made of descriptions, and how it ends. */
#include "sim/bus.h"

#include "base/error.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static bool port_taken(const struct ub_sim_bus *bus, const char *port)
{
    return ub_sim_bus_at(bus, port) != NULL;
}

/* One kind of time for all devices: those that say nothing go along. */
static enum ub_code agree_on_time(const struct ub_sim_spec *spec, bool *decided, bool *is_virtual,
                                  struct ub_error *err)
{
    if (!spec->has_time)
        return UB_OK;
    if (*decided && *is_virtual != spec->virtual_time)
        return ub_fail(err, UB_SIM_SPEC, "virtual devices on one bus must share one kind of time");
    *decided = true;
    *is_virtual = spec->virtual_time;
    return UB_OK;
}

static enum ub_code add_device(struct ub_sim_bus *bus, struct ub_sim_spec *spec,
                               struct ub_error *err)
{
    struct ub_sim_device *device = NULL;
    enum ub_code code = ub_sim_device_open(spec, &device, err);
    if (code)
        return code;
    device->configures = true;
    if (device->spec.port[0] && port_taken(bus, device->spec.port)) {
        code = ub_fail(err, UB_SIM_SPEC, "two virtual devices are at port %s", device->spec.port);
        ub_sim_device_close(device);
        return code;
    }
    bus->devices[bus->count++] = device;
    return UB_OK;
}

/* Devices without a port of their own get the first free ones. */
static void give_ports(struct ub_sim_bus *bus)
{
    for (size_t i = 0; i < bus->count; i++) {
        char port[UB_PORT_TEXT];
        struct ub_sim_device *device = bus->devices[i];
        if (!device || device->spec.port[0])
            continue;
        for (unsigned n = 1; ub_print(port, sizeof(port), "1-%u", n); n++)
            if (!port_taken(bus, port))
                break;
        (void)ub_print(device->spec.port, UB_PORT_TEXT, "%s", port);
    }
}

static enum ub_code fill_bus(struct ub_sim_bus *bus, const char *const *specs, size_t count,
                             struct ub_error *err)
{
    bool decided = false;
    bool is_virtual = false;
    bus->devices = calloc(count ? count : 1, sizeof(struct ub_sim_device *));
    if (!bus->devices)
        return ub_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        struct ub_sim_spec spec;
        enum ub_code code = ub_sim_spec_parse(specs[i], &spec, err);
        if (code)
            return code;
        code = agree_on_time(&spec, &decided, &is_virtual, err);
        if (code) {
            ub_sim_spec_free(&spec);
            return code;
        }
        code = add_device(bus, &spec, err);
        if (code)
            return code;
    }
    bus->clock = ub_clock_real();
    if (!is_virtual)
        return UB_OK;
    enum ub_code code = ub_shared_time_open(0, &bus->time, err);
    if (!code)
        bus->clock = ub_clock_shared(bus->time);
    return code;
}

enum ub_code ub_sim_bus_open(const char *const *specs, size_t count, struct ub_sim_bus **out,
                             struct ub_error *err)
{
    struct ub_sim_bus *bus = calloc(1, sizeof(*bus));
    if (!bus || pthread_mutex_init(&bus->lock, NULL) != 0) {
        free(bus);
        return ub_fail_memory(err);
    }
    enum ub_code code = fill_bus(bus, specs, count, err);
    if (code) {
        ub_sim_bus_close(bus);
        return code;
    }
    give_ports(bus);
    for (size_t i = 0; i < count; i++)
        bus->devices[i]->clock = bus->clock;
    ub_sim_bus_advance(bus);
    bus->seen = ub_sim_bus_signature(bus);
    *out = bus;
    return UB_OK;
}

void ub_sim_bus_close(struct ub_sim_bus *bus)
{
    if (!bus)
        return;
    for (size_t i = 0; i < bus->count; i++)
        ub_sim_device_close(bus->devices[i]);
    free(bus->devices);
    ub_shared_time_close(bus->time);
    (void)pthread_mutex_destroy(&bus->lock);
    free(bus);
}
