/* json and chatgpt: a file cut in two anywhere gives what it gives whole. First byte: which, second: where it is cut.
 */
#include "daemon/archive/reader.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    size_t conversations, messages, skipped;
    bool failed;
};

static void drain(struct archive_reader *r, struct seen *s)
{
    struct archive_conversation *c;
    struct error err;
    for (;;) {
        switch (archive_next(r, &c, &err)) {
        case ARCHIVE_CONVERSATION:
            s->conversations++;
            s->messages += c->n_messages;
            for (size_t i = 0; i < c->n_messages; i++)
                if (c->messages[i].parent != ARCHIVE_NONE && c->messages[i].parent >= i)
                    abort();
            archive_conversation_free(c);
            break;
        case ARCHIVE_SKIPPED: s->skipped++; break;
        case ARCHIVE_FAILED: s->failed = true; return;
        default: return;
        }
    }
}

static struct seen read_cut(enum archive_format format, const uint8_t *data, size_t size, size_t at)
{
    struct archive_reader *r = archive_reader_new(format, 1 << 16, "");
    struct seen s = {0};
    archive_feed(r, data, at);
    drain(r, &s);
    if (!s.failed) {
        archive_feed(r, data + at, size - at);
        archive_end(r);
        drain(r, &s);
    }
    archive_reader_free(r);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 + 512) /* what a file is may be told by its first bytes, which have to be there */
        return 0;
    enum archive_format format = data[0] & 1 ? ARCHIVE_CHATGPT : ARCHIVE_JSON;
    size_t n = size - 2, at = 512 + (n - 512) * data[1] / 256;
    struct seen whole = read_cut(format, data + 2, n, n), cut = read_cut(format, data + 2, n, at);
    if (whole.conversations != cut.conversations || whole.messages != cut.messages || whole.skipped != cut.skipped ||
        whole.failed != cut.failed)
        abort();
    return 0;
}
