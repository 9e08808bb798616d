#define FUZZ_API "openai-chat"
#define FUZZ_STREAM "text/event-stream"
#include "tests/fuzz/adapter.h"
