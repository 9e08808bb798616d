#include "daemon/attach/kind.h"
#include "daemon/attach/text.h"
#include "lib/base/alloc.h"
#include "lib/base/utf8.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PLAIN "text/plain"

/* -- names -- */

static bool is_step(const char *at, size_t len)
{
    return len == 0 || (len == 1 && at[0] == '.') || (len == 2 && at[0] == '.' && at[1] == '.');
}

/* What is behind the last step that leads out of the place, or nowhere. */
static const char *below(const char *name)
{
    const char *from = name;
    for (const char *at = name; *at;) {
        const char *end = strchrnul(at, '/');
        if (is_step(at, (size_t)(end - at)))
            from = *end ? end + 1 : end;
        at = *end ? end + 1 : end;
    }
    return from;
}

void kind_clean_name(char *name)
{
    const char *from = below(name);
    const char *base = name[0] == '/' && strrchr(from, '/') ? strrchr(from, '/') + 1 : from;
    char *to = name;
    for (const char *at = base; *at;) {
        size_t n = utf8_char(at, strlen(at));
        size_t taken = n ? n : 1;
        if (n == 0 || utf8_is_control(at, n)) {
            *to++ = '_';
        } else {
            memmove(to, at, n);
            to += n;
        }
        at += taken;
    }
    if (to == name) /* "..", "/": a part's name is never empty, so that there is room */
        *to++ = '_';
    *to = '\0';
}

/* -- types -- */

static bool starts_with(const char *s, const char *start)
{
    return s && strncasecmp(s, start, strlen(start)) == 0;
}

/* What a client does not know it may call so; and a kind tells what its type may be. */
static bool is_doubtful(const struct part *p)
{
    if (!p->mime || strcasecmp(p->mime, "application/octet-stream") == 0)
        return true;
    if (p->kind == PART_IMAGE)
        return !starts_with(p->mime, "image/");
    return p->kind == PART_AUDIO && !starts_with(p->mime, "audio/");
}

static void set_mime(struct part *p, const char *mime)
{
    char *copy = xstrdup(mime);
    free(p->mime);
    p->mime = copy;
}

static void set_kind(struct part *p)
{
    if (mime_is_text(p->mime))
        p->kind = PART_FILE;
    else if (starts_with(p->mime, "image/"))
        p->kind = PART_IMAGE;
    else if (starts_with(p->mime, "audio/"))
        p->kind = PART_AUDIO;
    else
        p->kind = PART_FILE;
}

/* One of bytes that are all text is still no text where its front says what it is. */
static bool is_pdf(const struct part *p)
{
    return p->data_len > 5 && memcmp(p->data, "%PDF-", 5) == 0;
}

static enum error_code to_text(struct part *p, const char *charset, struct error *err)
{
    enum error_code code = text_convert(&p->data, &p->data_len, charset, ATTACHMENT_MAX, err);
    if (code == ERR_NONE)
        set_mime(p, PLAIN);
    return code;
}

static enum error_code ask_libmagic(struct part *p, struct sniff **sniff, struct error *err)
{
    char mime[SNIFF_NAME_MAX], charset[SNIFF_NAME_MAX];
    if (!*sniff && !(*sniff = sniff_new(err)))
        return err->code;
    enum error_code code = sniff_name(*sniff, p->data, p->data_len, mime, charset, err);
    if (code != ERR_NONE)
        return code;
    if (mime_is_text(mime) && strcmp(charset, "binary") != 0)
        return to_text(p, charset, err);
    set_mime(p, mime);
    return ERR_NONE;
}

static enum error_code find_type(struct part *p, struct sniff **sniff, struct error *err)
{
    size_t skip = 0;
    const char *charset = text_mark(p->data, p->data_len, &skip);
    if (!is_pdf(p) && text_is_plain(p->data, p->data_len)) {
        if (!mime_is_text(p->mime))
            set_mime(p, PLAIN);
        return charset ? to_text(p, charset, err) : ERR_NONE;
    }
    if (charset)
        return to_text(p, charset, err);
    return ask_libmagic(p, sniff, err);
}

enum error_code kind_hash(struct part *p, struct error *err)
{
    if (EVP_Digest(p->data, p->data_len, p->hash, NULL, EVP_sha256(), NULL) != 1)
        return error_set(err, ERR_INTERNAL, "an attachment cannot be hashed");
    p->hashed = true;
    return ERR_NONE;
}

enum error_code kind_settle(struct part *p, struct sniff **sniff, struct error *err)
{
    enum error_code code = ERR_NONE;
    if (p->name)
        kind_clean_name(p->name);
    if (p->data_len > ATTACHMENT_MAX)
        return error_set(err, ERR_TOO_LARGE, "an attachment has %zu bytes, and may have %zu MiB", p->data_len,
                         ATTACHMENT_MAX >> 20);
    if (is_doubtful(p) || mime_is_text(p->mime))
        code = find_type(p, sniff, err);
    if (code != ERR_NONE)
        return code;
    set_kind(p);
    return kind_hash(p, err);
}

bool kind_of_url(const char *url, enum part_kind *kind, const char **mime)
{
    static const struct {
        const char *end;
        enum part_kind kind;
        const char *mime;
    } ends[] = {{".png", PART_IMAGE, "image/png"},   {".jpg", PART_IMAGE, "image/jpeg"},
                {".jpeg", PART_IMAGE, "image/jpeg"}, {".gif", PART_IMAGE, "image/gif"},
                {".webp", PART_IMAGE, "image/webp"}, {".pdf", PART_FILE, "application/pdf"}};
    size_t len = strcspn(url, "?#");
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        size_t n = strlen(ends[i].end);
        if (len > n && strncasecmp(url + len - n, ends[i].end, n) == 0) {
            *kind = ends[i].kind;
            *mime = ends[i].mime;
            return true;
        }
    }
    return false;
}
