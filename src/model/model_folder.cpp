#include "model/model_folder.h"

#include "base/check.h"
#include "base/file_writer.h"
#include "checkpoint/safetensors.h"
#include "model/emoji_model.h"

namespace clipkit {

namespace fs = std::filesystem;

std::shared_ptr<const Tokenizer> open_tokenizer(const Checkpoint& checkpoint) {
  if (checkpoint.is_emoji_model) return emoji_tokenizer();
  if (!checkpoint.vocab_json.empty()) return Tokenizer::from_files(checkpoint.vocab_json, checkpoint.merges_txt);
  if (!checkpoint.tokenizer_json.empty()) return Tokenizer::from_tokenizer_json(checkpoint.tokenizer_json);
  return Tokenizer::clip();
}

void write_tokenizer(const fs::path& folder, const Tokenizer& tokenizer, int context_length) {
  const std::vector<std::string> entries = tokenizer.vocabulary();
  std::string text = "{";
  for (size_t id = 0; id < entries.size(); ++id) {
    text += concat(id > 0 ? ", " : "", OrderedJson(entries[id]).dump(), ": ", id);
  }
  write_file(folder / "vocab.json", text + "}\n");
  std::string merges = "#version: 0.2\n";
  for (const std::string& merge : tokenizer.merges()) merges += merge + "\n";
  write_file(folder / "merges.txt", merges);
  const std::string start = entries[static_cast<size_t>(tokenizer.start_token())];
  const std::string end = entries[static_cast<size_t>(tokenizer.end_token())];
  const OrderedJson special = {{"bos_token", start}, {"eos_token", end}, {"pad_token", end}, {"unk_token", end}};
  write_file(folder / "special_tokens_map.json", special.dump(2) + "\n");
  OrderedJson config = special;
  config["tokenizer_class"] = "CLIPTokenizer";
  config["model_max_length"] = context_length;
  config["do_lower_case"] = true;
  write_file(folder / "tokenizer_config.json", config.dump(2) + "\n");
}

void write_model_folder(const fs::path& folder, const ModelConfig& config, const StateDict& tensors,
                        const Tokenizer* tokenizer, const std::map<std::string, std::string>& metadata) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(ErrorCode::kIo, folder.string(), ": cannot make the folder: ", error.message());
  write_safetensors(folder / "open_clip_model.safetensors", tensors, metadata);
  if (tokenizer != nullptr) write_tokenizer(folder, *tokenizer, config.text.context_length);
  write_file(folder / "open_clip_config.json", to_json(config));
}

}  // namespace clipkit
