/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file server.h
 * What the two ways of serving a virtual device share: the server, its links, and its waiting.
 */
#ifndef UB_SIM_SERVER_H
#define UB_SIM_SERVER_H

#include "sim/usbip.h"

#define UB_SIM_LINKS_MAX 8u

/** A connection and its socket. */
struct ub_sim_link {
    int fd; /**< owned; -1: not in use */
    struct ub_usbip conn;
};

struct ub_sim_server {
    struct ub_sim_device *device; /**< owned */
    struct ub_clock clock;
    int stop_fd;   /**< eventfd, readable once the server is to stop; owned */
    int listen_fd; /**< owned; -1: none */
    struct ub_sim_link links[UB_SIM_LINKS_MAX];
    bool attach;
    char *usbip; /**< ADDR:PORT, or NULL; owned */
    bool told;   /**< ready() has been called */
    void (*ready)(void *user, const char *where);
    void *user;
};

/** What ended a wait. */
enum ub_sim_woke { UB_SIM_WOKE_WORK, UB_SIM_WOKE_STOP };

/** Opens a link over `fd`, which it takes over in any case. Errors: UB_SIM_SERVE, UB_SYS_MEMORY. */
enum ub_code ub_sim_link_open(struct ub_sim_server *server, struct ub_sim_link *link, int fd,
                              bool urbs, struct ub_error *err);
void ub_sim_link_close(struct ub_sim_link *link);

/**
 * Waits until a socket or a device has something to do, at most until `until_us`, and does what the
 * links have to do. A link that ended has fd -1 afterwards. Errors: UB_SIM_SERVE.
 */
enum ub_code ub_sim_server_turn(struct ub_sim_server *server, uint64_t until_us,
                                enum ub_sim_woke *woke, struct ub_error *err);

/** Tells the caller, once, where the device is. */
void ub_sim_server_tell(struct ub_sim_server *server, const char *where);
/** Can the device never be on the bus again? */
bool ub_sim_server_over(const struct ub_sim_server *server);

/** Serves through vhci-hcd. Errors: UB_SIM_ATTACH, UB_SIM_SERVE, UB_SYS_MEMORY. */
enum ub_code ub_sim_serve_attach(struct ub_sim_server *server, struct ub_error *err);
/** Serves over TCP. Errors: UB_SIM_SERVE, UB_SYS_MEMORY. */
enum ub_code ub_sim_serve_tcp(struct ub_sim_server *server, struct ub_error *err);

#endif
