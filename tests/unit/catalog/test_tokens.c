#include "daemon/catalog/tokens.h"
#include "lib/base/picture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the four above */
#include <cmocka.h>

#define EACH_FAMILY(f) for (enum token_family f = TOKENS_GENERIC; f <= TOKENS_GROK; f++)

static const char prose[] = "The quick brown fox jumps over the lazy dog, and nobody in the village knows why it does.";
static const char code[] = "for (int i = 0; i < 10; i++) {\n    total += values[i];\n\treturn NULL;\n}\n";
static const char chinese[] = "今天天气很好，我们去公园散步。";
static const char japanese[] = "今日は天気がいいので、公園を散歩しましょう。";
static const char russian[] = "Сегодня хорошая погода, пойдём гулять в парк.";
static const char korean[] = "오늘은 날씨가 좋으니 공원에 산책하러 갑시다.";
static const char *const texts[] = {prose, code, chinese, japanese, russian, korean, "3.14159 2718 42", "----====####"};

static int64_t count(enum token_family f, const char *text)
{
    return tokens_of_text(f, text, strlen(text));
}

static void nothing_is_nothing(void **state)
{
    (void)state;
    EACH_FAMILY(f)
    {
        assert_int_equal(tokens_of_text(f, "", 0), 0);
        assert_int_equal(tokens_of_text(f, NULL, 0), 0);
        assert_int_equal(count(f, "a"), 1);
        assert_true(count(f, " ") >= 1);
    }
}

/* What js-tiktoken makes of them with o200k, and a third more or less. */
static void texts_are_near_their_vocabulary(void **state)
{
    static const struct {
        const char *text;
        int64_t tokens;
    } rows[] = {{prose, 20}, {code, 26}, {chinese, 11}, {japanese, 14}, {russian, 14}, {korean, 19}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_in_range(3 * count(TOKENS_O200K, rows[i].text), 2 * rows[i].tokens, 4 * rows[i].tokens);
}

/* Two texts cost what each costs, but for what merges where they meet. */
static void joined_texts_add_up(void **state)
{
    char both[512];

    (void)state;
    EACH_FAMILY(f)
    {
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            for (size_t j = 0; j < sizeof texts / sizeof *texts; j++) {
                snprintf(both, sizeof both, "%s\n%s", texts[i], texts[j]);
                int64_t apart = count(f, texts[i]) + count(f, texts[j]);
                assert_in_range(count(f, both), (uintmax_t)(apart * 3 / 4), (uintmax_t)(apart * 5 / 4 + 3));
            }
        }
    }
}

static void longer_costs_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t len = strlen(texts[i]);
        char *many = malloc(len * 1000);
        for (size_t k = 0; k < 1000; k++)
            memcpy(many + k * len, texts[i], len);
        EACH_FAMILY(f)
        {
            int64_t once = tokens_of_text(f, many, len * 10), all = tokens_of_text(f, many, len * 1000);
            assert_in_range(all, (uintmax_t)(once * 80), (uintmax_t)(once * 120));
        }
        free(many);
    }
}

/* Each byte costs something, and none more than two tokens. Cut anywhere, a text is read to its end and no further,
 * which a sanitizer sees. */
static void any_bytes_will_do(void **state)
{
    uint32_t seed = 1;

    (void)state;
    for (size_t len = 1; len < 300; len++) {
        char *bytes = malloc(len);
        for (size_t i = 0; i < len; i++) {
            seed = seed * 1103515245 + 12345;
            bytes[i] = (char)(seed >> 16);
        }
        EACH_FAMILY(f)
        assert_in_range(tokens_of_text(f, bytes, len), 1, 2 * len + 1);
        free(bytes);
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (size_t len = 1; len <= strlen(texts[i]); len++) {
            char *cut = malloc(len);
            memcpy(cut, texts[i], len);
            assert_in_range(tokens_of_text(TOKENS_CLAUDE, cut, len), 1, 2 * len);
            free(cut);
        }
    }
}

