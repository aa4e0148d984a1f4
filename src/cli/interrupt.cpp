#include "cli/interrupt.h"

#include <unistd.h>

#include <csignal>

namespace clipkit::cli {

namespace {
volatile std::sig_atomic_t received = 0;

void remember(int signal) {
  received = signal;
}

// Ends by the signal itself, so that a shell's loop over this program ends too.
void end(int signal) {
  constexpr char kText[] = "\nclipkit: stopped\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kText, sizeof kText - 1);
  std::raise(signal);
}

void on_signal(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;  // the second signal meets the default action
  sigaction(signal, &action, nullptr);
}
}  // namespace

void say_when_interrupted() {
  on_signal(SIGINT, end);
  on_signal(SIGTERM, end);
}

InterruptGuard::InterruptGuard() {
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) on_signal(signal, remember);
}

InterruptGuard::~InterruptGuard() {
  say_when_interrupted();
  std::signal(SIGUSR1, SIG_DFL);
}

bool InterruptGuard::requested() noexcept {
  return received != 0;
}

int InterruptGuard::exit_status() noexcept {
  return 128 + (received != 0 ? received : SIGINT);
}

}  // namespace clipkit::cli
