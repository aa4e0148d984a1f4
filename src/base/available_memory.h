#pragma once

#include <cstddef>

namespace clipkit {

// Bytes that this process may still take: what the machine has, or its control group (version 2) leaves, where the
// cache of files counts as free. 0: unknown.
size_t available_memory();

}  // namespace clipkit
