#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "clipkit/image.h"

namespace clipkit::emoji {

// A colour font with bitmaps (CBDT), such as Noto Color Emoji. Not thread-safe.
class EmojiFont {
 public:
  // Errors: kNotFound (no such file), kUnsupported (no font, or none with colour bitmaps).
  explicit EmojiFont(const std::filesystem::path& path);
  ~EmojiFont();
  EmojiFont(const EmojiFont&) = delete;
  EmojiFont& operator=(const EmojiFont&) = delete;

  // The picture of a sequence of code points, RGBA, in the font's own size (136 x 128 px in Noto), or nothing if the
  // font has no single picture for it. HarfBuzz joins the sequence, FreeType unpacks the bitmap. Errors: kCorrupt.
  std::optional<Image> draw(std::u32string_view code_points) const;

 private:
  struct Faces;
  std::unique_ptr<Faces> faces_;
};

}  // namespace clipkit::emoji
