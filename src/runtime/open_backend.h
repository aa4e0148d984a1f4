#pragma once

#include <memory>
#include <string_view>

#include "ops/backend.h"

namespace clipkit {

// The backend of a device: "cpu", or "auto" for the best there is. operands: kFloat32, kBFloat16 or kInt8. The one
// place that knows which backends were built. Errors: kUnsupported for a device that this build or machine lacks,
// kInvalidArgument for a name that is none.
std::unique_ptr<Backend> open_backend(std::string_view device, DType operands);

}  // namespace clipkit
