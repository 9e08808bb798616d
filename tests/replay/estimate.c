/* Estimates what stdin asks, for test_tokens.py: chat params as MessagePack, each behind its length as four bytes, the
 * highest first. Of each a line: the family that the model's name tells, and the tokens. */
#include "daemon/catalog/tokens.h"
#include "lib/proto/codec.h"
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PARAMS_MAX (64u << 20)

static int estimate(const char *data, size_t len)
{
    msgpack_unpacked u;
    msgpack_object_map params;
    struct chat_request *r = NULL;
    struct error err = ERROR_INIT;
    int failed = 1;

    msgpack_unpacked_init(&u);
    if (msgpack_unpack_next(&u, data, len, NULL) == MSGPACK_UNPACK_SUCCESS && mp_clean(&u.data) &&
        mp_map(&u.data, &params) && codec_chat_request(&params, &r, &err) == ERR_NONE) {
        enum token_family f = tokens_family_of_model(r->model ? r->model : "");
        printf("%s %" PRId64 "\n", tokens_family_name(f), tokens_of_request(f, r));
        failed = 0;
    }
    chat_request_free(r);
    msgpack_unpacked_destroy(&u);
    return failed;
}

int main(void)
{
    uint32_t head;
    int failed = 0;

    while (!failed && fread(&head, sizeof head, 1, stdin) == 1) {
        size_t len = ntohl(head);
        char *data = len <= PARAMS_MAX ? malloc(len) : NULL;
        failed = !data || fread(data, 1, len, stdin) != len || estimate(data, len);
        free(data);
    }
    return failed;
}
