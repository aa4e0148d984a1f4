#pragma once

#include <functional>

namespace clipkit {

// Runs the work on the one thread of the process that owns the OpenMP team and waits for it. An exception that the work
// throws is thrown here. Calls from several threads queue up; a call from the compute thread itself runs at once.
void run_on_compute_thread(const std::function<void()>& work);

}  // namespace clipkit
