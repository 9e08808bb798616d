/* Any page is read or refused; what was read is written and read again as the same. */
#include "daemon/archive/markdown.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool reads(const char *page, size_t len, struct buf *out)
{
    struct archive_conversation *c;
    struct error err = ERROR_INIT;
    if (archive_read_markdown(page, len, &c, &err) != ERR_NONE)
        return false;
    bool good = archive_write_markdown(out, c, &err) == ERR_NONE;
    archive_conversation_free(c);
    if (!good)
        abort();
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf once, twice;
    buf_init(&once, 64 << 20);
    buf_init(&twice, 64 << 20);
    if (reads((const char *)data, size, &once) &&
        (!reads((const char *)once.data, once.len, &twice) || once.len != twice.len ||
         memcmp(once.data, twice.data, once.len) != 0))
        abort();
    buf_done(&once);
    buf_done(&twice);
    return 0;
}
