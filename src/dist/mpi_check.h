#pragma once

#include "base/check.h"
#include "dist/mpi_functions.h"

namespace clipkit {

// What a function of the module returned. Errors: kIo, with MPI's reason.
inline void check_mpi(const ClipkitMpiFunctions& mpi, int result, const char* call) {
  if (result != 0) fail(ErrorCode::kIo, "MPI: ", call, ": ", mpi.last_error());
}

}  // namespace clipkit
