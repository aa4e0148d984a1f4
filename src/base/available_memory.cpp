#include "base/available_memory.h"

#include <algorithm>
#include <fstream>
#include <string>

namespace clipkit {

size_t available_memory() {
  size_t available = 0;
  std::ifstream machine("/proc/meminfo");
  for (std::string name, unit; machine >> name;) {
    size_t kilobytes = 0;
    if (!(machine >> kilobytes)) break;
    if (name == "MemAvailable:") {
      available = kilobytes * 1024;
      break;
    }
    std::getline(machine, unit);
  }
  size_t limit = 0, used = 0;  // of the control group, where there is one; "max" is no number
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> limit && std::ifstream("/sys/fs/cgroup/memory.current") >> used) {
    available = std::min(available, limit - std::min(limit, used));
  }
  return available;
}

}  // namespace clipkit
