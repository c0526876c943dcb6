/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server over a real TCP connection on loopback, and what vhci's status file says. */
#define _DEFAULT_SOURCE
#include "bench.h"

#include "sim/vhci.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

struct fixture {
    struct ub_sim_server *server;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint16_t port;
    char where[256];
    enum ub_code code;
};

static void ready(void *user, const char *where)
{
    struct fixture *f = user;
    const char *host = strstr(where, "127.0.0.1:");
    (void)pthread_mutex_lock(&f->lock);
    (void)snprintf(f->where, sizeof(f->where), "%s", where);
    for (host = host ? host + 10 : ""; *host >= '0' && *host <= '9'; host++)
        f->port = (uint16_t)(f->port * 10 + (*host - '0'));
    (void)pthread_cond_signal(&f->changed);
    (void)pthread_mutex_unlock(&f->lock);
}

static void *serve(void *user)
{
    struct fixture *f = user;
    f->code = ub_sim_server_run(f->server, NULL);
    return NULL;
}

static void start(struct fixture *f, const char *spec)
{
    struct ub_error err = {0};
    memset(f, 0, sizeof(*f));
    (void)pthread_mutex_init(&f->lock, NULL);
    (void)pthread_cond_init(&f->changed, NULL);
    const struct ub_sim_serve_options options = {.usbip = "127.0.0.1:0", .ready = ready, .user = f};
    assert_int_equal(ub_sim_server_open(spec, &options, &f->server, &err), UB_OK);
    assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
    (void)pthread_mutex_lock(&f->lock);
    while (f->port == 0)
        (void)pthread_cond_wait(&f->changed, &f->lock);
    (void)pthread_mutex_unlock(&f->lock);
}

static void stop(struct fixture *f)
{
    ub_sim_server_stop(f->server);
    assert_int_equal(pthread_join(f->thread, NULL), 0);
    assert_int_equal(f->code, UB_OK);
    ub_sim_server_close(f->server);
}

static int dial(const struct fixture *f)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(f->port)};
    const struct timeval most = {.tv_sec = 10};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most)), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void get(int fd, uint8_t *to, size_t length)
{
    for (size_t got = 0; got < length;) {
        ssize_t n = recv(fd, to + got, length - got, 0);
        assert_true(n > 0);
        got += (size_t)n;
    }
}

static void import(int fd, uint8_t status)
{
    static const uint8_t request[40] = {0x01, 0x11, 0x80, 0x03, 0, 0, 0, 0, '1', '-', '1'};
    uint8_t reply[320];
    assert_int_equal(send(fd, request, 40, 0), 40);
    get(fd, reply, 8);
    assert_int_equal(reply[7], status);
    if (status == 0)
        get(fd, reply + 8, 312);
}

static void submit(int fd, const uint8_t setup[8], uint8_t *reply, size_t data)
{
    uint8_t header[48] = {0, 0, 0, 1, 0, 0, 0, 9};
    header[15] = setup[0] >> 7;
    header[26] = setup[7];
    header[27] = setup[6];
    memcpy(header + 40, setup, 8);
    assert_int_equal(send(fd, header, 48, 0), 48);
    get(fd, reply, 48 + data);
    assert_int_equal(reply[3], 3);
    assert_int_equal(reply[7], 9);
    assert_int_equal(reply[23], 0);
}

static void serves_one_client_at_a_time(void **state)
{
    (void)state;
    struct fixture f;
    uint8_t reply[128];
    static const uint8_t get_device[8] = {0x80, 6, 0, 1, 0, 0, 18, 0};
    start(&f, "stm32f405");
    assert_non_null(strstr(f.where, "bus id 1-1"));
    int one = dial(&f);
    import(one, 0);
    submit(one, get_device, reply, 18);
    assert_int_equal(reply[48 + 8], 0x83);
    int two = dial(&f);
    import(two, 1);
    (void)close(two);
    (void)close(one);
    /* Once the first has gone, another may have it. */
    for (int i = 0; i < 100; i++) {
        static const uint8_t list[8] = {0x01, 0x11, 0x80, 0x05};
        int fd = dial(&f);
        assert_int_equal(send(fd, list, 8, 0), 8);
        get(fd, reply, 12);
        (void)close(fd);
    }
    two = dial(&f);
    import(two, 0);
    (void)close(two);
    stop(&f);
}

