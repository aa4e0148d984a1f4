#include "dist/mpi_library.h"

#include <dlfcn.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "base/check.h"

namespace clipkit {

namespace {

// The folder of the file that this code is in: libclipkit.so, or a program that was linked statically.
std::filesystem::path own_folder() {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code error;
  const auto file = std::filesystem::canonical(info.dli_fname, error);
  return error ? std::filesystem::path() : file.parent_path();
}

void* open_module() {
  const std::filesystem::path beside = own_folder() / kClipkitMpiModule;
  std::error_code error;
  const bool is_beside = std::filesystem::exists(beside, error);
  void* module = ::dlopen(is_beside ? beside.c_str() : kClipkitMpiModule, RTLD_NOW | RTLD_LOCAL);
  if (module != nullptr) return module;
  fail(
      ErrorCode::kUnsupported, "an MPI launcher started this process, but MPI cannot be used: ", ::dlerror(),
      is_beside ? "" : concat(" (looked in ", own_folder().string(), ", then where the loader looks)"),
      ". Build clipkit with -DCLIPKIT_MPI=ON, which needs an MPI such as Debian's libopenmpi-dev, or start it without ",
      "the launcher");
}

const ClipkitMpiFunctions& open_functions() {
  const auto entry = reinterpret_cast<ClipkitMpiEntry>(::dlsym(open_module(), kClipkitMpiEntry));
  const ClipkitMpiFunctions* functions = entry != nullptr ? entry() : nullptr;
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
