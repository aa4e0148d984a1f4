// layer: eval
// Bytes from outside as a list of pictures and their groups, in both of its forms, and as labels: every picture has a
// group in every column, every label a name, or it is an error.
#include <cstdlib>
#include <filesystem>
#include <string>

#include "clipkit/error.h"
#include "eval/bias.h"
#include "memory_file.h"

namespace {

void read(const std::filesystem::path& path) {
  try {
    const clipkit::GroupedPictures list = clipkit::read_grouped_pictures(path, {});
    if (list.columns.empty() || list.groups.size() != list.columns.size()) __builtin_trap();
    for (const auto& groups : list.groups) {
      if (groups.size() != list.files.size()) __builtin_trap();
    }
  } catch (const clipkit::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const MemoryFile file(data, size);
  read(file.path());
  // The same bytes under a name that says JSON lines.
  static const std::filesystem::path link =
      std::filesystem::temp_directory_path() / ("grouped-" + std::to_string(::getpid()) + ".jsonl");
  std::error_code error;
  std::filesystem::remove(link, error);
  std::filesystem::create_symlink(file.path(), link, error);
  read(link);
  std::filesystem::remove(link, error);
  try {
    for (const auto& label : clipkit::parse_bias_labels({reinterpret_cast<const char*>(data), size}, "fuzz"))
      if (label.name.empty()) __builtin_trap();
  } catch (const clipkit::Error&) {
  }
  return 0;
}
