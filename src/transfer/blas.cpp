#include "transfer/blas.h"

#include <dlfcn.h>

#include "base/check.h"

namespace clipkit {

namespace {

// The C interface's enumerators, which are the same in every BLAS.
constexpr int kRowMajor = 101, kNoTrans = 111, kTrans = 112, kLower = 122, kNonUnit = 131, kRight = 142;

template <class Function>
void find(void* library, Function& function, const char* name) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (function == nullptr) fail(ErrorCode::kUnsupported, "OpenBLAS has no function ", name);
}

int size(int64_t n) {
  CLIPKIT_CHECK(n >= 0 && n <= INT32_MAX, "a matrix of ", n, " rows or columns is more than OpenBLAS takes");
  return static_cast<int>(n);
}

}  // namespace

Blas::Blas() {
  void* library = ::dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    fail(ErrorCode::kUnsupported, "linear probes need OpenBLAS (Debian package libopenblas0): ", ::dlerror());
  }
  find(library, gemm_, "cblas_dgemm");
  find(library, trsm_, "cblas_dtrsm");
  find(library, potrf_, "dpotrf_");
  void (*set_num_threads)(int);
  find(library, set_num_threads, "openblas_set_num_threads");
  set_num_threads(1);
  char* (*get_config)();
  find(library, get_config, "openblas_get_config");
  config = get_config();
}

void Blas::gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, double alpha, const double* a, int64_t lda,
                const double* b, int64_t ldb, double beta, double* c, int64_t ldc) const {
  gemm_(kRowMajor, trans_a ? kTrans : kNoTrans, trans_b ? kTrans : kNoTrans, size(m), size(n), size(k), alpha, a,
        size(lda), b, size(ldb), beta, c, size(ldc));
}

void Blas::solve_right(bool trans, int64_t m, int64_t n, const double* l, int64_t ldl, double* x, int64_t ldx) const {
  trsm_(kRowMajor, kRight, kLower, trans ? kTrans : kNoTrans, kNonUnit, size(m), size(n), 1, l, size(ldl), x,
        size(ldx));
}

bool Blas::cholesky(int64_t n, double* a, int64_t lda) const {
  // LAPACK counts columns first: its upper triangle is our lower one.
  const int order = size(n), stride = size(lda);
  int info = 0;
  potrf_("U", &order, a, &stride, &info, 1);
  return info == 0;
}

const Blas& blas() {
  static const Blas library;
  return library;
}

}  // namespace clipkit