static void hangs_up_when_the_device_leaves(void **state)
{
    (void)state;
    struct fixture f;
    uint8_t reply[128];
    static const uint8_t configure[8] = {0x00, 9, 1, 0, 0, 0, 0, 0};
    static const uint8_t detach[8] = {0x21, 0, 0xe8, 3, 1, 0, 0, 0};
    static const uint8_t list[8] = {0x01, 0x11, 0x80, 0x05};
    start(&f, "dfu-wdetach,mode=runtime");
    int fd = dial(&f);
    import(fd, 0);
    submit(fd, configure, reply, 0);
    submit(fd, detach, reply, 0);
    assert_int_equal(recv(fd, reply, 1, 0), 0);
    (void)close(fd);
    /* It comes back in DFU mode, with other ids. */
    for (int i = 0; i < 200; i++) {
        fd = dial(&f);
        assert_int_equal(send(fd, list, 8, 0), 8);
        get(fd, reply, 12);
        if (reply[11] == 1)
            break;
        (void)close(fd);
        (void)usleep(10000);
    }
    uint8_t record[312];
    get(fd, record, 312);
    assert_memory_equal(record + 300, "\x12\x09\x00\x09", 4);
    (void)close(fd);
    stop(&f);
}

static void says_where_it_cannot_listen(void **state)
{
    (void)state;
    static const char *const bad[] = {"127.0.0.1:x",     "::1:3240",        "[::1:3240",
                                      "1.2.3.4.5:99999", "127.0.0.1:65536", "192.0.2.1:3240"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ub_sim_server *server = NULL;
        struct ub_error err = {0};
        const struct ub_sim_serve_options options = {.usbip = bad[i]};
        assert_int_equal(ub_sim_server_open("dfu", &options, &server, &err), UB_OK);
        assert_int_equal(ub_sim_server_run(server, &err), UB_SIM_SERVE);
        ub_sim_server_close(server);
    }
    struct ub_sim_server *server = NULL;
    const struct ub_sim_serve_options both = {.usbip = ":0", .attach = true};
    assert_int_equal(ub_sim_server_open("dfu", &both, &server, NULL), UB_OK);
    assert_int_equal(ub_sim_server_run(server, NULL), UB_SIM_SERVE);
    ub_sim_server_close(server);
    assert_int_equal(ub_sim_server_open("dfu,time=virtual", &both, &server, NULL), UB_SIM_SPEC);
}

/* A device that is gone for good ends the server. */
static void ends_with_its_device(void **state)
{
    (void)state;
    struct fixture f;
    uint8_t reply[128];
    static const uint8_t configure[8] = {0x00, 9, 1, 0, 0, 0, 0, 0};
    static const uint8_t get_state[8] = {0xa1, 5, 0, 0, 0, 0, 1, 0};
    start(&f, "dfu,fault=unplug@1");
    int fd = dial(&f);
    import(fd, 0);
    submit(fd, configure, reply, 0);
    uint8_t header[48] = {0, 0, 0, 1, 0, 0, 0, 9};
    header[15] = 1;
    header[27] = 1;
    memcpy(header + 40, get_state, 8);
    assert_int_equal(send(fd, header, 48, 0), 48);
    assert_int_equal(recv(fd, reply, 1, 0), 0);
    (void)close(fd);
    assert_int_equal(pthread_join(f.thread, NULL), 0);
    assert_int_equal(f.code, UB_OK);
    ub_sim_server_close(f.server);
}

static void finds_a_free_vhci_port(void **state)
{
    (void)state;
    static const char head[] = "hub port sta spd dev      sockfd local_busid\n";
    char text[512];
    (void)snprintf(text, sizeof(text), "%shs  0000 006 002 00010002 000003 1-1\n%s", head,
                   "hs  0001 004 000 00000000 000000 0-0\n");
    assert_int_equal(ub_vhci_free_port(text), 1);
    (void)snprintf(text, sizeof(text), "%shs  0000 006 002 00010002 000003 1-1\n%s", head,
                   "ss  0008 004 000 00000000 000000 0-0\n");
    assert_int_equal(ub_vhci_free_port(text), UB_VHCI_NO_PORT);
    assert_int_equal(ub_vhci_free_port(""), UB_VHCI_NO_PORT);
    assert_int_equal(ub_vhci_free_port("hs 99999 004"), UB_VHCI_NO_PORT);
    assert_int_equal(ub_vhci_free_port("hs"), UB_VHCI_NO_PORT);
    /* the numbers of the next host run on from those of the first */
    (void)snprintf(text, sizeof(text), "%shs  0030 006 002 00010002 000003 3-1\n%s%s", head,
                   "hs  0031 004 000 00000000 000000 0-0\n",
                   "ss  0045 004 000 00000000 000000 0-0\n");
    assert_int_equal(ub_vhci_free_port(text), 31);
    assert_int_equal(ub_vhci_first_port(text), 30);
    assert_int_equal(ub_vhci_first_port(head), UB_VHCI_NO_PORT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serves_one_client_at_a_time),
        cmocka_unit_test(hangs_up_when_the_device_leaves),
        cmocka_unit_test(says_where_it_cannot_listen),
        cmocka_unit_test(ends_with_its_device),
        cmocka_unit_test(finds_a_free_vhci_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
