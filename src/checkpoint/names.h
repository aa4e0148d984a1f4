#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clipkit {

// How a checkpoint names its tensors. The model's own names are OpenAI's (models.md section 8).
enum class Naming { kOpenAi, kOpenClipCustomText, kHuggingFace, kGguf };

const char* to_string(Naming naming) noexcept;  // "OpenAI", "open_clip with custom text", "Hugging Face", "clip.cpp"

// What a stored tensor is of the model's tensor.
enum class Part {
  kWhole,
  kTransposed,  // projections: [E, D] there, [D, E] here
  kQuery,       // the rows of attention's in_proj that make the queries, ...
  kKey,
  kValue,
};
struct PartName {
  std::string name;
  Part part = Part::kWhole;
};

// The name without what wrappers put before it: "module." (DistributedDataParallel), "_orig_mod." (torch.compile),
// "model.", "clip." (Lightning and the like), repeatedly.
std::string_view without_wrapper_prefix(std::string_view name) noexcept;

// True for tensors that reference files carry and no model reads: position_ids, the attention mask, the archive's
// scalars.
bool is_no_part_of_model(std::string_view name) noexcept;

// Which naming the names follow, or nothing if they are not CLIP's. Not for GGUF, whose container says it.
std::optional<Naming> detect_naming(const std::vector<std::string_view>& names) noexcept;

// The OpenAI name of a stored tensor. A name that no rule knows is kept as it stands: whether it is one too many is the
// model's to say.
PartName to_openai_name(std::string_view name, Naming from);

// The stored names of an OpenAI tensor: one, or three for query, key and value. Empty if that naming has none.
std::vector<PartName> from_openai_name(std::string_view openai, Naming to);

}  // namespace clipkit
