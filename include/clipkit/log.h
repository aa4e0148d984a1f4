#pragma once

#include <functional>
#include <string_view>

#include "clipkit/export.h"

namespace clipkit {

enum class LogLevel { kInfo, kWarning };

using LogSink = std::function<void(LogLevel, std::string_view message)>;

// Installs what receives the library's messages; the library itself never prints. Without a sink, or with an empty one,
// messages are dropped. Thread-safe; the sink may be called from any thread, one call at a time.
CLIPKIT_API void set_log_sink(LogSink sink);

}  // namespace clipkit
