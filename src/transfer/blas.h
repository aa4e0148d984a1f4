#pragma once

#include <cstddef>
#include <cstdint>

namespace clipkit {

// Products of double matrices, which oneDNN does not have: the few functions of OpenBLAS that we need. The library is
// opened when first asked for, so that no other command loads it (it starts threads and takes buffers at once). It runs
// one thread per call: callers divide the work, in pieces that do not depend on the number of threads, so that results
// do not either. All matrices are row-major; ld: elements from row to row.
struct Blas {
  // c (m, n) = alpha op(a) op(b) + beta c, the inner dimension is k.
  void gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, double alpha, const double* a, int64_t lda,
            const double* b, int64_t ldb, double beta, double* c, int64_t ldc) const;
  // x (m, n) := x l^-1, or x l^-T; l (n, n) lower triangular.
  void solve_right(bool trans, int64_t m, int64_t n, const double* l, int64_t ldl, double* x, int64_t ldx) const;
  // The lower triangle of a (n, n) becomes l with l l^T = a. False if a is not positive definite.
  bool cholesky(int64_t n, double* a, int64_t lda) const;

  const char* config = "";  // "OpenBLAS 0.3.21 ...": for reports

 private:
  friend const Blas& blas();
  Blas();
  void (*gemm_)(int, int, int, int, int, int, double, const double*, int, const double*, int, double, double*, int);
  void (*trsm_)(int, int, int, int, int, int, int, double, const double*, int, double*, int);
  void (*potrf_)(const char*, const int*, double*, const int*, int*, size_t);
};

// Opens OpenBLAS once per process; thread-safe. Errors: kUnsupported if it is not installed.
const Blas& blas();

}  // namespace clipkit
