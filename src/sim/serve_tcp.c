/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A virtual device served over TCP with the standard USB/IP protocol. */
#define _GNU_SOURCE /* SOCK_CLOEXEC */
#include "sim/server.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEFAULT_HOST "127.0.0.1"
#define DEFAULT_PORT "3240" /* usbip's */
#define HOST_SIZE    256u
#define PORT_SIZE    16u
#define BACKLOG      8

/* Splits "HOST:PORT", "[HOST]:PORT", ":PORT", "PORT" or "HOST"; false if it is none of these. */
static bool split(const char *text, char *host, char *port)
{
    const char *colon = strrchr(text, ':');
    const char *start = text;
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    uint64_t number = 0;
    const char *service = colon ? colon + 1 : DEFAULT_PORT;
    if (!colon && ub_parse_digits(text, length, 10, UINT16_MAX, &number)) {
        service = text;
        length = 0;
    }
    if (length >= 2 && start[0] == '[') {
        if (start[length - 1] != ']')
            return false;
        start++;
        length -= 2;
    } else if (memchr(start, ':', length)) {
        return false; /* an IPv6 address needs its brackets */
    }
    if (length >= HOST_SIZE || !ub_parse_digits(service, strlen(service), 10, UINT16_MAX, &number))
        return false;
    (void)ub_print(host, HOST_SIZE, "%.*s", (int)length, start);
    if (length == 0)
        (void)ub_print(host, HOST_SIZE, DEFAULT_HOST);
    (void)ub_print(port, PORT_SIZE, "%s", service);
    return true;
}

static enum ub_code listen_on(struct ub_sim_server *server, const struct addrinfo *info,
                              struct ub_error *err)
{
    const int one = 1;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (fd < 0 || bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        int why = errno;
        if (fd >= 0)
            (void)close(fd);
        return ub_fail(err, UB_SIM_SERVE, "cannot listen on %s: %s", server->usbip, strerror(why));
    }
    server->listen_fd = fd;
    return UB_OK;
}

static enum ub_code open_listener(struct ub_sim_server *server, struct ub_error *err)
{
    char host[HOST_SIZE];
    char port[PORT_SIZE];
    if (!split(server->usbip, host, port))
        return ub_fail(err, UB_SIM_SERVE,
                       "\"%s\" is not an address to listen on: write ADDR:PORT, such as "
                       "127.0.0.1:3240 or [::1]:3240",
                       server->usbip);
    const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int why = getaddrinfo(host, port, &hints, &found);
    if (why != 0)
        return ub_fail(err, UB_SIM_SERVE, "there is no address %s: %s", host, gai_strerror(why));
    enum ub_code code = listen_on(server, found, err);
    freeaddrinfo(found);
    return code;
}

static void tell(struct ub_sim_server *server)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);
    char host[HOST_SIZE] = "?";
    char port[PORT_SIZE] = "?";
    char where[HOST_SIZE + 128];
    memset(&address, 0, sizeof(address));
    if (getsockname(server->listen_fd, (struct sockaddr *)&address, &length) == 0)
        (void)getnameinfo((struct sockaddr *)&address, length, host, sizeof(host), port,
                          sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
    bool v6 = address.ss_family == AF_INET6;
    (void)ub_print(where, sizeof(where), "%s is served over USB/IP at %s%s%s:%s, bus id %s",
                   server->device->spec.chip->model.name, v6 ? "[" : "", host, v6 ? "]" : "", port,
                   server->device->spec.port);
    ub_sim_server_tell(server, where);
}

enum ub_code ub_sim_serve_tcp(struct ub_sim_server *server, struct ub_error *err)
{
    enum ub_sim_woke woke = UB_SIM_WOKE_WORK;
    enum ub_code code = open_listener(server, err);
    if (code)
        return code;
    ub_sim_device_advance(server->device, ub_now(&server->clock));
    tell(server);
    while (!code && woke != UB_SIM_WOKE_STOP && !ub_sim_server_over(server))
        code = ub_sim_server_turn(server, UB_SIM_NEVER, &woke, err);
    return code;
}
