#include "emoji_font.h"

#include <ft2build.h>
#include <hb-ft.h>
#include <hb.h>

#include FT_FREETYPE_H

#include "base/check.h"

namespace clipkit::emoji {

struct EmojiFont::Faces {
  FT_Library library = nullptr;
  FT_Face face = nullptr;
  hb_font_t* font = nullptr;

  ~Faces() {
    if (font != nullptr) hb_font_destroy(font);
    if (face != nullptr) FT_Done_Face(face);
    if (library != nullptr) FT_Done_FreeType(library);
  }
};

namespace {

// The glyph of the whole sequence; 0 (the glyph of what a font does not have) if it takes several.
uint32_t only_glyph(hb_font_t* font, std::u32string_view code_points) {
  const std::unique_ptr<hb_buffer_t, decltype(&hb_buffer_destroy)> buffer(hb_buffer_create(), hb_buffer_destroy);
  hb_buffer_add_utf32(buffer.get(), reinterpret_cast<const uint32_t*>(code_points.data()),
                      static_cast<int>(code_points.size()), 0, static_cast<int>(code_points.size()));
  hb_buffer_guess_segment_properties(buffer.get());
  hb_shape(font, buffer.get(), nullptr, 0);
  unsigned count = 0;
  const hb_glyph_info_t* glyphs = hb_buffer_get_glyph_infos(buffer.get(), &count);
  return count == 1 ? glyphs[0].codepoint : 0;
}

// FreeType's BGRA, multiplied by alpha, to RGBA that is not.
Image to_image(const FT_Bitmap& bitmap) {
  Image image{
      .mode = ImageMode::kRgba, .width = static_cast<int>(bitmap.width), .height = static_cast<int>(bitmap.rows)};
  image.pixels.reserve(size_t{4} * bitmap.width * bitmap.rows);
  for (unsigned y = 0; y < bitmap.rows; ++y) {
    const uint8_t* p = bitmap.buffer + static_cast<ptrdiff_t>(y) * bitmap.pitch;
    for (unsigned x = 0; x < bitmap.width; ++x, p += 4) {
      const unsigned alpha = p[3];
      for (const int channel : {2, 1, 0}) {
        const unsigned value = alpha > 0 ? (p[channel] * 255U + alpha / 2) / alpha : 0;
        image.pixels.push_back(static_cast<uint8_t>(value > 255 ? 255 : value));
      }
      image.pixels.push_back(static_cast<uint8_t>(alpha));
    }
  }
  return image;
}

}  // namespace

EmojiFont::EmojiFont(const std::filesystem::path& path) : faces_(std::make_unique<Faces>()) {
  if (!std::filesystem::exists(path)) fail(ErrorCode::kNotFound, path.string(), ": no such font");
  if (FT_Init_FreeType(&faces_->library) != 0) fail(ErrorCode::kOutOfMemory, "FreeType does not start");
  if (FT_New_Face(faces_->library, path.c_str(), 0, &faces_->face) != 0) {
    fail(ErrorCode::kUnsupported, path.string(), ": FreeType reads no font there");
  }
  if (!FT_HAS_COLOR(faces_->face) || faces_->face->num_fixed_sizes == 0) {
    fail(ErrorCode::kUnsupported, path.string(), ": a font without colour bitmaps");
  }
  if (FT_Select_Size(faces_->face, 0) != 0) {
    fail(ErrorCode::kUnsupported, path.string(), ": the size of its bitmaps cannot be chosen");
  }
  faces_->font = hb_ft_font_create_referenced(faces_->face);
}

EmojiFont::~EmojiFont() = default;

std::optional<Image> EmojiFont::draw(std::u32string_view code_points) const {
  const uint32_t glyph = only_glyph(faces_->font, code_points);
  if (glyph == 0) return std::nullopt;
  if (FT_Load_Glyph(faces_->face, glyph, FT_LOAD_COLOR | FT_LOAD_RENDER) != 0) {
    fail(ErrorCode::kCorrupt, faces_->face->family_name, ": glyph ", glyph, " cannot be drawn");
  }
  const FT_Bitmap& bitmap = faces_->face->glyph->bitmap;
  if (bitmap.pixel_mode != FT_PIXEL_MODE_BGRA || bitmap.width == 0 || bitmap.rows == 0) return std::nullopt;
  return to_image(bitmap);
}

}  // namespace clipkit::emoji
