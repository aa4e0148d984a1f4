#include "base/module.h"

#include <dlfcn.h>

#include <filesystem>

#include "base/concat.h"

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

}  // namespace

const void* open_module(const char* file, const char* entry, std::string& reason) {
  const std::filesystem::path beside = own_folder() / file;
  std::error_code error;
  const bool is_beside = std::filesystem::exists(beside, error);
  void* module = ::dlopen(is_beside ? beside.c_str() : file, RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    reason = ::dlerror();
    if (!is_beside) reason += concat(" (looked in ", own_folder().string(), ", then where the loader looks)");
    return nullptr;
  }
  using Entry = const void* (*)();
  const auto function = reinterpret_cast<Entry>(::dlsym(module, entry));
  reason = function == nullptr ? concat(file, " has no function ", entry) : "";
  return function == nullptr ? nullptr : function();
}

}  // namespace clipkit
