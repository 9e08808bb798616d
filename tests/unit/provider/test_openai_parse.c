#include "daemon/provider/provider.h"
#include "lib/base/utf8.h"
#include "tests/unit/provider/chunks.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the four above */
#include <cmocka.h>

/* An answer as one line of text: neighbouring text and reasoning joined, so that it does not depend on the chunking. */
struct seen {
    struct buf out;
    enum event_kind last;
    int64_t last_index;
};

static void sink(void *data, const struct chat_event *ev)
{
    struct seen *s = data;
    bool same =
        ev->kind == s->last && ev->kind != EVENT_IMAGE && ev->index == s->last_index && !ev->id.data && !ev->name.data;

    assert_true(utf8_valid(ev->text.data, ev->text.len));
    if (!same)
        buf_printf(&s->out, "%s%s:", s->out.len ? " " : "", event_kind_name(ev->kind));
    if (ev->kind == EVENT_TOOL_CALL && !same)
        buf_printf(&s->out, "%d,%.*s,%.*s,", (int)ev->index, (int)ev->id.len, ev->id.data ? ev->id.data : "",
                   (int)ev->name.len, ev->name.data ? ev->name.data : "");
    buf_append(&s->out, ev->text.data, ev->text.len);
    if (ev->kind == EVENT_IMAGE)
        buf_printf(&s->out, "%.*s,%.*s", (int)ev->mime.len, ev->mime.data, (int)ev->data_len, (const char *)ev->data);
    if (ev->kind == EVENT_USAGE)
        buf_printf(&s->out, "%d,%d,%d,%d,%d", (int)ev->usage.input_tokens, (int)ev->usage.output_tokens,
                   (int)ev->usage.cached_input_tokens, (int)ev->usage.cache_write_tokens,
                   (int)ev->usage.reasoning_tokens);
    if (ev->kind == EVENT_DONE)
        buf_printf(&s->out, "%s", finish_name(ev->finish));
    s->last = ev->kind;
    s->last_index = ev->index;
}

struct answer {
    int status;
    const char *type, *dialect;
    bool torn; /* the body does not end cleanly */
};

static void run(const struct answer *a, unsigned way, const char *body, const char *want)
{
    struct response_head head = {.status = a->status, .retry_after = -1, .should_retry = -1};
    struct provider_target t = {.base_url = "http://h", .dialect = a->dialect, .model = "m"};
    const struct provider_ops *ops = provider_find("openai-chat");
    struct seen s = {.last = EVENT_KIND_COUNT};
    struct chunker c = {way, 0};
    struct error err = ERROR_INIT, again = ERROR_INIT;
    size_t len = strlen(body);

    buf_init(&s.out, 1u << 16);
    strcpy(head.content_type, a->type);
    struct provider_parser *p = provider_parser_new(ops, &t, &head, sink, &s);
    for (size_t at = 0, n; at < len; at += n) {
        n = chunk_next(&c, len - at);
        uint8_t *piece = malloc(n);
        provider_feed(p, memcpy(piece, body + at, n), n, &err);
        free(piece);
    }
    enum error_code code = provider_finish(p, !a->torn, &err);
    assert_int_equal(provider_done(p), code == ERR_NONE);
    assert_int_equal(provider_feed(p, (const uint8_t *)"data: {}\n\n", 10, &again), code);
    assert_int_equal(provider_finish(p, true, &again), code);
    assert_string_equal(again.message, err.message);
    if (code != ERR_NONE)
        buf_printf(&s.out, "%s%s", s.out.len ? " " : "", error_name(code));
    assert_string_equal(buf_cstr(&s.out), want);
    buf_done(&s.out);
    provider_parser_free(p);
}

static void check(struct answer a, const char *body, const char *want)
{
    for (unsigned way = 0; way < CHUNKINGS; way++)
        run(&a, way, body, want);
}

#define STREAM                                                                                                         \
    (struct answer)                                                                                                    \
    {                                                                                                                  \
        200, "text/event-stream", "openai", false                                                                      \
    }
#define WHOLE                                                                                                          \
    (struct answer)                                                                                                    \
    {                                                                                                                  \
        200, "application/json", "openai", false                                                                       \
    }
#define DELTA(members) "data: {\"choices\":[{\"index\":0,\"delta\":{" members "},\"finish_reason\":null}]}\n\n"
#define FINISH(reason) "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}]}\n\n"
#define END "data: [DONE]\n\n"
#define MESSAGE(members, reason)                                                                                       \
    "{\"choices\":[{\"index\":0,\"message\":{" members "},\"finish_reason\":\"" reason "\"}]}"

