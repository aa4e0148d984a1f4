#pragma once

#include <string_view>

#include "base/concat.h"
#include "clipkit/log.h"

namespace clipkit {

void log(LogLevel level, std::string_view message);

template <class... Args>
void log_warning(const Args&... args) {
  log(LogLevel::kWarning, concat(args...));
}
template <class... Args>
void log_info(const Args&... args) {
  log(LogLevel::kInfo, concat(args...));
}

}  // namespace clipkit
