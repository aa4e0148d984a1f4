#include "dist/mpi_library.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

#include "base/check.h"
#include "base/module.h"

namespace clipkit {

namespace {

const ClipkitMpiFunctions& open_functions() {
  std::string reason;
  const auto* functions =
      static_cast<const ClipkitMpiFunctions*>(open_module(kClipkitMpiModule, kClipkitMpiEntry, reason));
  if (functions == nullptr && !reason.empty()) {
    fail(ErrorCode::kUnsupported, "an MPI launcher started this process, but MPI cannot be used: ", reason,
         ". Build clipkit with -DCLIPKIT_MPI=ON, which needs an MPI such as Debian's libopenmpi-dev, or start it ",
         "without the launcher");
  }
  if (functions == nullptr || functions->version != kClipkitMpiVersion) {
    fail(ErrorCode::kUnsupported, kClipkitMpiModule, ": built for another version of clipkit: expected interface ",
         kClipkitMpiVersion, ", found ", functions != nullptr ? functions->version : 0);
  }
  return *functions;
}

}  // namespace

const ClipkitMpiFunctions& mpi_functions() {
  static const ClipkitMpiFunctions& functions = open_functions();
  return functions;
}

int launched_processes() {
  // Open MPI; MPICH, Intel MPI and Slurm's PMI-2.
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    const char* text = std::getenv(name);
    if (text == nullptr) continue;
    const std::string_view value(text);
    int count = 0;
    const auto end = std::from_chars(value.data(), value.data() + value.size(), count);
    return end.ec == std::errc() && count > 0 ? count : -1;
  }
  return std::getenv("PMIX_RANK") != nullptr ? -1 : 0;  // Slurm with PMIx
}

}  // namespace clipkit