static void streams(void **state)
{
    (void)state;
    check(STREAM,
          DELTA("\"role\":\"assistant\",\"content\":\"\"") DELTA("\"content\":\"h\xC3\xA9\"")
              DELTA("\"content\":\"\\ud83d\\ude00\"") FINISH("stop") END,
          "text:hé😀 done:stop");
    check(STREAM,
          "\xEF\xBB\xBF: hi\r\n\r\n"
          "data: {\"choices\":[]}\r\n\r\n"
          "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\r\r" FINISH("length") END,
          "text:a done:length");
    check(STREAM, DELTA("\"content\":\"a\\ud83d\"") FINISH("stop") END, "text:a\uFFFD done:stop");
    check(STREAM, "data: {\"choices\":[{\"delta\":{\"content\":\"\\ud83d\"},\"finish_reason\":\"stop\"}]}\n\n" END,
          "text:\uFFFD done:stop");
    check(STREAM,
          "data: "
          "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"no\"}},{\"index\":0,\"delta\":{\"content\":\"yes\"}}]}"
          "\n\n" END,
          "text:yes done:stop");
    check(STREAM,
          DELTA("\"content\":\"a\"") FINISH("eos") "data: \n\n" END
                                                   "data: {\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n\n",
          "text:a done:stop");
}

static void ends(void **state)
{
    struct answer torn = STREAM;
    (void)state;

    torn.torn = true;
    check(STREAM, DELTA("\"content\":\"a\"") FINISH("stop"), "text:a done:stop");
    check(STREAM, DELTA("\"content\":\"a\"") "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}",
          "text:a done:stop");
    check(STREAM, DELTA("\"content\":\"a\"") "data: [DONE]", "text:a done:stop");
    check(STREAM, DELTA("\"content\":\"a\""), "text:a unavailable");
    check(STREAM, DELTA("\"content\":\"a\"") "data: {\"choi", "text:a unavailable");
    check(STREAM, "", "unavailable");
    check(torn, DELTA("\"content\":\"a\"") FINISH("stop"), "text:a unavailable");
    check(torn, DELTA("\"content\":\"a\"") FINISH("stop") END, "text:a done:stop");
}

static void whole_bodies(void **state)
{
    (void)state;
    check(WHOLE, MESSAGE("\"content\":\"hi\"", "stop"), "text:hi done:stop");
    check(WHOLE, "\n\n \r\n" MESSAGE("\"content\":\"hi\"", "stop") "\n", "text:hi done:stop");
    check(WHOLE, "\xEF\xBB\xBF" MESSAGE("\"content\":\"hi\"", "stop"), "text:hi done:stop");
    check(WHOLE, "{\"choices\":[{\"message\":{\"content\":\"h", "unavailable");
    check(WHOLE, "", "unavailable");
    check(WHOLE, "{\"choices\":[]}", "bad_response");
    check(WHOLE, "hello", "bad_response");
    check(WHOLE, "\"hello\"", "bad_response");
}

static void which_it_is(void **state)
{
    struct answer untold = {200, "", "openai", false};
    (void)state;

    check(untold, "\n" MESSAGE("\"content\":\"hi\"", "stop"), "text:hi done:stop");
    check(untold, "\xEF\xBB\xBF\n: c\n\n" DELTA("\"content\":\"a\"") END, "text:a done:stop");
    check(untold, "<html>", "bad_response");
    check(untold, " \n", "unavailable");
    check((struct answer){503, "text/html", "openai", false}, "<html>", "overloaded");
    check((struct answer){302, "", "openai", false}, "", "bad_response");
    check((struct answer){429, "text/event-stream", "openai", false}, "{\"error\":{\"code\":\"insufficient_quota\"}}",
          "budget_exceeded");
}

