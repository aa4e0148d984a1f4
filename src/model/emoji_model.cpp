#include "model/emoji_model.h"

#include <span>

#include "base/asset.h"
#include "base/json.h"
#include "text/bpe_tokenizer.h"
#include "text/vocabulary.h"

namespace clipkit {

CLIPKIT_DECLARE_ASSET(emoji_weights);
CLIPKIT_DECLARE_ASSET(emoji_config);
CLIPKIT_DECLARE_ASSET(emoji_vocab);
CLIPKIT_DECLARE_ASSET(emoji_merges);

Checkpoint open_emoji_model() {
  const std::string_view weights = CLIPKIT_ASSET(emoji_weights);
  const ByteSource source{std::as_bytes(std::span(weights)), nullptr, std::string(kEmojiModel)};
  Checkpoint checkpoint = checkpoint_of(read_stored_tensors(source), kEmojiModel);
  checkpoint.is_emoji_model = true;
  checkpoint.open_clip_config = parse_json(CLIPKIT_ASSET(emoji_config), "emoji/open_clip_config.json");
  return checkpoint;
}

std::shared_ptr<const Tokenizer> emoji_tokenizer() {
  static const auto tokenizer =
      std::make_shared<const BpeTokenizer>(parse_vocabulary({CLIPKIT_ASSET(emoji_vocab), "emoji/vocab.json"},
                                                            {CLIPKIT_ASSET(emoji_merges), "emoji/merges.txt"}),
                                           TextRules::kOpenAi);
  return tokenizer;
}

}  // namespace clipkit
