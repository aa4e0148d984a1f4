#include "base/parallel.h"

#ifdef _OPENMP
#include <omp.h>
#endif

namespace clipkit {

#ifdef _OPENMP
int num_compute_threads() noexcept {
  return omp_get_max_threads();
}
void set_num_compute_threads(int threads) {
  omp_set_num_threads(threads > 0 ? threads : omp_get_num_procs());
}
int compute_thread_index() noexcept {
  return omp_get_thread_num();
}
#else
int compute_thread_index() noexcept {
  return 0;
}
int num_compute_threads() noexcept {
  return 1;
}
void set_num_compute_threads(int) {}
#endif

}  // namespace clipkit
