#include "base/log.h"

#include <mutex>
#include <utility>

namespace clipkit {

namespace {
struct Sink {
  std::mutex mutex;
  LogSink call;
};
Sink& sink() {
  static Sink instance;
  return instance;
}
}  // namespace

void set_log_sink(LogSink new_sink) {
  std::lock_guard lock(sink().mutex);
  sink().call = std::move(new_sink);
}

void log(LogLevel level, std::string_view message) {
  std::lock_guard lock(sink().mutex);
  if (sink().call) sink().call(level, message);
}

}  // namespace clipkit
