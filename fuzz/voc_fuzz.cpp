// layer: data
// Bytes from outside as PASCAL VOC's lists: those of the split and, behind the first zero byte, those of a class.
#include <filesystem>
#include <fstream>

#include "clipkit/error.h"
#include "data/sets/voc.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(text.find('\0'), size);
  // The names of the files are made of each other, so that they lie in a folder; a memory file has none.
  static const std::filesystem::path folder = [] {
    std::string pattern = (std::filesystem::temp_directory_path() / "voc_fuzz_XXXXXX").string();
    return std::filesystem::path(::mkdtemp(pattern.data()));
  }();
  std::ofstream(folder / "test.txt", std::ios::binary) << text.substr(0, end);
  std::ofstream(folder / "dog_test.txt", std::ios::binary) << text.substr(std::min(end + 1, size));
  try {
    for (const clipkit::LabelledFile& file : clipkit::list_voc(folder / "test.txt", {"dog"}, "{}.jpg")) {
      if (file.labels.present.size() + file.labels.ignored.size() > 1) __builtin_trap();
    }
  } catch (const clipkit::Error&) {
  }
  std::filesystem::remove(folder / "test.txt");
  std::filesystem::remove(folder / "dog_test.txt");
  return 0;
}
