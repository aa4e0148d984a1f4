#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include "checkpoint/byte_source.h"
#include "checkpoint/names.h"
#include "checkpoint/rename.h"
#include "checkpoint/stored_tensors.h"
#include "clipkit/error.h"

namespace clipkit {

// The input in a heap block that ends where it ends, aligned as a mapping is.
inline ByteSource fuzz_source(const uint8_t* data, size_t size) {
  std::shared_ptr<char[]> block(new char[size]);
  if (size > 0) std::memcpy(block.get(), data, size);
  return {{reinterpret_cast<const std::byte*>(block.get()), size}, block, "fuzz"};
}

// Reads every byte of the tensors and goes on as open_checkpoint does.
inline void use_tensors(const StoredTensors& stored, Naming naming) {
  unsigned sum = 0;
  for (const auto& [name, tensor] : stored.tensors) {
    const auto* first = static_cast<const unsigned char*>(tensor.view().raw());
    for (size_t i = 0; i < tensor.view().bytes(); ++i) sum += first[i];
  }
  volatile unsigned keep = sum;
  (void)keep;
  const Renamed renamed = rename_to_openai(stored.tensors, naming, "fuzz");
  for (const Naming to : {Naming::kOpenClipCustomText, Naming::kHuggingFace}) {
    try {
      rename_tensors(renamed.tensors, to);
    } catch (const Error&) {
    }
  }
}

}  // namespace clipkit
