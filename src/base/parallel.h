#pragma once

#include <algorithm>
#include <cstdint>

namespace clipkit {

// The compute threads: one OpenMP team, shared with oneDNN. Two teams that spin while they wait would cost a third of
// the speed, so only the compute thread (compute_thread.h) may call what is below.

// Threads in the team; 1 without OpenMP. The default is the number of processors this process may use.
int num_compute_threads() noexcept;

// Sets the size of the team; 0 restores the default. Results do not depend on it.
void set_num_compute_threads(int threads);

// Which thread of the team runs the calling body: 0 to num_compute_threads() - 1.
int compute_thread_index() noexcept;

// Calls body(i) for every i in [0, n), in any order, on the team's threads. body must not throw.
template <class Body>
void parallel_for(int64_t n, const Body& body) noexcept {
#ifdef _OPENMP
#pragma omp parallel for schedule(static) if (n > 1)
#endif
  for (int64_t i = 0; i < n; ++i) body(i);
}

// The same where single calls differ much in cost.
template <class Body>
void parallel_for_dynamic(int64_t n, const Body& body) noexcept {
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 1) if (n > 1)
#endif
  for (int64_t i = 0; i < n; ++i) body(i);
}

// Calls body(begin, count) for pieces of n elements that are each worth a thread. Where the pieces begin depends on n
// alone.
inline constexpr int64_t kPieceElements = 1 << 14;
template <class Body>
void parallel_for_pieces(int64_t n, const Body& body) noexcept {
  parallel_for((n + kPieceElements - 1) / kPieceElements, [&](int64_t piece) {
    body(piece * kPieceElements, std::min(kPieceElements, n - piece * kPieceElements));
  });
}

}  // namespace clipkit
