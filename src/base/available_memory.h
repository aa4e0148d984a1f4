#pragma once

#include <cstddef>

namespace clipkit {

// Bytes that this process may still take: the machine's, or what its control group leaves. 0: unknown.
size_t available_memory();

}  // namespace clipkit
