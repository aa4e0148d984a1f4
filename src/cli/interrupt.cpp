#include "cli/interrupt.h"

#include <csignal>

namespace clipkit::cli {

namespace {
volatile std::sig_atomic_t received = 0;

void remember(int signal) {
  received = signal;
}
}  // namespace

InterruptGuard::InterruptGuard() {
  struct sigaction action = {};
  action.sa_handler = remember;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;  // the second signal meets the default action
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGUSR1, &action, nullptr);
}

InterruptGuard::~InterruptGuard() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGUSR1, SIG_DFL);
}

bool InterruptGuard::requested() noexcept {
  return received != 0;
}

int InterruptGuard::exit_status() noexcept {
  return 128 + (received != 0 ? received : SIGINT);
}

}  // namespace clipkit::cli
