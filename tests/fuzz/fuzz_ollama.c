#define FUZZ_API "ollama"
#define FUZZ_STREAM "application/x-ndjson"
#include "tests/fuzz/adapter.h"
