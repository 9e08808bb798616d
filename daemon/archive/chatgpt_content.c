/* What a message of ChatGPT's export holds, as text. */
#include "daemon/archive/chatgpt.h"
#include <string.h>

const char *chatgpt_str(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));
    return s ? s : "";
}

static void put_block(struct buf *out, const char *s, size_t len)
{
    if (len == 0)
        return;
    if (out->len > 0)
        buf_putc(out, '\n');
    buf_append(out, s, len);
}

static void put_member(struct buf *out, const json_t *content, const char *key)
{
    const json_t *j = json_object_get(content, key);
    put_block(out, json_string_value(j), json_string_length(j));
}

/* A fence is longer than any that stands in it. */
static void put_fenced(struct buf *out, const char *language, const char *s)
{
    size_t longest = 2, run = 0;
    for (const char *p = s; *p; p++) {
        run = *p == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    size_t len = strlen(s);
    if (len == 0)
        return;
    if (out->len > 0)
        buf_putc(out, '\n');
    for (size_t i = 0; i <= longest; i++)
        buf_putc(out, '`');
    buf_printf(out, "%s\n%s%s", strcmp(language, "unknown") == 0 ? "" : language, s, s[len - 1] == '\n' ? "" : "\n");
    for (size_t i = 0; i <= longest; i++)
        buf_putc(out, '`');
}

/* A picture, a sound, a file: named, since it is not in the export. */
static void put_asset(struct buf *out, const json_t *part)
{
    const char *type = chatgpt_str(part, "content_type"), *asset = chatgpt_str(part, "asset_pointer");
    if (strcmp(type, "audio_transcription") == 0) {
        put_member(out, part, "text");
        return;
    }
    if (out->len > 0)
        buf_putc(out, '\n');
    buf_printf(out, "[%s%s%s]", *type ? type : "part", *asset ? " " : "", asset);
}

static void put_parts(struct buf *out, const json_t *content)
{
    const json_t *parts = json_object_get(content, "parts"), *part;
    size_t i;
    json_array_foreach(parts, i, part)
    {
        if (json_is_string(part))
            put_block(out, json_string_value(part), json_string_length(part));
        else if (json_is_object(part))
            put_asset(out, part);
    }
}

static void put_code(struct buf *out, const json_t *content)
{
    put_fenced(out, chatgpt_str(content, "language"), chatgpt_str(content, "text"));
}

static void put_output(struct buf *out, const json_t *content)
{
    put_fenced(out, "", chatgpt_str(content, "text"));
}

static void put_quote(struct buf *out, const json_t *content)
{
    put_member(out, content, "title");
    put_member(out, content, "url");
    put_member(out, content, "text");
}

static void put_browsing(struct buf *out, const json_t *content)
{
    put_member(out, content, "summary");
    put_member(out, content, "result");
}

static void put_text(struct buf *out, const json_t *content)
{
    put_member(out, content, "text");
}

/* A type that is not here: its parts or else its text, or what it is called. */
static void put_unknown(struct buf *out, const json_t *content)
{
    put_parts(out, content);
    put_text(out, content);
    if (out->len == 0)
        buf_printf(out, "[%s]", chatgpt_str(content, "content_type"));
}

static const struct content_type {
    const char *name;
    void (*put)(struct buf *out, const json_t *content); /* NULL: it is none of the dialogue's */
} types[] = {
    {"text", put_parts},
    {"multimodal_text", put_parts},
    {"code", put_code},
    {"execution_output", put_output},
    {"tether_quote", put_quote},
    {"tether_browsing_display", put_browsing},
    {"sonic_webpage", put_quote},
    {"system_error", put_text},
    {"user_editable_context", NULL},
    {"model_editable_context", NULL},
    {"thoughts", NULL},
    {"reasoning_recap", NULL},
};

bool chatgpt_content(const json_t *content, struct buf *out)
{
    const char *type = chatgpt_str(content, "content_type");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].name, type) != 0)
            continue;
        if (types[i].put)
            types[i].put(out, content);
        return types[i].put != NULL;
    }
    put_unknown(out, content);
    return true;
}
