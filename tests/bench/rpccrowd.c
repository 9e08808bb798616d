/* rpccrowd: many clients that want the same answer at once.
 *
 *   rpccrowd -u SOCKET -f FILE [-c CLIENTS] [-z BYTES]
 *
 * Opens CLIENTS (500) connections and says so; when a line comes on standard input, each writes the request in FILE (a
 * frame with msgid 1). Once each has its answer, all whole and the same, it says so. With -z each reads BYTES of what
 * comes and then no more. The connections stay open until standard input ends. */
#include "tests/bench/load.h"
#include "tests/bench/response.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 65536, REQUEST_MAX = 65536 };

static void read_bytes(int fd, long bytes)
{
    char in[READ_SIZE];
    while (bytes > 0)
        bytes -= (long)read_some(fd, in, bytes < READ_SIZE ? (size_t)bytes : READ_SIZE);
}

static msgpack_object_str string(const msgpack_object *map, const char *key)
{
    const msgpack_object *o = response_get(map, key);
    if (!o || o->type != MSGPACK_OBJECT_STR)
        die("an answer without %s", key);
    return o->via.str;
}

/* Its text, beside that of the first who got one. */
static void compare(const msgpack_object *answer)
{
    static char *first;
    static uint32_t len;
    const msgpack_object_str text = string(answer, "text"), state = string(answer, "state");
    if (state.size != 4 || memcmp(state.ptr, "done", 4) != 0)
        die("an answer that is not done");
    if (!first) {
        len = text.size;
        first = malloc(len);
        if (!first)
            die("out of memory");
        memcpy(first, text.ptr, len);
    }
    if (len == 0 || text.size != len || memcmp(text.ptr, first, len) != 0)
        die("an answer that is not the others'");
}

static void read_answer(int fd)
{
    struct response r;
    compare(response_read(&r, fd));
    response_done(&r);
}

static void say(const char *what)
{
    printf("%s\n", what);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const char *path = NULL, *file = NULL;
    char request[REQUEST_MAX], line[16];
    long clients = 500, stop_after = 0;
    for (int o; (o = getopt(argc, argv, "u:f:c:z:")) != -1;) {
        switch (o) {
        case 'u': path = optarg; break;
        case 'f': file = optarg; break;
        case 'c': clients = number(optarg, 1, 4000); break;
        case 'z': stop_after = number(optarg, 1, 1000000000); break;
        default: return 2;
        }
    }
    if (!path || !file)
        die("-u SOCKET and -f FILE are needed");
    size_t len = read_request(file, request, sizeof request);
    int *fds = calloc((size_t)clients, sizeof *fds);
    if (!fds)
        die("out of memory");
    for (long i = 0; i < clients; i++)
        fds[i] = dial_unix(path);
    say("open");
    if (!fgets(line, sizeof line, stdin))
        return 0;
    for (long i = 0; i < clients; i++)
        send_all(fds[i], request, len);
    for (long i = 0; i < clients; i++) {
        if (stop_after)
            read_bytes(fds[i], stop_after);
        else
            read_answer(fds[i]);
    }
    say(stop_after ? "stopped" : "answered");
    while (fgets(line, sizeof line, stdin))
        ;
    return 0;
}
