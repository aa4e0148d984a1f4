#include "checkpoint/checkpoint.h"

#include "base/check.h"
#include "base/quote.h"
#include "checkpoint/checkpoint_files.h"

namespace clipkit {

namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxConfigBytes = size_t{16} << 20;

// Members of a map whose keys lose what wrappers put before them.
template <class Map>
Map without_wrapper_prefixes(Map&& map, std::string_view place) {
  Map result;
  while (!map.empty()) {
    auto node = map.extract(map.begin());
    node.key() = without_wrapper_prefix(node.key());
    if (const auto inserted = result.insert(std::move(node)); !inserted.inserted) {
      fail(ErrorCode::kCorrupt, place, ": tensor ", quote(inserted.node.key()),
           " occurs twice, with and without a prefix");
    }
  }
  return result;
}

Naming find_naming(const StoredTensors& file, std::string_view place) {
  if (file.container == Container::kGguf) return Naming::kGguf;
  std::vector<std::string_view> names;
  for (const auto& [name, tensor] : file.tensors) names.push_back(name);
  for (const auto& [name, reason] : file.unreadable) names.push_back(name);
  if (const auto naming = detect_naming(names)) return *naming;
  if (file.tensors.empty() && !names.empty()) {
    fail(ErrorCode::kUnsupported, place, ": ", quote(names[0]), " cannot be read: ", file.unreadable.begin()->second);
  }
  if (names.empty()) fail(ErrorCode::kUnsupported, place, ": holds no tensors");
  fail(ErrorCode::kUnsupported, place, ": the tensors do not have the names of a CLIP model; the first is ",
       quote(names[0]));
}

// A tensor that cannot be read and that the model would need.
void refuse_unreadable(const StoredTensors& file, std::vector<std::string>& ignored, std::string_view place) {
  for (const auto& [name, reason] : file.unreadable) {
    if (!is_no_part_of_model(name)) {
      fail(ErrorCode::kUnsupported, place, ": tensor ", quote(name), " cannot be read: ", reason);
    }
    ignored.push_back(name);
  }
}

Json read_config_if_there(const fs::path& path) {
  return fs::exists(path) ? read_json(path, kMaxConfigBytes) : Json();
}

bool is_clip_config(const Json& config) {
  if (!config.is_object()) return false;
  const auto type = config.find("model_type");
  if (type == config.end()) return config.contains("text_config") || config.contains("vision_config");
  return *type == "clip" || *type == "clip_text_model" || *type == "clip_vision_model";
}

void add_hugging_face_files(const fs::path& folder, Checkpoint& checkpoint) {
  checkpoint.hf_preprocessor = read_config_if_there(folder / "preprocessor_config.json");
  const fs::path vocab = folder / "vocab.json", merges = folder / "merges.txt", tokenizer = folder / "tokenizer.json";
  if (fs::exists(vocab) && fs::exists(merges)) {
    checkpoint.vocab_json = vocab;
    checkpoint.merges_txt = merges;
  }
  if (fs::exists(tokenizer)) checkpoint.tokenizer_json = tokenizer;
}

// Some folders hold a model in both forms; each form's tensors go with its own configuration.
void add_configs(const CheckpointFiles& files, Checkpoint& checkpoint) {
  const bool hugging_face = checkpoint.naming == Naming::kHuggingFace;
  const bool open_clip = checkpoint.naming == Naming::kOpenAi || checkpoint.naming == Naming::kOpenClipCustomText;
  const bool own = checkpoint.container == Container::kTorchScript;
  if (files.from_folder || hugging_face) {
    checkpoint.hf_config = read_config_if_there(files.folder / "config.json");
    const bool is_clip = is_clip_config(checkpoint.hf_config);
    if (files.from_folder || is_clip) {
      add_hugging_face_files(files.folder, checkpoint);
    } else {
      checkpoint.hf_config = nullptr;
    }
    if (hugging_face && is_clip) return;
  }
  if (files.from_folder || (open_clip && !own)) {
    checkpoint.open_clip_config = read_config_if_there(files.folder / "open_clip_config.json");
  }
}

}  // namespace

Checkpoint checkpoint_of(StoredTensors file, const fs::path& path) {
  const std::string place = path.string();
  file.tensors = without_wrapper_prefixes(std::move(file.tensors), place);
  file.unreadable = without_wrapper_prefixes(std::move(file.unreadable), place);

  Checkpoint checkpoint;
  checkpoint.path = path;
  checkpoint.container = file.container;
  checkpoint.naming = find_naming(file, place);
  Renamed renamed = rename_to_openai(file.tensors, checkpoint.naming, place);
  refuse_unreadable(file, renamed.ignored, place);
  checkpoint.raw = std::move(file.tensors);
  checkpoint.tensors = std::move(renamed.tensors);
  checkpoint.origins = std::move(renamed.origins);
  checkpoint.ignored = std::move(renamed.ignored);
  checkpoint.metadata = std::move(file.metadata);
  checkpoint.gguf_metadata = std::move(file.gguf_metadata);
  return checkpoint;
}

Checkpoint open_checkpoint(const fs::path& path) {
  const CheckpointFiles files = find_checkpoint_files(path);
  Checkpoint checkpoint = checkpoint_of(read_checkpoint_files(files), path);
  checkpoint.files = files.files;
  add_configs(files, checkpoint);
  return checkpoint;
}

}  // namespace clipkit
