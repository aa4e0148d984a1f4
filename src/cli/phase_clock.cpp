#include "cli/phase_clock.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "cli/terminal.h"

namespace clipkit::cli {

namespace {

// How long this process has lived: what it took to load the program and its libraries is seen by nobody else. 0 where
// the kernel does not say.
std::chrono::nanoseconds age_of_process() {
  constexpr int kStartTime = 22 - 3;  // field of proc(5)'s stat, counted from the first one behind the name
  std::ifstream file("/proc/self/stat");
  const std::string stat{std::istreambuf_iterator<char>(file), {}};
  std::istringstream fields(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
  std::string skipped;
  for (int i = 0; i < kStartTime; ++i) fields >> skipped;
  int64_t ticks = 0;
  timespec now{};
  if (!(fields >> ticks) || clock_gettime(CLOCK_BOOTTIME, &now) != 0) return {};
  const std::chrono::nanoseconds begin{ticks * (1'000'000'000 / sysconf(_SC_CLK_TCK))};
  return std::max({}, std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec) - begin);
}

}  // namespace

PhaseClock::PhaseClock() : last_(Clock::now() - age_of_process()) {}

void PhaseClock::spent_on(const char* phase) {
  const Clock::time_point now = Clock::now();
  auto entry = std::find_if(seconds_.begin(), seconds_.end(), [&](const auto& known) { return known.first == phase; });
  if (entry == seconds_.end()) entry = seconds_.insert(entry, {phase, 0.0});
  entry->second += std::chrono::duration<double>(now - last_).count();
  last_ = now;
}

std::string PhaseClock::report() const {
  double sum = 0;
  std::string parts;
  for (const auto& [phase, seconds] : seconds_) {
    sum += seconds;
    parts += (parts.empty() ? ": " : ", ") + phase + " " + fixed(seconds, 3);
  }
  return fixed(sum, 3) + " s" + parts;
}

}  // namespace clipkit::cli
