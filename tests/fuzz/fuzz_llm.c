/* Any bytes as a logs.db: read or refused, in bounded time. */
#include "daemon/archive/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct archive_reader *r = archive_reader_new(ARCHIVE_LLM, 1 << 20, "/tmp");
    struct archive_conversation *c;
    struct error err;
    enum archive_step step;
    archive_feed(r, data, size);
    archive_end(r);
    while ((step = archive_next(r, &c, &err)) == ARCHIVE_CONVERSATION || step == ARCHIVE_SKIPPED)
        if (step == ARCHIVE_CONVERSATION)
            archive_conversation_free(c);
    archive_reader_free(r);
    return 0;
}
