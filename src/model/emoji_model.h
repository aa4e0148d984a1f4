#pragma once

#include <memory>
#include <string_view>

#include "checkpoint/checkpoint.h"
#include "clipkit/tokenizer.h"

// The small model that comes with clipkit (docs/emoji_model.md). Its files, assets/emoji-clip, are part of the library:
// it is there wherever the library is, whatever is installed or moved.

namespace clipkit {

inline constexpr std::string_view kEmojiModel = "emoji";  // in the place of a path

// The tensors point into the library. Cost: that of the names.
Checkpoint open_emoji_model();
// Of its own vocabulary, loaded once per process.
std::shared_ptr<const Tokenizer> emoji_tokenizer();

}  // namespace clipkit
