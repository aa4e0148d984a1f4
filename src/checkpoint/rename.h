#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/names.h"
#include "checkpoint/state_dict.h"

namespace clipkit {

// Where one tensor of the model comes from.
struct TensorOrigin {
  std::string canonical;             // name in the OpenAI layout (spec: models.md section 8)
  std::vector<std::string> sources;  // names in the file; three for a joined q, k, v
  bool transposed = false;
};

struct Renamed {
  StateDict tensors;                  // under OpenAI names
  std::vector<TensorOrigin> origins;  // of each of them, in the order of their names
  std::vector<std::string> ignored;   // stored names that are no part of the model
};

// Stored tensors under OpenAI names. Joined and transposed ones are copies in the stored type (float32 if query, key
// and value were stored in different ones), all others share the memory. place begins every message. Errors: kCorrupt
// (two stored tensors for one, a query, key or value missing or of another shape).
Renamed rename_to_openai(const StateDict& stored, Naming from, std::string_view place);

// The same tensors renamed from the OpenAI layout to another. Transposed ones are copies, all others share the memory.
// Errors: kUnsupported (a name that has no form there: a ResNet in Hugging Face's layout; writing clip.cpp's names).
StateDict rename_tensors(const StateDict& openai, Naming to);

}  // namespace clipkit
