#pragma once

#include <map>
#include <string>

#include "clipkit/tensor.h"

namespace clipkit {

// Named tensors of a checkpoint. Values usually point into a mapped file, which they keep alive: read them, never
// write.
using StateDict = std::map<std::string, Tensor, std::less<>>;

}  // namespace clipkit
