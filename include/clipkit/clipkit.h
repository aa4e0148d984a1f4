#pragma once

// All of clipkit's public API. Start with examples/zero_shot.cpp.
#include "clipkit/benchmark.h"
#include "clipkit/checkpoint.h"
#include "clipkit/config.h"
#include "clipkit/error.h"
#include "clipkit/fetch.h"
#include "clipkit/image.h"
#include "clipkit/log.h"
#include "clipkit/model.h"
#include "clipkit/npy.h"
#include "clipkit/precision.h"
#include "clipkit/preprocess.h"
#include "clipkit/prompts.h"
#include "clipkit/tensor.h"
#include "clipkit/tensor_file.h"
#include "clipkit/tokenizer.h"
#include "clipkit/train.h"
