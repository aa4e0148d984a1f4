#include "runtime/open_backend.h"

#include "base/check.h"
#include "cpu/cpu_backend.h"

namespace clipkit {

std::unique_ptr<Backend> open_backend(std::string_view device, DType operands) {
  if (device == "cpu" || device == "auto") return make_cpu_backend(operands);
  if (device.starts_with("cuda")) {
    fail(ErrorCode::kUnsupported, "device \"", device, "\": this build of clipkit has no CUDA backend; use cpu");
  }
  fail(ErrorCode::kInvalidArgument, "unknown device \"", device, "\", expected cpu or auto");
}

}  // namespace clipkit
