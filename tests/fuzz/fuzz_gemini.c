#define FUZZ_API "gemini"
#define FUZZ_STREAM "text/event-stream"
#include "tests/fuzz/adapter.h"