static void model_tells_its_family(void **state)
{
    static const struct {
        const char *model;
        enum token_family family;
    } rows[] = {
        {"gpt-3.5-turbo", TOKENS_CL100K},
        {"gpt-35-turbo", TOKENS_CL100K},
        {"gpt-4", TOKENS_CL100K},
        {"gpt-4-turbo-2024-04-09", TOKENS_CL100K},
        {"gpt-4o-mini", TOKENS_O200K},
        {"chatgpt-4o-latest", TOKENS_O200K},
        {"openai/gpt-4.1-nano", TOKENS_O200K},
        {"gpt-5.3-codex", TOKENS_O200K},
        {"gpt-oss:120b", TOKENS_O200K},
        {"o3-mini", TOKENS_O200K},
        {"claude-sonnet-4-5-20250929", TOKENS_CLAUDE},
        {"us.anthropic.claude-opus-4-1-v1:0", TOKENS_CLAUDE},
        {"models/gemini-2.5-flash", TOKENS_GEMINI},
        {"gemma3:1b", TOKENS_GEMINI},
        {"deepseek-ai/DeepSeek-R1", TOKENS_DEEPSEEK},
        {"deepseek-r1-distill-llama-70b", TOKENS_LLAMA},
        {"deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", TOKENS_QWEN},
        {"Qwen/Qwen2.5-VL-72B-Instruct", TOKENS_QWEN},
        {"qwq-32b", TOKENS_QWEN},
        {"meta-llama/llama-4-maverick-17b-128e-instruct", TOKENS_LLAMA},
        {"llama3-8b-8192", TOKENS_LLAMA},
        {"mistralai/ministral-3-14b-reasoning", TOKENS_MISTRAL},
        {"magistral-medium-2507", TOKENS_MISTRAL},
        {"voxtral-small-latest", TOKENS_MISTRAL},
        {"command-a-03-2025", TOKENS_COHERE},
        {"grok-4-1-fast-non-reasoning", TOKENS_GROK},
        {"sonar", TOKENS_GENERIC},
        {"glm-5.2", TOKENS_GENERIC},
        {"turbo1", TOKENS_GENERIC},
        {"", TOKENS_GENERIC},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(tokens_family_of_model(rows[i].model), rows[i].family);
}

static struct chat_request *question(const char *text)
{
    struct chat_request *r = chat_request_new();

    message_add_text(chat_request_add_message(r, ROLE_USER), text, strlen(text));
    return r;
}

static struct value *schema(void)
{
    static const char packed[] = "\x82\xa4type\xa6object\xaaproperties\x81\xa4"
                                 "city\x81\xa4type\xa6string";
    msgpack_unpacked u;
    struct value *v;

    msgpack_unpacked_init(&u);
    assert_int_equal(msgpack_unpack_next(&u, packed, sizeof packed - 1, NULL), MSGPACK_UNPACK_SUCCESS);
    v = value_from_object(&u.data);
    msgpack_unpacked_destroy(&u);
    return v;
}

/* Whatever is added to a question adds to what it costs. */
static void each_piece_of_a_question_counts(void **state)
{
    (void)state;
    EACH_FAMILY(f)
    {
        struct chat_request *r = question(prose);
        int64_t last = tokens_of_request(f, r), now;
        assert_true(last >= count(f, prose));
#define GREW                                                                                                           \
    now = tokens_of_request(f, r);                                                                                     \
    assert_true(now > last);                                                                                           \
    last = now;
        r->system = strdup("Answer in one sentence.");
        GREW struct tool *t = chat_request_add_tool(r);
        t->name = strdup("weather");
        GREW t->description = strdup("The weather of a city, now and in the next days.");
        GREW t->parameters = schema();
        GREW r->schema = schema();
        GREW struct message *m = chat_request_add_message(r, ROLE_ASSISTANT);
        struct part *p = message_add_part(m, PART_TOOL_CALL);
        p->name = strdup("weather");
        p->text = strdup("{\"city\":\"Oslo\"}");
        p->text_len = strlen(p->text);
        GREW m = chat_request_add_message(r, ROLE_TOOL);
        p = message_add_part(m, PART_TOOL_RESULT);
        p->text = strdup("Rain, and more of it towards the evening.");
        p->text_len = strlen(p->text);
        GREW m = chat_request_add_message(r, ROLE_USER);
        for (enum part_kind kind = PART_IMAGE; kind <= PART_FILE; kind++) {
            p = message_add_part(m, kind);
            p->url = strdup("https://h/x");
            GREW
        }
#undef GREW
        chat_request_free(r);
    }
}

/* A part whose bytes stay the caller's. */
static int64_t of_bytes(enum token_family f, enum part_kind kind, const char *mime, const void *data, size_t len)
{
    struct chat_request *r = question("q");
    int64_t without = tokens_of_request(f, r), with;
    struct part *p = message_add_part(&r->messages[0], kind);

    p->mime = strdup(mime);
    p->data = (uint8_t *)data;
    p->data_len = len;
    with = tokens_of_request(f, r);
    p->data = NULL;
    chat_request_free(r);
    return with - without;
}

/* Some put in words of their own for it. */
static void reasoning_costs_where_it_is_on(void **state)
{
    struct chat_request *r = question(prose);
    int64_t without = tokens_of_request(TOKENS_CLAUDE, r);

    (void)state;
    r->reasoning = REASONING_OFF;
    assert_int_equal(tokens_of_request(TOKENS_CLAUDE, r), without);
    r->reasoning = REASONING_BUDGET;
    assert_int_equal(tokens_of_request(TOKENS_CLAUDE, r), without + 28);
    chat_request_free(r);
}

static void picture_costs_by_its_size(void **state)
{
    uint8_t png[24] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x04\0\0\0\x02";

    (void)state;
    assert_int_equal(of_bytes(TOKENS_O200K, PART_IMAGE, "image/png", png, sizeof png), 85 + 2 * 170);
    assert_int_equal(of_bytes(TOKENS_GEMINI, PART_IMAGE, "image/png", png, sizeof png), 2 * 258);
    assert_int_equal(of_bytes(TOKENS_CLAUDE, PART_IMAGE, "image/png", png, sizeof png), 37 * 19);
    /* as large as can be told: shrunk to what is taken */
    memset(png + 16, 0xff, 8);
    assert_int_equal(of_bytes(TOKENS_O200K, PART_IMAGE, "image/png", png, sizeof png), 85 + 4 * 170);
    assert_int_equal(of_bytes(TOKENS_CLAUDE, PART_IMAGE, "image/png", png, sizeof png), 56 * 56);
    /* a line of one pixel has one row of tiles */
    memcpy(png + 16, "\0\1\0\0\0\0\0\1", 8);
    assert_int_equal(of_bytes(TOKENS_CLAUDE, PART_IMAGE, "image/png", png, sizeof png), 56);
}

static void sound_and_files_cost_by_their_bytes(void **state)
{
    char *data = calloc(1, 480001);

    (void)state;
    assert_int_equal(of_bytes(TOKENS_O200K, PART_AUDIO, "audio/wav", data, 480000), 110);
    assert_int_equal(of_bytes(TOKENS_O200K, PART_AUDIO, "audio/mpeg", data, 480000), 310);
    assert_int_equal(of_bytes(TOKENS_O200K, PART_FILE, "application/pdf", data, 480000), 16000);
    assert_int_equal(of_bytes(TOKENS_O200K, PART_FILE, "application/pdf", data, 10), 220);
    memset(data, ' ', 480000);
    memcpy(data, prose, strlen(prose));
    assert_int_equal(of_bytes(TOKENS_O200K, PART_FILE, "text/plain", data, strlen(prose)), count(TOKENS_O200K, prose));
    free(data);
}

static void sizes_of_pictures(void **state)
{
#define ROW(bytes, w, h)                                                                                               \
    {                                                                                                                  \
        bytes, sizeof(bytes) - 1, w, h                                                                                 \
    }
    static const struct {
        const char *data;
        size_t len;
        uint32_t width, height; /* 0: none is told */
    } rows[] = {
        ROW("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\x02\0\0\0\x03", 258, 3),
        ROW("GIF89a\x02\x01\x03\0", 258, 3),
        ROW("\xff\xd8\xff\xe0\0\4ab\xff\xc0\0\x11\x08\0\3\1\2", 258, 3),
        ROW("\xff\xd8\xff\xc4\0\4ab\xff\xc2\0\x11\x08\0\3\1\2", 258, 3),
        ROW("RIFF....WEBPVP8 ....\0\0\0\x9d\x01\x2a\x02\x01\3\0", 258, 3),
        ROW("RIFF....WEBPVP8L....\x2f\x01\x81\0\0\0\0\0\0\0", 258, 3),
        ROW("RIFF....WEBPVP8X....\0\0\0\0\1\1\0\2\0\0", 258, 3),
        ROW("RIFF....WEBPVP8?....\0\0\0\0\1\1\0\2\0\0", 0, 0),
        ROW("GIF89a\0\0\3\0", 0, 0),
        ROW("\xff\xd8\xff\xe0\xff\xff"
            "ab\xff\xc0\0\x11\x08\0\3\1\2",
            0, 0),
        ROW("\xff\xd8"
            "ab\xff\xc0\0\x11\x08\0\3\1\2",
            0, 0),
        ROW("no picture at all, but longer than each of the heads", 0, 0),
    };
#undef ROW

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t len = 0; len <= rows[i].len; len++) {
            struct picture_size size = {0, 0};
            uint8_t *cut = malloc(len + (len == 0));
            memcpy(cut, rows[i].data, len);
            assert_int_equal(picture_size_read(cut, len, &size), len == rows[i].len && rows[i].width > 0);
            assert_int_equal(size.width, len == rows[i].len ? rows[i].width : 0);
            assert_int_equal(size.height, len == rows[i].len ? rows[i].height : 0);
            free(cut);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_nothing),
        cmocka_unit_test(texts_are_near_their_vocabulary),
        cmocka_unit_test(joined_texts_add_up),
        cmocka_unit_test(longer_costs_more),
        cmocka_unit_test(any_bytes_will_do),
        cmocka_unit_test(model_tells_its_family),
        cmocka_unit_test(each_piece_of_a_question_counts),
        cmocka_unit_test(reasoning_costs_where_it_is_on),
        cmocka_unit_test(picture_costs_by_its_size),
        cmocka_unit_test(sound_and_files_cost_by_their_bytes),
        cmocka_unit_test(sizes_of_pictures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
