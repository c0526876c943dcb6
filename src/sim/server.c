/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "sim/server.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The device's port on its own bus; it is the bus id over USB/IP. */
#define DEFAULT_PORT "1-1"

static enum ub_code make_device(struct ub_sim_server *server, const char *text,
                                struct ub_error *err)
{
    struct ub_sim_spec spec;
    enum ub_code code = ub_sim_spec_parse(text, &spec, err);
    if (code)
        return code;
    if (spec.virtual_time) {
        ub_sim_spec_free(&spec);
        return ub_fail(err, UB_SIM_SPEC,
                       "time=virtual cannot be served to other programs: they live in real time");
    }
    if (!spec.port[0])
        (void)ub_print(spec.port, sizeof(spec.port), DEFAULT_PORT);
    return ub_sim_device_open(&spec, &server->device, err);
}

enum ub_code ub_sim_server_open(const char *spec, const struct ub_sim_serve_options *options,
                                struct ub_sim_server **out, struct ub_error *err)
{
    struct ub_sim_server *server = calloc(1, sizeof(*server));
    if (!server)
        return ub_fail_memory(err);
    server->clock = ub_clock_real();
    server->attach = options->attach;
    server->ready = options->ready;
    server->user = options->user;
    server->listen_fd = -1;
    for (size_t i = 0; i < UB_SIM_LINKS_MAX; i++)
        server->links[i].fd = -1;
    server->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    enum ub_code code = make_device(server, spec, err);
    if (!code && server->stop_fd < 0)
        code = ub_fail(err, UB_SIM_SERVE, "cannot make an event: %s", strerror(errno));
    if (!code && options->usbip) {
        server->usbip = strdup(options->usbip);
        if (!server->usbip)
            code = ub_fail_memory(err);
    }
    if (code) {
        ub_sim_server_close(server);
        return code;
    }
    *out = server;
    return UB_OK;
}

void ub_sim_server_close(struct ub_sim_server *server)
{
    if (!server)
        return;
    for (size_t i = 0; i < UB_SIM_LINKS_MAX; i++)
        ub_sim_link_close(&server->links[i]);
    if (server->listen_fd >= 0)
        (void)close(server->listen_fd);
    if (server->stop_fd >= 0)
        (void)close(server->stop_fd);
    ub_sim_device_close(server->device);
    free(server->usbip);
    free(server);
}

void ub_sim_server_stop(struct ub_sim_server *server)
{
    const uint64_t one = 1;
    ssize_t done = write(server->stop_fd, &one, sizeof(one));
    (void)done; /* it can only fail if a stop is pending already */
}

enum ub_code ub_sim_server_run(struct ub_sim_server *server, struct ub_error *err)
{
    if (server->attach == (server->usbip != NULL))
        return ub_fail(err, UB_SIM_SERVE,
                       "a virtual device is either attached to the kernel or served over USB/IP");
    return server->attach ? ub_sim_serve_attach(server, err) : ub_sim_serve_tcp(server, err);
}
