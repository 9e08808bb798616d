/* rpccrowd: many clients that want the same answer at once.
 *
 *   rpccrowd -u SOCKET -f FILE [-c CLIENTS] [-z BYTES]
 *
 * Opens CLIENTS (500) connections and says so; when a line comes on standard input, each writes the request in FILE (a
 * frame with msgid 1). Once each has its answer, all whole and the same, it says so. With -z each reads BYTES of what
 * comes and then no more. The connections stay open until standard input ends. */
#include "tests/bench/load.h"
#include <errno.h>
#include <msgpack.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 65536, REQUEST_MAX = 65536, PATIENCE_MS = 60000 };

static void await_readable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (poll(&ready, 1, PATIENCE_MS) != 1)
        die("nothing came in %d s", PATIENCE_MS / 1000);
}

static size_t read_some(int fd, char *to, size_t max)
{
    await_readable(fd);
    ssize_t r = read(fd, to, max);
    if (r <= 0)
        die("no answer: %s", r ? strerror(errno) : "the server closed the connection");
    return (size_t)r;
}

static void read_bytes(int fd, long bytes)
{
    char in[READ_SIZE];
    while (bytes > 0)
        bytes -= (long)read_some(fd, in, bytes < READ_SIZE ? (size_t)bytes : READ_SIZE);
}

static const msgpack_object *get(const msgpack_object *map, const char *key)
{
    for (uint32_t i = 0; map->type == MSGPACK_OBJECT_MAP && i < map->via.map.size; i++) {
        const msgpack_object_kv *kv = &map->via.map.ptr[i];
        if (kv->key.via.str.size == strlen(key) && memcmp(kv->key.via.str.ptr, key, strlen(key)) == 0)
            return &kv->val;
    }
    die("an error, or an answer without %s", key);
}

/* Its text, beside that of the first who got one. */
static void compare(const msgpack_object *frame)
{
    static char *first;
    static uint32_t len;
    if (frame->type != MSGPACK_OBJECT_ARRAY || frame->via.array.size != 4)
        die("an answer that is no response");
    const msgpack_object *answer = &frame->via.array.ptr[3];
    const msgpack_object_str text = get(answer, "text")->via.str, state = get(answer, "state")->via.str;
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
    msgpack_unpacker in;
    msgpack_unpacked frame;
    msgpack_unpack_return got;
    if (!msgpack_unpacker_init(&in, READ_SIZE))
        die("out of memory");
    msgpack_unpacked_init(&frame);
    while ((got = msgpack_unpacker_next(&in, &frame)) == MSGPACK_UNPACK_CONTINUE) {
        if (!msgpack_unpacker_reserve_buffer(&in, READ_SIZE))
            die("out of memory");
        msgpack_unpacker_buffer_consumed(&in, read_some(fd, msgpack_unpacker_buffer(&in), READ_SIZE));
    }
    if (got != MSGPACK_UNPACK_SUCCESS)
        die("bytes that are no MessagePack");
    compare(&frame.data);
    msgpack_unpacked_destroy(&frame);
    msgpack_unpacker_destroy(&in);
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
