/* What the APIs take of attachments, their limits at the edge, and the marks around text files. */
#include "daemon/provider/media.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *api, *dialect;
    enum part_kind kind;
    const char *mime, *url; /* url: by its address */
    bool takes;
};

static const struct row rows[] = {
    {"anthropic", NULL, PART_IMAGE, "image/png", NULL, true},
    {"anthropic", NULL, PART_IMAGE, "image/tiff", NULL, false},
    {"anthropic", NULL, PART_IMAGE, "image/png", "https://x/a.png", true},
    {"anthropic", NULL, PART_AUDIO, "audio/wav", NULL, false},
    {"anthropic", NULL, PART_FILE, "application/pdf", NULL, true},
    {"anthropic", NULL, PART_FILE, "application/zip", NULL, false},
    {"anthropic", NULL, PART_FILE, "text/csv", NULL, true},
    {"gemini", NULL, PART_AUDIO, "audio/ogg", NULL, true},
    {"gemini", NULL, PART_FILE, "video/mp4", NULL, true},
    {"gemini", NULL, PART_FILE, "application/zip", NULL, false},
    {"gemini", NULL, PART_IMAGE, "image/png", "https://x/a.png", true},
    {"gemini", NULL, PART_FILE, NULL, "https://www.youtube.com/watch?v=x", true},
    {"gemini", NULL, PART_FILE, "application/pdf", "gs://bucket/a.pdf", true},
    {"openai-responses", "openai", PART_IMAGE, "image/webp", NULL, true},
    {"openai-responses", "openai", PART_AUDIO, "audio/wav", NULL, false},
    {"openai-chat", "openai", PART_AUDIO, "audio/wav", NULL, true},
    {"openai-chat", "openai", PART_FILE, "application/pdf", "https://x/a.pdf", false},
    {"openai-chat", "openai", PART_IMAGE, NULL, "https://x/a.png", true},
    {"openai-chat", "deepseek", PART_IMAGE, "image/png", NULL, false},
    {"openai-chat", "deepseek", PART_FILE, "application/json", NULL, true},
    {"openai-chat", "mistral", PART_FILE, "application/pdf", "https://x/a.pdf", true},
    {"openai-chat", "moonshot", PART_IMAGE, "image/png", "https://x/a.png", false},
    {"openai-chat", "llama.cpp", PART_IMAGE, "image/png", NULL, true},
    {"openai-chat", "llama.cpp", PART_IMAGE, "image/png", "https://x/a.png", false},
    {"openai-chat", NULL, PART_IMAGE, "image/png", "https://x/a.png", true},
    {"ollama", NULL, PART_IMAGE, "image/png", NULL, true},
    {"ollama", NULL, PART_IMAGE, "image/png", "https://x/a.png", false},
    {"ollama", NULL, PART_FILE, "application/pdf", NULL, false},
    {"ollama", NULL, PART_FILE, "text/plain", NULL, true},
    {"cohere", NULL, PART_FILE, "application/pdf", NULL, false},
    {"dashscope", NULL, PART_AUDIO, "audio/wav", NULL, true},
};

static void each_takes_what_it_says(void **state)
{
    (void)state;
    uint8_t byte = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *r = &rows[i];
        const struct provider_target t = {.dialect = r->dialect};
        const struct part p = {.kind = r->kind,
                               .mime = (char *)r->mime,
                               .url = (char *)r->url,
                               .data = r->url ? NULL : &byte,
                               .data_len = r->url ? 0 : 1};
        if (media_takes(&t, provider_find(r->api), &p, r->url) != r->takes)
            fail_msg("%s (%s): kind %d, %s, %s", r->api, r->dialect ? r->dialect : "", r->kind, r->mime, r->url);
    }
}

