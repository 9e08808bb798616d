/* parse [SECONDS]: how fast each adapter reads a stream of small events, on one core, in pieces of 16 KiB as they come
 * off a socket; per adapter a line with its API, MB/s, events per second, and nanoseconds per event. The yardstick, in
 * the first line, is a look at each byte for the ends of the lines: no parser can be faster than that. */
#include "daemon/provider/provider.h"
#include "tests/bench/load.h"
#include <stdio.h>
#include <string.h>

#define PIECE 16384
#define EVENTS 20000

/* A delta as the API frames it, with %s for its words; those of the providers as they were recorded. */
static const struct stream {
    const char *api, *dialect, *type, *delta;
} streams[] = {
    {"openai-chat", "openai", "text/event-stream",
     "data: {\"id\":\"chatcmpl-Bx1mQ9vAZ0\",\"object\":\"chat.completion.chunk\",\"created\":1754300000,\"model\":"
     "\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_34a54ae93c\",\"choices\":[{"
     "\"index\":0,\"delta\":{\"content\":\"%s\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n"},
    {"openai-responses", "openai", "text/event-stream",
     "event: response.output_text.delta\ndata: "
     "{\"type\":\"response.output_text.delta\",\"sequence_number\":17,\"item_id\":"
     "\"msg_68a7e8ac0ae0\",\"output_index\":0,\"content_index\":0,\"delta\":\"%s\",\"logprobs\":[],\"obfuscation\":"
     "\"8fXz1Q\"}\n\n"},
    {"anthropic", NULL, "text/event-stream",
     "event: content_block_delta\ndata: "
     "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\","
     "\"text\":\"%s\"}      }\n\n"},
    {"gemini", NULL, "text/event-stream",
     "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"%s\"}],\"role\": \"model\"},\"index\": 0}],"
     "\"usageMetadata\": {\"promptTokenCount\": 9,\"candidatesTokenCount\": 12,\"totalTokenCount\": 60,"
     "\"promptTokensDetails\": [{\"modality\": \"TEXT\",\"tokenCount\": 9}],\"thoughtsTokenCount\": "
     "39},\"modelVersion\": "
     "\"gemini-2.5-flash\",\"responseId\": \"4TTZaY7hO-2Vg8UP1MXMiQw\"}\r\n\r\n"},
    {"ollama", NULL, "application/x-ndjson",
     "{\"model\":\"llama3.2\",\"created_at\":\"2025-08-04T08:52:19.385406455Z\",\"message\":{\"role\":\"assistant\","
     "\"content\":\"%s\"},\"done\":false}\n"},
    {"cohere", NULL, "text/event-stream",
     "event: content-delta\ndata: "
     "{\"type\":\"content-delta\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":"
     "\"%s\"}}}}\n\n"},
    {"dashscope", NULL, "text/event-stream",
     "id:7\nevent:result\n:HTTP_STATUS/200\ndata:{\"output\":{\"choices\":[{\"message\":{\"content\":\"%s\",\"role\":"
     "\"assistant\"},\"index\":0,\"finish_reason\":\"null\"}]},\"usage\":{\"total_tokens\":299,\"output_tokens\":4,"
     "\"input_tokens\":295,\"prompt_tokens_details\":{\"cached_tokens\":0}},\"request_id\":\"144bde91-158f-46e9-ac9c\"}"
     "\n\n"},
};

static void count(void *data, const struct chat_event *ev)
{
    size_t *text = data;

    *text += ev->text.len;
}

static void fill(struct buf *body, const struct stream *s)
{
    static const char *const words[] = {" the",   " quick", " brown",  " fox", "\\n",
                                        " jumps", " over",  " a lazy", " dog", "."};

    buf_clear(body);
    for (int i = 0; i < EVENTS; i++) {
        const char *at = strstr(s->delta, "%s");
        buf_append(body, s->delta, (size_t)(at - s->delta));
        buf_puts(body, words[i % 10]);
        buf_puts(body, at + 2);
    }
}

static void tell(const char *name, size_t bytes, int64_t ns, double rounds)
{
    printf("%-18s %8.1f MB/s %9.0f events/s %7.1f ns/event\n", name, (double)bytes * rounds * 1e3 / (double)ns,
           EVENTS * rounds * 1e9 / (double)ns, (double)ns / rounds / EVENTS);
}

static void yardstick(const struct buf *body, double seconds)
{
    int64_t start = now_ns(), ns;
    size_t lines = 0;
    double rounds = 0;

    do {
        const uint8_t *p = body->data, *end = body->data + body->len;
        while ((p = memchr(p, '\n', (size_t)(end - p)))) {
            lines++;
            p++;
        }
        rounds++;
    } while ((ns = now_ns() - start) < (int64_t)(seconds * 1e9));
    if (lines == 0)
        die("no lines");
    tell("lines", body->len, ns, rounds);
}

static void measure(const struct stream *s, const struct buf *body, double seconds)
{
    struct response_head head = {.status = 200, .retry_after = -1, .should_retry = -1};
    struct provider_target target = {.base_url = "http://127.0.0.1", .dialect = s->dialect, .model = "m"};
    struct error err = ERROR_INIT;
    int64_t start = now_ns(), ns;
    double rounds = 0;

    snprintf(head.content_type, sizeof head.content_type, "%s", s->type);
    do {
        size_t text = 0;
        struct provider_parser *p = provider_parser_new(provider_find(s->api), &target, &head, count, &text);
        for (size_t at = 0; at < body->len; at += PIECE) {
            size_t n = body->len - at < PIECE ? body->len - at : PIECE;
            if (provider_feed(p, body->data + at, n, &err) != ERR_NONE)
                die("%s: %s", s->api, err.message);
        }
        provider_parser_free(p);
        if (text < EVENTS)
            die("%s: %zu bytes of text of %d events", s->api, text, EVENTS);
        rounds++;
    } while ((ns = now_ns() - start) < (int64_t)(seconds * 1e9));
    tell(s->api, body->len, ns, rounds);
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? (double)number(argv[1], 1, 60) : 1;
    struct buf body;

    buf_init(&body, 64u << 20);
    fill(&body, &streams[0]);
    yardstick(&body, seconds);
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        fill(&body, &streams[i]);
        measure(&streams[i], &body, seconds);
    }
    buf_done(&body);
    return 0;
}
