#include "cli/terminal.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <mutex>

#include "clipkit/error.h"
#include "clipkit/log.h"

namespace clipkit::cli {

namespace {

// Guards standard error and says whether a progress line stands there.
std::mutex stderr_mutex;
bool progress_shown = false;

void write_stderr(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void wipe_progress() {
  if (progress_shown) write_stderr("\r\033[K");
  progress_shown = false;
}

[[noreturn]] void fail_output() {
  throw Error(ErrorCode::kIo, std::string("standard output: cannot write: ") + std::strerror(errno));
}

}  // namespace

void message(std::string_view text) {
  std::string line = "clipkit: ";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      line += c;
    } else {
      constexpr char kHex[] = "0123456789abcdef";
      line += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  line += '\n';
  const std::lock_guard lock(stderr_mutex);
  wipe_progress();
  write_stderr(line);
}

void show_notes() {
  set_log_sink([](LogLevel level, std::string_view text) {
    message((level == LogLevel::kWarning ? "warning: " : "") + std::string(text));
  });
}

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) fail_output();
}

void flush_output() {
  if (std::fflush(stdout) != 0) fail_output();
}

StatusLine::StatusLine() : visible_(::isatty(STDERR_FILENO) == 1) {}

StatusLine::~StatusLine() {
  const std::lock_guard lock(stderr_mutex);
  wipe_progress();
}

bool StatusLine::is_due() const {
  return visible_ && std::chrono::steady_clock::now() - shown_ >= std::chrono::milliseconds(100);
}

void StatusLine::show(std::string_view text) {
  if (!visible_) return;
  shown_ = std::chrono::steady_clock::now();
  const std::lock_guard lock(stderr_mutex);
  write_stderr("\r" + std::string(text) + "\033[K");
  progress_shown = true;
}

Progress::Progress(std::string what, int64_t total, int64_t done, Unit unit)
    : what_(std::move(what)), total_(total), first_(done), unit_(unit), start_(Clock::now()) {}

void Progress::update(int64_t done, int64_t total) {
  total_ = total;
  const auto now = Clock::now();
  if (first_ < 0) {
    first_ = done;
    start_ = now;
  }
  if (!line_.is_due()) return;
  const auto amount = [&](int64_t value) { return unit_ == Unit::kBytes ? human_bytes(value) : std::to_string(value); };
  std::string line = what_ + " " + amount(done);
  if (total_ > 0) line += " of " + amount(total_);
  const double seconds = std::chrono::duration<double>(now - start_).count();
  if (seconds >= 1 && done > first_) {
    const double rate = static_cast<double>(done - first_) / seconds;
    line +=
        unit_ == Unit::kBytes ? ", " + human_bytes(static_cast<int64_t>(rate)) + "/s" : ", " + fixed(rate, 1) + "/s";
    if (total_ > done) line += ", " + human_seconds(static_cast<double>(total_ - done) / rate) + " left";
  }
  line_.show(line);
}

std::string human_bytes(int64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  double value = static_cast<double>(bytes);
  const char* unit = "B";
  for (const char* next : {"kB", "MB", "GB", "TB"}) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return fixed(value, 1) + " " + unit;
}

std::string human_seconds(double seconds) {
  if (seconds < 120) return fixed(seconds, 0) + " s";
  if (seconds < 7200) return fixed(seconds / 60, 1) + " min";
  return fixed(seconds / 3600, 1) + " h";
}

std::string fixed(double value, int digits) {
  char buffer[64];
  const int length = std::snprintf(buffer, sizeof buffer, "%.*f", digits, value);
  return {buffer, static_cast<size_t>(length)};
}

}  // namespace clipkit::cli
