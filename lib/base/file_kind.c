#include "lib/base/file_kind.h"
#include <string.h>
#include <strings.h>

#define SQLITE_MAGIC "SQLite format 3" /* and a NUL */

static const struct kind {
    size_t at;
    const char *magic;
    size_t len;
    const char *advice;
} kinds[] = {
#define KIND(at, magic, advice)                                                                                        \
    {                                                                                                                  \
        at, magic, sizeof(magic) - 1, advice                                                                           \
    }
    KIND(0, "PK\3\4", "this is a zip archive: unpack it and import the conversations.json that is in it"),
    KIND(0, "PK\5\6", "this is an empty zip archive: ask for the export again"),
    KIND(0, "\x1f\x8b", "this is compressed (gzip): unpack it first (gunzip, or tar -xzf)"),
    KIND(0, "BZh", "this is compressed (bzip2): unpack it first (bunzip2)"),
    KIND(0,
         "\xfd"
         "7zXZ",
         "this is compressed (xz): unpack it first (unxz)"),
    KIND(0, "\x28\xb5\x2f\xfd", "this is compressed (zstd): unpack it first (unzstd)"),
    KIND(0, "7z\xbc\xaf\x27\x1c", "this is a 7z archive: unpack it and import the file that is in it"),
    KIND(257, "ustar", "this is a tar archive: unpack it and import the file that is in it"),
    KIND(0, "%PDF-", "this is a PDF: only text can be imported"),
    KIND(0, "<!DOCTYPE html", "this is a web page (chat.html?): import the conversations.json beside it"),
    KIND(0, "<html", "this is a web page (chat.html?): import the conversations.json beside it"),
    KIND(0, SQLITE_MAGIC "\0", "this is an SQLite database: its format is llm"),
#undef KIND
};

bool file_kind_sqlite(const void *data, size_t len)
{
    return len >= sizeof(SQLITE_MAGIC) && memcmp(data, SQLITE_MAGIC, sizeof(SQLITE_MAGIC)) == 0;
}

const char *file_kind_advice(const void *data, size_t len)
{
    const char *s = data;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const struct kind *k = &kinds[i];
        if (len >= k->at + k->len && (memcmp(s + k->at, k->magic, k->len) == 0 ||
                                      (k->magic[0] == '<' && strncasecmp(s + k->at, k->magic, k->len) == 0)))
            return k->advice;
    }
    return NULL;
}
