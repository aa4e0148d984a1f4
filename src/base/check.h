#pragma once

#include <cassert>

#include "base/concat.h"
#include "clipkit/error.h"

namespace clipkit {

// Throws Error(code) with the message concat(args...). Out of line, so that checks stay small where they stand.
template <class... Args>
[[noreturn, gnu::cold, gnu::noinline]] void fail(ErrorCode code, const Args&... args) {
  throw Error(code, concat(args...));
}

}  // namespace clipkit

// Guards a public entry point; always on. CLIPKIT_CHECK(n > 0, "batch size is ", n, ", expected at least 1").
#define CLIPKIT_CHECK(condition, ...)                                       \
  do {                                                                      \
    if (!(condition)) [[unlikely]]                                          \
      ::clipkit::fail(::clipkit::ErrorCode::kInvalidArgument, __VA_ARGS__); \
  } while (false)

// States an internal truth; checked in debug builds only.
#define CLIPKIT_ASSERT(condition) assert(condition)
