#pragma once

#include "dist/mpi_functions.h"

namespace clipkit {

// Opens clipkit_mpi.so: beside the library (or the program that holds it), else where the loader looks by name. Once
// per process; it stays open. Errors: kUnsupported, saying how to build it.
const ClipkitMpiFunctions& mpi_functions();

// The number of processes that an MPI launcher says it started: 0 without one, -1 if it does not say.
int launched_processes();

}  // namespace clipkit
