/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A virtual device on the local kernel's bus. The kernel gets one end of a socket pair; whenever
 * the device leaves its bus the socket is closed, and when it comes back it is attached to the same
 * port again, so that it keeps its place as a real one would.
 */
#define _GNU_SOURCE /* SOCK_CLOEXEC */
#include "sim/server.h"
#include "sim/vhci.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel needs a moment to give a port free after a device has left it. */
#define PORT_FREE_US  5000000u
#define PORT_RETRY_US 10000u

/* Hands the kernel one end of a socket pair, once. */
static enum ub_code attach_once(struct ub_sim_server *server, int *port, bool *taken,
                                struct ub_error *err)
{
    int ends[2];
    *taken = false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return ub_fail(err, UB_SIM_ATTACH, "cannot make a socket pair: %s", strerror(errno));
    enum ub_code code = ub_vhci_attach(port, ends[1], taken, err);
    (void)close(ends[1]); /* the kernel holds its own reference */
    if (code) {
        (void)close(ends[0]);
        return code;
    }
    return ub_sim_link_open(server, &server->links[0], ends[0], true, err);
}

/* Attaches, waiting a while for the port; *stopped: it was told to stop meanwhile. */
static enum ub_code attach(struct ub_sim_server *server, int *port, bool *stopped,
                           struct ub_error *err)
{
    uint64_t deadline = ub_now(&server->clock) + PORT_FREE_US;
    for (;;) {
        bool taken = false;
        enum ub_code code = attach_once(server, port, &taken, err);
        uint64_t now = ub_now(&server->clock);
        if (code == UB_OK || !taken || now >= deadline)
            return code;
        ub_error_clear(err);
        enum ub_sim_woke woke;
        code = ub_sim_server_turn(server, now + PORT_RETRY_US, &woke, err);
        *stopped = woke == UB_SIM_WOKE_STOP;
        if (code || *stopped)
            return code;
    }
}

static void tell(struct ub_sim_server *server, int port)
{
    char name[UB_PORT_TEXT];
    char where[160];
    const struct ub_sim_identity *identity = ub_sim_device_identity(server->device);
    ub_vhci_port_name(port, name, sizeof(name));
    (void)ub_print(where, sizeof(where), "%s is attached at port %s (%04x:%04x)",
                   server->device->spec.chip->model.name, name, identity->vid, identity->pid);
    ub_sim_server_tell(server, where);
}

/* Serves one stay of the device on the bus; *ended: nobody wants it any more. */
static enum ub_code stay(struct ub_sim_server *server, int *port, bool *ended, struct ub_error *err)
{
    enum ub_code code = attach(server, port, ended, err);
    if (code || *ended)
        return code;
    for (;;) {
        enum ub_sim_woke woke;
        code = ub_sim_server_turn(server, UB_SIM_NEVER, &woke, err);
        if (code)
            return code;
        bool gone = !server->device->present || server->links[0].fd < 0;
        if (!gone && !server->told && server->device->configuration != 0)
            tell(server, *port);
        if (woke == UB_SIM_WOKE_STOP) {
            *ended = true;
            ub_vhci_detach(*port);
            return UB_OK;
        }
        if (gone)
            return UB_OK;
    }
}

enum ub_code ub_sim_serve_attach(struct ub_sim_server *server, struct ub_error *err)
{
    int port = UB_VHCI_NO_PORT;
    bool ended = false;
    enum ub_code code = UB_OK;
    while (!code && !ended && !ub_sim_server_over(server)) {
        enum ub_sim_woke woke = UB_SIM_WOKE_WORK;
        ub_sim_device_advance(server->device, ub_now(&server->clock));
        if (!server->device->present) {
            code = ub_sim_server_turn(server, UB_SIM_NEVER, &woke, err);
            ended = woke == UB_SIM_WOKE_STOP;
            continue;
        }
        uint32_t generation = server->device->generation;
        code = stay(server, &port, &ended, err);
        ub_sim_link_close(&server->links[0]);
        /* The kernel let go of a device that never left: somebody pulled it out there. */
        if (server->device->present && server->device->generation == generation)
            ended = true;
    }
    return code;
}