/* n pictures of len bytes that say they are width pixels wide. */
static enum error_code check(const char *api, const char *dialect, size_t n, size_t len, uint32_t width,
                             struct error *err)
{
    const struct provider_target t = {.dialect = dialect};
    struct chat_request *r = chat_request_new();
    struct message *m = chat_request_add_message(r, ROLE_USER);
    for (size_t i = 0; i < n; i++) {
        struct part *p = message_add_part(m, PART_IMAGE);
        p->mime = strdup("image/png");
        p->data = calloc(1, len);
        p->data_len = len;
        memcpy(p->data, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\1", 24);
        for (int k = 0; k < 4; k++)
            p->data[16 + k] = (uint8_t)(width >> (24 - 8 * k));
    }
    enum error_code code = media_check(&t, provider_find(api), r, err);
    chat_request_free(r);
    return code;
}

static void limits_have_their_edges(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    size_t most = (5u << 20) / 4 * 3; /* bytes that are 5 MiB in base64 */
    assert_int_equal(check("anthropic", NULL, 1, most, 1, &err), ERR_NONE);
    assert_int_equal(check("anthropic", NULL, 1, most + 1, 1, &err), ERR_TOO_LARGE);
    assert_non_null(strstr(err.message, "bytes in base64, and this provider takes at most 5242880"));
    assert_int_equal(check("anthropic", NULL, 100, 64, 1, &err), ERR_NONE);
    assert_int_equal(check("anthropic", NULL, 101, 64, 1, &err), ERR_TOO_LARGE);
    assert_non_null(strstr(err.message, "101 pictures"));
    assert_int_equal(check("anthropic", NULL, 1, 64, 8000, &err), ERR_NONE);
    assert_int_equal(check("anthropic", NULL, 1, 64, 8001, &err), ERR_TOO_LARGE);
    assert_non_null(strstr(err.message, "8001 pixels at its longer side"));
    assert_int_equal(check("anthropic", NULL, 8, 3000000, 1, &err), ERR_NONE);
    assert_int_equal(check("anthropic", NULL, 9, 3000000, 1, &err), ERR_TOO_LARGE);
    assert_non_null(strstr(err.message, "all attachments: 36000000 bytes"));
    assert_int_equal(check("openai-chat", "groq", 5, 64, 33177600, &err), ERR_NONE);
    assert_int_equal(check("openai-chat", "groq", 6, 64, 1, &err), ERR_TOO_LARGE);
    assert_int_equal(check("openai-chat", "groq", 1, 64, 33177601, &err), ERR_TOO_LARGE);
    assert_int_equal(check("openai-chat", NULL, 600, 64, 1u << 30, &err), ERR_NONE);
}

/* The text that a file becomes, to be freed. */
static char *told(const char *name, const char *text)
{
    struct error err = ERROR_INIT;
    struct chat_request *r = chat_request_new();
    struct part *p = message_add_part(chat_request_add_message(r, ROLE_USER), PART_FILE);
    p->mime = strdup("text/plain");
    p->name = name ? strdup(name) : NULL;
    p->data = (uint8_t *)strdup(text);
    p->data_len = strlen(text);
    assert_true(media_has_text_file(r));
    struct chat_request *t = media_told(r, 4096, &err);
    assert_non_null(t);
    assert_int_equal(t->messages[0].parts[0].kind, PART_TEXT);
    char *copy = strdup(t->messages[0].parts[0].text);
    assert_int_equal(strlen(copy), t->messages[0].parts[0].text_len);
    media_told_free(t, r);
    chat_request_free(r);
    return copy;
}

static void marks_are_longer_than_those_inside(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *becomes;
    } texts[] = {
        {"a.c", "x\n", "File \"a.c\":\n```\nx\n```"},
        {NULL, "x", "```\nx\n```"},
        {"a", "``", "File \"a\":\n```\n``\n```"},
        {"a", "```", "File \"a\":\n````\n```\n````"},
        {"a", "````\n```", "File \"a\":\n`````\n````\n```\n`````"},
        {"a\"\n```b", "x", "File \"a_____b\":\n```\nx\n```"},
        {"a", "x``````y", "File \"a\":\n```````\nx``````y\n```````"},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *got = told(texts[i].name, texts[i].text);
        assert_string_equal(got, texts[i].becomes);
        free(got);
    }
}

static void one_that_does_not_fit_is_an_error(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct chat_request *r = chat_request_new();
    struct part *p = message_add_part(chat_request_add_message(r, ROLE_USER), PART_FILE);
    p->mime = strdup("text/plain");
    p->data = (uint8_t *)strdup("0123456789");
    p->data_len = 10;
    assert_null(media_told(r, 17, &err)); /* with its marks it has 18 */
    assert_int_equal(err.code, ERR_TOO_LARGE);
    media_told_free(media_told(r, 18, &err), r);
    chat_request_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_takes_what_it_says),
        cmocka_unit_test(limits_have_their_edges),
        cmocka_unit_test(marks_are_longer_than_those_inside),
        cmocka_unit_test(one_that_does_not_fit_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
