/* startcost N SOCKET METHOD|@FILE COMMAND [ARGUMENT...]: starts the server COMMAND N times, one after another, and ends
 * it by SIGTERM; per start a line with the milliseconds until METHOD, or the request in FILE, asked on SOCKET as soon
 * as that can be connected to, was answered. An answer that is an error ends the run. */
#include "tests/bench/load.h"
#include "tests/bench/response.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_MAX = 65536, PATIENCE = 30 };

static int dial(const char *path, int64_t until)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof a.sun_path)
        die("%s: too long for a socket's path", path);
    memcpy(a.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        die("socket: %s", strerror(errno));
    while (connect(fd, (struct sockaddr *)&a, sizeof a)) {
        if ((errno != ENOENT && errno != ECONNREFUSED) || now_ns() > until)
            die("connect: %s", strerror(errno));
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    }
    return fd;
}

static void pack(msgpack_sbuffer *out, const char *method)
{
    msgpack_packer p;
    msgpack_packer_init(&p, out, msgpack_sbuffer_write);
    msgpack_pack_array(&p, 4);
    msgpack_pack_int(&p, 0);
    msgpack_pack_int(&p, 1);
    msgpack_pack_str_with_body(&p, method, strlen(method));
    msgpack_pack_array(&p, 0);
}

static void ask(int fd, const char *method)
{
    char request[REQUEST_MAX];
    msgpack_sbuffer out;
    msgpack_sbuffer_init(&out);
    if (method[0] == '@')
        msgpack_sbuffer_write(&out, request, read_request(method + 1, request, sizeof request));
    else
        pack(&out, method);
    send_all(fd, out.data, out.size);
    msgpack_sbuffer_destroy(&out);
}

static void await_answer(int fd)
{
    struct response r;
    response_read(&r, fd);
    response_done(&r);
}

static void stop(pid_t pid, const char *command)
{
    int status;
    kill(pid, SIGTERM);
    if (waitpid(pid, &status, 0) != pid)
        die("waitpid: %s", strerror(errno));
    if (status)
        die("%s ended with status 0x%x", command, (unsigned)status);
}

int main(int argc, char **argv)
{
    if (argc < 5)
        die("usage: startcost N SOCKET METHOD|@FILE COMMAND [ARGUMENT...]");
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        die("/dev/null: %s", strerror(errno));
    for (long left = number(argv[1], 1, 100000); left > 0; left--) {
        int64_t begin = now_ns();
        pid_t pid = spawn_quiet(argv + 4, null);
        int fd = dial(argv[2], begin + PATIENCE * INT64_C(1000000000));
        ask(fd, argv[3]);
        await_answer(fd);
        printf("%.3f\n", (double)(now_ns() - begin) / 1e6);
        close(fd);
        stop(pid, argv[4]);
    }
    return 0;
}
