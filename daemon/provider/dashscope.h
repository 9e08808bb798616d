/* Qwen's own API on DashScope (https://help.aliyun.com/zh/model-studio/dashscope-api-reference). */
#ifndef ASKD_PROVIDER_DASHSCOPE_H
#define ASKD_PROVIDER_DASHSCOPE_H

#include "daemon/provider/provider.h"

extern const struct provider_ops dashscope_ops;
extern const struct grammar dashscope_grammar; /* for dashscope.c */

#endif
