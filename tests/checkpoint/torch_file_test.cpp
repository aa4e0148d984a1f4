#include "checkpoint/torch_file.h"

#include "checkpoint/safetensors.h"
#include "checkpoint/testing.h"

namespace clipkit {
namespace {

TensorFile read_golden(const std::filesystem::path& path) {
  return read_tensor_file(byte_source(MappedFile::open(path)));
}

// The names without "module.", which mixed.pt has before every one.
StateDict without_module(StateDict tensors) {
  StateDict result;
  for (auto& [name, tensor] : tensors) {
    const std::string_view key = name;
    result.emplace(key.starts_with("module.") ? key.substr(7) : key, std::move(tensor));
  }
  return result;
}

TEST(TorchFile, MixedFilesEqualTheSafetensorsFileBitForBit) {
  CLIPKIT_GOLDEN_OR_SKIP(expected_path, "formats/mixed.safetensors");
  const Safetensors expected = read_safetensors(MappedFile::open(expected_path));
  for (const auto& [name, container] :
       {std::pair{"mixed.pt", Container::kTorchZip}, std::pair{"mixed_plain.pt", Container::kTorchZip},
        std::pair{"mixed_legacy.pt", Container::kTorchLegacy}}) {
    SCOPED_TRACE(name);
    CLIPKIT_GOLDEN_OR_SKIP(path, std::string("formats/") + name);
    TensorFile file = read_golden(path);
    EXPECT_EQ(file.container, container);
    StateDict found = without_module(std::move(file.tensors));
    for (const auto& [key, tensor] : found) {
      if (!expected.tensors.contains(key)) ADD_FAILURE() << "extra tensor " << key << " " << to_string(tensor.shape());
    }
    testing::expect_same(found, expected.tensors);
  }
}

}  // namespace
}  // namespace clipkit
