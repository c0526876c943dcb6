/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connections of a server, and its one wait for all of them. */
#define _GNU_SOURCE /* ppoll */
#include "sim/server.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define US_PER_S     UINT64_C(1000000)
#define NS_PER_US    1000
#define RECEIVE_SIZE 16384u
#define WAIT_MAX_US  (3600u * US_PER_S)

void ub_sim_server_tell(struct ub_sim_server *server, const char *where)
{
    if (!server->told && server->ready)
        server->ready(server->user, where);
    server->told = true;
}

bool ub_sim_server_over(const struct ub_sim_server *server)
{
    return !server->device->present && server->device->arrive_at_us == UB_SIM_NEVER;
}

enum ub_code ub_sim_link_open(struct ub_sim_server *server, struct ub_sim_link *link, int fd,
                              bool urbs, struct ub_error *err)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        (void)close(fd);
        return ub_fail(err, UB_SIM_SERVE, "cannot set a socket up: %s", strerror(errno));
    }
    enum ub_code code = ub_usbip_open(&link->conn, server->device, server->device->spec.port, urbs,
                                      err);
    if (code) {
        (void)close(fd);
        return code;
    }
    link->fd = fd;
    return UB_OK;
}

void ub_sim_link_close(struct ub_sim_link *link)
{
    if (link->fd < 0)
        return;
    (void)close(link->fd);
    link->fd = -1;
    ub_usbip_close(&link->conn);
}

/* Sends what is there; false if the peer is gone. */
static bool flush(struct ub_sim_link *link)
{
    while (link->conn.out_length) {
        ssize_t sent = send(link->fd, link->conn.out, link->conn.out_length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        ub_usbip_sent(&link->conn, (size_t)sent);
    }
    return true;
}

/* Takes in what has come; false if the peer is gone. */
static bool receive(struct ub_sim_link *link, uint64_t now_us)
{
    uint8_t bytes[RECEIVE_SIZE];
    ssize_t got = recv(link->fd, bytes, sizeof(bytes), 0);
    if (got < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (got == 0)
        return false;
    ub_usbip_feed(&link->conn, bytes, (size_t)got, now_us);
    return true;
}

static void serve_link(struct ub_sim_server *server, struct ub_sim_link *link, short events)
{
    uint64_t now = ub_now(&server->clock);
    bool alive = true;
    if (events & (POLLIN | POLLHUP | POLLERR))
        alive = receive(link, now);
    if (alive)
        ub_usbip_run(&link->conn, now);
    alive = flush(link) && alive;
    bool done = link->conn.finished && link->conn.out_length == 0;
    if (!alive || done || ub_usbip_gone(&link->conn))
        ub_sim_link_close(link);
}

static uint64_t earliest(const struct ub_sim_server *server, uint64_t until_us, uint64_t now_us)
{
    uint64_t next = ub_sim_device_next_event(server->device);
    next = next < until_us ? next : until_us;
    for (size_t i = 0; i < UB_SIM_LINKS_MAX; i++) {
        if (server->links[i].fd < 0)
            continue;
        uint64_t link = ub_usbip_next(&server->links[i].conn, now_us);
        next = link < next ? link : next;
    }
    return next;
}

static enum ub_code wait_for(struct ub_sim_server *server, struct pollfd *fds, nfds_t count,
                             uint64_t until_us, struct ub_error *err)
{
    uint64_t now = ub_now(&server->clock);
    uint64_t next = earliest(server, until_us, now);
    uint64_t us = next > now ? next - now : 0;
    us = us < WAIT_MAX_US ? us : WAIT_MAX_US;
    const struct timespec most = {.tv_sec = (time_t)(us / US_PER_S),
                                  .tv_nsec = (long)(us % US_PER_S) * NS_PER_US};
    if (ppoll(fds, count, &most, NULL) < 0 && errno != EINTR)
        return ub_fail(err, UB_SIM_SERVE, "cannot wait for connections: %s", strerror(errno));
    return UB_OK;
}

/* Takes a connection in, if there is room for one. */
static void accept_link(struct ub_sim_server *server)
{
    const int one = 1;
    int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    /* Answers are small and waited for. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    for (size_t i = 0; i < UB_SIM_LINKS_MAX; i++) {
        if (server->links[i].fd >= 0)
            continue;
        (void)ub_sim_link_open(server, &server->links[i], fd, false, NULL);
        return;
    }
    (void)close(fd);
}

/* Only one connection may have the device at a time. */
static void mark_busy(struct ub_sim_server *server)
{
    bool busy = false;
    for (size_t i = 0; i < UB_SIM_LINKS_MAX; i++)
        busy = busy || (server->links[i].fd >= 0 && server->links[i].conn.urbs);
    for (size_t i = 0; i < UB_SIM_LINKS_MAX; i++)
        server->links[i].conn.busy = busy;
}

enum ub_code ub_sim_server_turn(struct ub_sim_server *server, uint64_t until_us,
                                enum ub_sim_woke *woke, struct ub_error *err)
{
    struct pollfd fds[2 + UB_SIM_LINKS_MAX];
    fds[0] = (struct pollfd){.fd = server->stop_fd, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = server->listen_fd, .events = POLLIN};
    for (size_t i = 0; i < UB_SIM_LINKS_MAX; i++) {
        const struct ub_sim_link *link = &server->links[i];
        bool sends = link->fd >= 0 && link->conn.out_length > 0;
        fds[2 + i] = (struct pollfd){.fd = link->fd,
                                     .events = (short)(POLLIN | (sends ? POLLOUT : 0))};
    }
    enum ub_code code = wait_for(server, fds, 2 + UB_SIM_LINKS_MAX, until_us, err);
    if (code)
        return code;
    ub_sim_device_advance(server->device, ub_now(&server->clock));
    for (size_t i = 0; i < UB_SIM_LINKS_MAX; i++) {
        mark_busy(server);
        if (server->links[i].fd >= 0)
            serve_link(server, &server->links[i], fds[2 + i].revents);
    }
    if (fds[1].fd >= 0 && fds[1].revents)
        accept_link(server);
    *woke = fds[0].revents ? UB_SIM_WOKE_STOP : UB_SIM_WOKE_WORK;
    return UB_OK;
}
