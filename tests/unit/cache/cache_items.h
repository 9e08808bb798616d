/* Items for the tests of the cache: an answer of two events under a key that a number makes. */
#ifndef ASKD_TESTS_CACHE_ITEMS_H
#define ASKD_TESTS_CACHE_ITEMS_H

#include "daemon/cache/item.h"
#include <string.h>

#define SECOND_US INT64_C(1000000)
#define NOW_US (INT64_C(1790000000) * SECOND_US) /* where tests let the wall clock stand */
#define SCOPE "uid:1000"

static const char item_runs[] = "\x12\x00\x00\x00\x82\xa4type\xa4text\xa4text\xa1y"
                                "\x0b\x00\x00\x00\x81\xa4type\xa4"
                                "done";
static const char item_tail[] = "\xa6"
                                "finish\xa4stop\xa5"
                                "usage\x81\xa6output\x02";

/* Keys are in the order of their numbers. */
static inline struct cache_key key_number(uint8_t n)
{
    struct cache_key key = {{n, 1, 2, 3, 4, 5, 6, 7, 8, 9}};
    key.bytes[KEY_LEN - 1] = n;
    return key;
}

static inline struct item_facts answer_facts(uint8_t n)
{
    return (struct item_facts){
        .key = key_number(n),
        .scope = SCOPE,
        .kind = ITEM_ANSWER,
        .created_us = NOW_US,
        .expires_us = NOW_US + 60 * SECOND_US,
        .provider = "anthropic",
        .model = "claude",
        .saved_nano = 1500000,
        .saved_ms = 800,
        .currency = "USD",
        .runs = {(const uint8_t *)item_runs, sizeof item_runs - 1},
        .n_events = 2,
        .tail = {(const uint8_t *)item_tail, sizeof item_tail - 1},
        .n_tail = 2,
    };
}

static inline struct item_facts vector_facts(uint8_t n, const void *doubles, uint32_t count)
{
    struct item_facts facts = answer_facts(n);
    facts.kind = ITEM_VECTOR;
    facts.runs = (struct item_bytes){doubles, count * sizeof(double)};
    facts.n_events = count;
    facts.tail = (struct item_bytes){NULL, 0};
    facts.n_tail = 0;
    return facts;
}

#endif
