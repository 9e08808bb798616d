#include "daemon/core/service.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_LIBSYSTEMD
#include <inttypes.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <time.h>

int service_take_socket(void)
{
    int found = -1, n = sd_listen_fds(1);
    for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + n && found < 0; fd++)
        if (sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) > 0)
            found = fd;
    return found;
}

int64_t service_take_watchdog(void)
{
    uint64_t us;
    return sd_watchdog_enabled(1, &us) > 0 ? (int64_t)(us / 1000) : 0;
}

void service_ready(const char *status)
{
    sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void service_reloading(void)
{
    /* The manager compares it with its own clock, so it is not one that a test may have set. */
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=Reads the configuration",
               (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void service_stopping(const char *status)
{
    sd_notifyf(0, "STOPPING=1\nSTATUS=%s", status);
}

void service_alive(void)
{
    sd_notify(0, "WATCHDOG=1");
}
#else
int service_take_socket(void)
{
    return -1;
}

int64_t service_take_watchdog(void)
{
    return 0;
}

void service_ready(const char *status)
{
    (void)status;
}

void service_reloading(void)
{
}

void service_stopping(const char *status)
{
    (void)status;
}

void service_alive(void)
{
}
#endif

/* The first of the folders that a variable names. */
static const char *first_dir(const char *variable, char *first, size_t n)
{
    const char *dirs = getenv(variable);
    size_t len = dirs ? strcspn(dirs, ":") : 0;
    if (len == 0 || len >= n || dirs[0] != '/')
        return NULL;
    snprintf(first, n, "%.*s", (int)len, dirs);
    return first;
}

const char *service_state_dir(void)
{
    static char first[4096];
    return first_dir("STATE_DIRECTORY", first, sizeof first);
}

const char *service_cache_dir(void)
{
    static char first[4096];
    return first_dir("CACHE_DIRECTORY", first, sizeof first);
}
