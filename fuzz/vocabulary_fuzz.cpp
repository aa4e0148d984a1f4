// layer: text
// Hugging Face's tokenizer files: a whole tokenizer.json, or vocab.json and merges.txt separated by a zero byte.
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/file_writer.h"
#include "clipkit/error.h"
#include "clipkit/tokenizer.h"

using namespace clipkit;

namespace {

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("vocabulary_fuzz_" + std::to_string(getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Folder folder;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t zero = input.find('\0');
  try {
    std::shared_ptr<const Tokenizer> tokenizer;
    if (zero == std::string_view::npos) {
      write_file(folder.path / "tokenizer.json", input);
      tokenizer = Tokenizer::from_tokenizer_json(folder.path / "tokenizer.json");
    } else {
      write_file(folder.path / "vocab.json", input.substr(0, zero));
      write_file(folder.path / "merges.txt", input.substr(zero + 1));
      tokenizer = Tokenizer::from_files(folder.path / "vocab.json", folder.path / "merges.txt");
    }
    tokenizer->decode(tokenizer->encode("The cat's caf\u00e9, 24/7 <|endoftext|>"));
  } catch (const Error&) {
  }
  return 0;
}
