#include "base/available_memory.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

namespace clipkit {

namespace {

// The number behind a name at the beginning of a line; 0 where there is none.
size_t number_after(std::string_view name, const char* path) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name)) return std::strtoull(line.c_str() + name.size(), nullptr, 10);
  }
  return 0;
}

}  // namespace

size_t available_memory() {
  size_t available = number_after("MemAvailable:", "/proc/meminfo") * 1024;
  // Of the control group, version 2, where there is one; "max" is no number.
  size_t limit = 0, used = 0;
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> limit && std::ifstream("/sys/fs/cgroup/memory.current") >> used) {
    // Files that were read count as used until somebody needs the room.
    constexpr const char* kStatistics = "/sys/fs/cgroup/memory.stat";
    const size_t files = number_after("inactive_file ", kStatistics) + number_after("active_file ", kStatistics);
    const size_t left = limit - std::min(limit, used - std::min(used, files));
    available = std::max<size_t>(1, available > 0 ? std::min(available, left) : left);
  }
  return available;
}

}  // namespace clipkit