static void errors_inside(void **state)
{
    (void)state;
    check(STREAM, DELTA("\"content\":\"a\"") "data: {\"error\":{\"type\":\"server_error\",\"message\":\"m\"}}\n\n",
          "text:a unavailable");
    check(STREAM,
          "data: "
          "{\"choices\":[{\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}],\"error\":{\"code\":502}}\n\n" END,
          "unavailable");
    check(STREAM, "event: error\ndata: {\"error\":{\"status_code\":400}}\n\n", "invalid_request");
    check(STREAM, "event: error\ndata: {\"x\":1}\n\n", "bad_response");
    check(STREAM, "data: {\"error\":\"boom\"}\n\n", "bad_response");
    check(STREAM, "data: [{\"error\":{\"code\":429}}]\n\n", "rate_limited");
    check(STREAM, "data: {\"code\":\"InvalidApiKey\",\"message\":\"m\",\"request_id\":\"r\"}\n\n", "unauthenticated");
    check(STREAM, "data: {nonsense}\n\n", "bad_response");
    check(STREAM, DELTA("\"content\":\"\xC3(\""), "bad_response");
    check(STREAM, "data: 5\n\n", "bad_response");
    check(WHOLE, "{\"error\":{\"code\":\"429\"}}", "rate_limited");
    check(WHOLE, "{\"error\":null,\"choices\":[{\"message\":{\"content\":\"a\"}}]}", "text:a done:stop");
}

static void reasoning(void **state)
{
    struct answer router = STREAM, think = STREAM;
    (void)state;

    router.dialect = "openrouter";
    think.dialect = "llama.cpp";
    check(STREAM,
          DELTA("\"content\":null,\"reasoning_content\":\"r1\"") DELTA("\"reasoning_content\":\"r2\"")
              DELTA("\"content\":\"t\"") END,
          "reasoning:r1r2 text:t done:stop");
    check(
        router,
        DELTA(
            "\"content\":\"\",\"reasoning\":\"r\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"r\"}]")
            END,
        "reasoning:r done:stop");
    check(router,
          DELTA("\"reasoning_details\":[{\"type\":\"reasoning.summary\",\"summary\":\"s\"},{\"data\":\"x\"}]") END,
          "reasoning:s done:stop");
    check(STREAM,
          DELTA("\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"r\"}]},{\"type\":"
                "\"text\",\"text\":\"t\"}]") END,
          "reasoning:r text:t done:stop");
    check(think,
          DELTA("\"content\":\"\\n<thi\"") DELTA("\"content\":\"nk>a<b</thin</think\"")
              DELTA("\"content\":\">\\n\\nt <think>\"") END,
          "reasoning:a<b</thin text:t <think> done:stop");
    check(think, DELTA("\"content\":\" <tea\"") END, "text: <tea done:stop");
    check(think, DELTA("\"content\":\" é\"") END, "text: é done:stop");
    check(think, DELTA("\"content\":\"<think>a</th\"") END, "reasoning:a</th done:stop");
    check(think, DELTA("\"content\":\"<th\"") END, "text:<th done:stop");
    check(STREAM, DELTA("\"content\":\"<think>a</think>\"") END, "text:<think>a</think> done:stop");
}

static void tool_calls(void **state)
{
    (void)state;
    check(STREAM,
          DELTA("\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\","
                "\"arguments\":\"\"}}]")
              DELTA("\"tool_calls\":[{\"index\":0,\"id\":\"\",\"function\":{\"arguments\":\"{\\\"x\"}}]")
                  DELTA("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\":1}\"}}]") FINISH("tool_calls")
                      END,
          "tool_call:0,a,f,{\"x\":1} done:tool_calls");
    check(STREAM,
          DELTA("\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\"}},{\"index\":1,\"id\":\"b\","
                "\"function\":{\"name\":\"g\"}}]") DELTA("\"tool_calls\":[{\"index\":1,\"function\":{\"arguments\":"
                                                         "\"2\"}},{\"index\":0,\"function\":{\"arguments\":\"1\"}}]")
              FINISH("stop") END,
          "tool_call:0,a,f, tool_call:1,b,g,2 tool_call:0,,,1 done:tool_calls");
    check(STREAM,
          DELTA("\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},{\"id\":\"b\","
                "\"function\":{\"name\":\"f\"}}]") DELTA("\"tool_calls\":[{\"function\":{\"arguments\":\"{}\"}}]") END,
          "tool_call:0,a,f,{} tool_call:1,b,f,{} done:tool_calls");
    check(STREAM,
          DELTA("\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\"}},{\"index\":0,\"id\":\"b\","
                "\"function\":{\"name\":\"g\"}}]") END,
          "tool_call:0,a,f, tool_call:1,b,g, done:tool_calls");
    check(WHOLE, MESSAGE("\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{\"x\":[1]}}}]", "stop"),
          "tool_call:0,,f,{\"x\":[1]} done:tool_calls");
    check(STREAM,
          DELTA("\"function_call\":{\"name\":\"f\",\"arguments\":\"{\"}")
              DELTA("\"function_call\":{\"arguments\":\"}\"}") FINISH("function_call") END,
          "tool_call:0,,f,{} done:tool_calls");
    check(WHOLE, MESSAGE("\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{cut\"}}]", "tool_calls"),
          "tool_call:0,,f,{cut done:other");
    check(WHOLE, MESSAGE("\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{cut\"}}]", "length"),
          "tool_call:0,,f,{cut done:length");
    check(WHOLE, MESSAGE("\"tool_calls\":[7]", "tool_calls"), "bad_response");
}

