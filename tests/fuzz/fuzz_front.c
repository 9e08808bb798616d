/* A prompt's file with its front block: either an error that names a line, or values within their bounds, and a text
 * that is the rest of the file. */
#include "daemon/prompt/front.h"
#include "lib/base/utf8.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth)
        abort();
}

static void check(const struct front *f)
{
    if (f->description) {
        const size_t len = strlen(f->description);
        require(len > 0 && len <= FRONT_DESCRIPTION_MAX && utf8_valid(f->description, len));
        require(!strchr(f->description, '\n'));
    }
    if (f->model)
        require(f->model[0] != '\0' && strlen(f->model) <= FRONT_MODEL_MAX && !strchr(f->model, '\n'));
    if (f->has_temperature)
        require(f->temperature >= 0 && f->temperature <= 2);
    require(f->reasoning_budget >= 0 && !(f->reasoning && f->reasoning_budget));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct front f;
    struct error err = ERROR_INIT;
    size_t body = 0;
    if (size > 0 && (memchr(data, '\0', size) || !utf8_valid(data, size)))
        return 0; /* such files are refused before */
    if (front_read((const char *)data, size, &f, &body, &err) == ERR_NONE) {
        require(body <= size);
        check(&f);
    } else {
        require(strncmp(err.message, "line ", 5) == 0);
    }
    front_done(&f);
    return 0;
}
