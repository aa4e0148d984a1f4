// layer: report
// Bytes from outside as a metrics log: what is kept of it is read again to the same lines.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "clipkit/error.h"
#include "report/metrics_log.h"

using namespace clipkit;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view log(reinterpret_cast<const char*>(data), size);
  try {
    size_t kept = 0, lines = 0, lines_again = 0;
    read_metrics(log, "fuzz", [&](int64_t step, const Json&, size_t end) {
      if (step > 100) return false;
      kept = end;
      ++lines;
      return true;
    });
    read_metrics(log.substr(0, kept), "fuzz", [&](int64_t, const Json&, size_t) { return ++lines_again > 0; });
    if (lines != lines_again) std::abort();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCorrupt) std::abort();
  }
  return 0;
}
