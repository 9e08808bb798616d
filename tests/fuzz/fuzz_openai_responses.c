#define FUZZ_API "openai-responses"
#define FUZZ_STREAM "text/event-stream"
#include "tests/fuzz/adapter.h"