static void too_many_calls(void **state)
{
    struct buf body;
    struct seen s = {.last = EVENT_KIND_COUNT};
    struct response_head head = {.status = 200, .content_type = "application/json"};
    struct provider_target t = {.model = "m"};
    const struct provider_ops *ops = provider_find("openai-chat");
    struct error err = ERROR_INIT;
    (void)state;

    buf_init(&body, 1u << 20);
    buf_init(&s.out, 1u << 20);
    buf_puts(&body, "{\"choices\":[{\"message\":{\"tool_calls\":[");
    for (int i = 0; i < 300; i++)
        buf_printf(&body, "%s{\"index\":%d,\"function\":{\"name\":\"f\"}}", i ? "," : "", i);
    buf_puts(&body, "]}}]}");
    struct provider_parser *p = provider_parser_new(ops, &t, &head, sink, &s);
    provider_feed(p, body.data, body.len, &err);
    assert_int_equal(provider_finish(p, true, &err), ERR_TOO_LARGE);
    provider_parser_free(p);
    buf_done(&body);
    buf_done(&s.out);
}

static void refusals_and_images(void **state)
{
    (void)state;
    check(STREAM, DELTA("\"refusal\":\"I \"") DELTA("\"refusal\":\"won't\"") FINISH("stop") END,
          "text:I won't done:refusal");
    check(WHOLE,
          MESSAGE("\"content\":\"\",\"images\":[{\"image_url\":{\"url\":\"data:image/"
                  "png;base64,YWJjZA==\"}},{\"image_url\":{\"url\":\"https://x\"}}]",
                  "stop"),
          "image:image/png,abcd done:stop");
    check(STREAM, DELTA("\"images\":[{\"image_url\":{\"url\":\"data:image/png;base64,YWJj\"}}]") END,
          "image:image/png,abc done:stop");
    check(STREAM, DELTA("\"images\":[{\"image_url\":{\"url\":\"data:image/png;base64,!!\"}}]") END, "done:stop");
}

static void usage(void **state)
{
    (void)state;
    check(
        STREAM,
        FINISH(
            "stop") "data: "
                    "{\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,\"prompt_tokens_details\":"
                    "{\"cached_tokens\":4,\"cache_write_tokens\":2},\"completion_tokens_details\":{\"reasoning_"
                    "tokens\":1}}}\n\n" END,
        "usage:9,3,4,2,1 done:stop");
    check(STREAM,
          "data: "
          "{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_"
          "tokens\":3,"
          "\"prompt_cache_hit_tokens\":12}}\n\n" END,
          "usage:9,3,9,-1,-1 done:stop");
    check(STREAM,
          "data: "
          "{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"x_groq\":{\"usage\":{\"prompt_tokens\":1,"
          "\"completion_tokens\":2}}}\n\n" END,
          "usage:1,2,-1,-1,-1 done:stop");
    check(
        STREAM,
        FINISH(
            "stop") "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":22,"
                    "\"completion_tokens_details\":{\"reasoning_tokens\":7}}}\n\n" END,
        "usage:10,12,-1,-1,7 done:stop");
    check(STREAM,
          "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n\n"
          "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":-5}}\n\n" END,
          "usage:1,1,-1,-1,-1 done:stop");
}

static void finish_reasons(void **state)
{
    (void)state;
    check(STREAM, FINISH("content_filter") END, "done:content_filter");
    check(STREAM, FINISH("model_length") END, "done:length");
    check(STREAM, FINISH("insufficient_system_resource") END, "done:other");
    check(STREAM, FINISH("") END, "done:stop");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams),     cmocka_unit_test(ends),           cmocka_unit_test(whole_bodies),
        cmocka_unit_test(which_it_is), cmocka_unit_test(errors_inside),  cmocka_unit_test(reasoning),
        cmocka_unit_test(tool_calls),  cmocka_unit_test(too_many_calls), cmocka_unit_test(refusals_and_images),
        cmocka_unit_test(usage),       cmocka_unit_test(finish_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
