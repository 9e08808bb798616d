#include "daemon/core/service.h"

#ifdef HAVE_LIBSYSTEMD
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

int service_take_socket(void)
{
    int n = sd_listen_fds(1);
    for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + n; fd++)
        if (sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) > 0)
            return fd;
    return -1;
}

void service_ready(void)
{
    sd_notify(0, "READY=1");
}

void service_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}
#else
int service_take_socket(void)
{
    return -1;
}

void service_ready(void)
{
}

void service_stopping(void)
{
}
#endif
