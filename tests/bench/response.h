/* One response read from a socket, for tools that wait for one at a time. Linked with msgpack-c. */
#ifndef ASKD_BENCH_RESPONSE_H
#define ASKD_BENCH_RESPONSE_H

#include <msgpack.h>

struct response {
    msgpack_unpacker in;
    msgpack_unpacked frame;
};

/* The result of the response that comes next, until response_done. Dies where it is an error, or does not come. */
const msgpack_object *response_read(struct response *r, int fd);
void response_done(struct response *r);

/* The value under this key of a map, NULL where there is none. */
const msgpack_object *response_get(const msgpack_object *map, const char *key);

#endif
