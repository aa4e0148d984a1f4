#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace clipkit::cli {

// One line "clipkit: ..." on standard error. Control characters are shown as \xNN: file names come from anywhere, and a
// terminal obeys them. Thread-safe.
void message(std::string_view text);
// From now on the library's notes are such lines too, and not only its warnings: for commands that run long.
void show_notes();

// Standard output. Errors: clipkit::Error(kIo), e.g. a full disk; only flush_output() is sure to notice.
void print(std::string_view text);
void flush_output();

// One line of standard error that is written over again and again, if that is a terminal. One at a time.
class StatusLine {
 public:
  StatusLine();
  ~StatusLine();  // wipes the line
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  // Whether a new text would be shown now: at most ten a second are.
  bool is_due() const;
  void show(std::string_view text);

 private:
  bool visible_;
  std::chrono::steady_clock::time_point shown_{};
};

// Count, rate and time left on one line of standard error, if that is a terminal. One at a time.
class Progress {
 public:
  enum class Unit { kItems, kBytes };
  // total 0: unknown. done is what was there at the start, -1: as much as the first update says.
  Progress(std::string what, int64_t total, int64_t done = 0, Unit unit = Unit::kItems);
  void update(int64_t done, int64_t total);
  void update(int64_t done) { update(done, total_); }

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  int64_t total_, first_;
  Unit unit_;
  StatusLine line_;
  Clock::time_point start_;
};

// "338.0 MB", "2.5 min": for people. Bytes in powers of ten, as disks and networks count.
std::string human_bytes(int64_t bytes);
std::string human_seconds(double seconds);
// A number with the given digits after the point.
std::string fixed(double value, int digits);

}  // namespace clipkit::cli
