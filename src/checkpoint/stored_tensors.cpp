#include "checkpoint/stored_tensors.h"

#include "base/check.h"
#include "base/quote.h"
#include "checkpoint/byte_reader.h"
#include "checkpoint/gguf.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/safetensors_header.h"
#include "checkpoint/torch_file.h"

namespace clipkit {

const char* to_string(Container container) noexcept {
  switch (container) {
    case Container::kSafetensors:
      return "safetensors";
    case Container::kTorchZip:
      return "PyTorch zip";
    case Container::kTorchScript:
      return "TorchScript";
    case Container::kTorchLegacy:
      return "PyTorch stream";
    case Container::kGguf:
      return "GGUF";
  }
  return "unknown";
}

namespace {

StoredTensors from_safetensors(const ByteSource& source) {
  Safetensors file = read_safetensors(source);
  StoredTensors result;
  result.container = Container::kSafetensors;
  result.tensors = std::move(file.tensors);
  for (auto& [name, dtype] : file.unreadable)
    result.unreadable.emplace(name, concat("its elements are of type ", dtype));
  result.metadata = std::move(file.metadata);
  return result;
}

}  // namespace

StoredTensors read_stored_tensors(const ByteSource& source) {
  const std::string_view text = source.text();
  if (text.empty()) fail(ErrorCode::kCorrupt, source.place, ": the file is empty");
  // First, because the length of a header may have the first byte of a pickle. No other kind has a { where its JSON
  // begins behind a length that a header can have.
  const bool brace = text.size() > sizeof(uint64_t) && text[sizeof(uint64_t)] == '{';
  if (brace && ByteReader(text, source.place).read<uint64_t>("a length") <= kMaxSafetensorsHeaderBytes) {
    return from_safetensors(source);
  }
  if (text.starts_with("PK\x03\x04")) return read_torch_zip(source);
  if (text.starts_with("GGUF")) return read_gguf(source);
  if (text.front() == '\x80') return read_torch_stream(source);
  if (brace) return from_safetensors(source);  // which says what is wrong with the length
  fail(ErrorCode::kUnsupported, source.place,
       ": not a checkpoint; expected safetensors, a file of PyTorch, or GGUF (it begins with ",
       quote(text.substr(0, 8)), ")");
}

}  // namespace clipkit
