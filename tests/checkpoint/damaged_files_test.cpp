// Every small recorded file, cut short at every length and with bytes changed at random: an Error or tensors, nothing
// else. Files lie in heap blocks of exactly their size, so that a sanitizer build sees every access outside.
#include <random>

#include "checkpoint/checkpoint.h"
#include "checkpoint/stored_tensors.h"
#include "checkpoint/testing.h"

namespace clipkit {
namespace {

// Reads the tensors and each of their bytes; true if there was no Error.
bool reads(std::string_view bytes) {
  try {
    const StoredTensors file = read_stored_tensors(testing::memory_source(bytes));
    unsigned sum = 0;
    for (const auto& [name, tensor] : file.tensors) {
      const auto* first = static_cast<const unsigned char*>(tensor.view().raw());
      for (size_t i = 0; i < tensor.view().bytes(); ++i) sum += first[i];
    }
    return sum != 1;  // the sum keeps the loop
  } catch (const Error& error) {
    EXPECT_TRUE(std::string_view(error.what()).starts_with("test: ")) << error.what();
    EXPECT_LT(std::string_view(error.what()).size(), 600u);
    return false;
  }
}

class DamagedFile : public ::testing::TestWithParam<const char*> {};

TEST_P(DamagedFile, IsRefusedWhenTruncatedAtAnyByte) {
  CLIPKIT_GOLDEN_OR_SKIP(path, std::string("formats/") + GetParam());
  const std::string file = testing::read_all(path);
  ASSERT_TRUE(reads(file));
  for (size_t length = 0; length < file.size(); ++length) {
    EXPECT_FALSE(reads(std::string_view(file).substr(0, length))) << length;
  }
}

TEST_P(DamagedFile, DoesNoHarmWithAnyByteChanged) {
  CLIPKIT_GOLDEN_OR_SKIP(path, std::string("formats/") + GetParam());
  const std::string file = testing::read_all(path);
  std::mt19937 random(7);
  for (size_t i = 0; i < file.size(); ++i) {
    for (const unsigned char value : {0u, 255u, 1u, static_cast<unsigned>(random() % 256)}) {
      std::string damaged = file;
      damaged[i] = static_cast<char>(value);
      reads(damaged);
    }
  }
}

TEST_P(DamagedFile, DoesNoHarmWithSeveralBytesChanged) {
  CLIPKIT_GOLDEN_OR_SKIP(path, std::string("formats/") + GetParam());
  const std::string file = testing::read_all(path);
  std::mt19937 random(11);
  for (int run = 0; run < 3000; ++run) {
    std::string damaged = file;
    for (unsigned change = 0; change < 2 + run % 8u; ++change)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    reads(damaged);
  }
}

INSTANTIATE_TEST_SUITE_P(All, DamagedFile,
                         ::testing::Values("mixed.pt", "mixed_plain.pt", "mixed_legacy.pt", "foreign_callable.pt",
                                           "mixed.safetensors"));

}  // namespace
}  // namespace clipkit
