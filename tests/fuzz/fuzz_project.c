/* A project file, which may come with any checkout: it is read, or the error says where it cannot be. */
#include "client/common/escape.h"
#include "client/common/project_file.h"
#include "lib/base/utf8.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is shown before it is trusted holds nothing but what is seen. */
static void require_visible(const struct buf *content)
{
    struct buf shown;
    buf_init(&shown, SIZE_MAX / 2);
    escape_visible(&shown, (const char *)content->data, content->len, "\n\t");
    if (shown.failed || escape_harmless((const char *)shown.data, shown.len, "\n\t") != shown.len)
        abort();
    buf_done(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct project_file p;
    struct error err = ERROR_INIT;
    char keys[64];
    project_file_init(&p);
    (void)strcpy(p.path, "/p/.askd");
    if (buf_append(&p.content, data, size)) {
        enum error_code code = project_file_read(&p, &err);
        if (code == ERR_NONE && p.n_attach > PROJECT_PATTERNS)
            abort();
        if (code != ERR_NONE && !utf8_valid(err.message, strlen(err.message)))
            abort();
        project_file_keys(&p, keys, sizeof keys);
        require_visible(&p.content);
    }
    project_file_done(&p);
    return 0;
}
