#pragma once

#include <cstdint>
#include <functional>

namespace clipkit {

// Calls body(i) for every i in [0, n) on up to `threads` threads of its own: for work that waits for the disk, of which
// more than there are processors make sense. Throws what the call with the lowest i threw, after all have ended.
void on_threads(int64_t n, int threads, const std::function<void(int64_t)>& body);

}  // namespace clipkit
