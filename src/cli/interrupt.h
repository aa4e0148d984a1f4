#pragma once

#include <stdexcept>

namespace clipkit::cli {

// Ctrl-C was pressed and the work was put down in good order: exit status 128 + signal, as shells have it.
struct Interrupted : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// From now on Ctrl-C (or SIGTERM) says that it ended the program, for commands that have nothing to put in order: files
// have their names only when they are whole.
void say_when_interrupted();

// While it lives, the first Ctrl-C (or SIGTERM, or SIGUSR1, which mpirun and batch systems pass on) only raises a flag;
// the second ends the program at once.
// For commands that have something to put in order; the others are ended at once by the first. On the main thread.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  static bool requested() noexcept;
  static int exit_status() noexcept;
};

}  // namespace clipkit::cli
