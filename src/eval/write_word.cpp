#include "eval/write_word.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/check.h"
#include "eval/letters.h"
#include "image/resize.h"

namespace clipkit {

namespace {

constexpr int kOutline = 1, kLetterStep = kLetterWidth + 1, kLineStep = kLetterHeight + 2;  // dots
constexpr double kLinesInHeight = 6;
constexpr size_t kMaxLetters = 200;

// ASCII alone: one '?' for each other character.
std::string readable(std::string_view word) {
  std::string text;
  for (const char c : word) {
    if (c >= ' ' && c <= '~') {
      text += c;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      text += '?';
    }
  }
  return text.substr(0, kMaxLetters);
}

// Broken at spaces into lines of so many letters, or one word where that is longer.
std::vector<std::string> broken(const std::string& text, size_t letters) {
  std::vector<std::string> lines(1);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > letters) lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + word;
    begin = end + 1;
  }
  return lines;
}

struct Block {
  std::vector<std::string> lines;
  int width = 0, height = 0;  // dots, with the outline
  double scale = 0;           // px a dot
};

// Of all ways to break the lines the one with the largest letters.
Block best_block(const std::string& text, const Image& picture) {
  Block best;
  for (size_t letters = 1; letters <= text.size(); ++letters) {
    Block block{.lines = broken(text, letters)};
    size_t longest = 0;
    for (const std::string& line : block.lines) longest = std::max(longest, line.size());
    block.width = static_cast<int>(longest) * kLetterStep - 1 + 2 * kOutline;
    block.height = static_cast<int>(block.lines.size()) * kLineStep - 2 + 2 * kOutline;
    block.scale =
        std::min({static_cast<double>(picture.width) / block.width, static_cast<double>(picture.height) / block.height,
                  picture.height / (kLinesInHeight * kLetterHeight)});
    if (block.scale > best.scale) best = std::move(block);
  }
  return best;
}

// The letters at a dot a pixel, 255 where there is ink; with `outline`, also around it.
Image dots(const Block& block, bool outline) {
  Image mask{.mode = ImageMode::kGray, .width = block.width, .height = block.height};
  mask.pixels.assign(static_cast<size_t>(block.width) * static_cast<size_t>(block.height), 0);
  const auto ink = [&](int x, int y) {
    const int around = outline ? kOutline : 0;
    for (int v = y - around; v <= y + around; ++v)
      for (int u = x - around; u <= x + around; ++u) mask.pixels[static_cast<size_t>(v * block.width + u)] = 255;
  };
  for (size_t line = 0; line < block.lines.size(); ++line) {
    for (size_t i = 0; i < block.lines[line].size(); ++i) {
      const auto& letter = kLetters[static_cast<size_t>(block.lines[line][i] - ' ')];
      for (int x = 0; x < kLetterWidth; ++x) {
        for (int y = 0; y < kLetterHeight; ++y) {
          if ((letter[static_cast<size_t>(x)] >> y & 1) != 0)
            ink(kOutline + static_cast<int>(i) * kLetterStep + x, kOutline + static_cast<int>(line) * kLineStep + y);
        }
      }
    }
  }
  return mask;
}

// The mask at its final size, with edges that are neither stairs nor fog.
Image enlarged(const Image& mask, int width, int height) {
  Image large = resize(mask, width, height, Interpolation::kBicubic, {0, 0, width, height});
  if (width <= mask.width) return large;
  for (uint8_t& ink : large.pixels) ink = static_cast<uint8_t>(std::clamp(3 * (int{ink} - 128) + 128, 0, 255));
  return large;
}

struct Color {
  uint8_t rgb[3];
};

void paint(Image& picture, const Image& mask, int left, int top, const Color& color) {
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      const int ink = mask.pixels[static_cast<size_t>(y * mask.width + x)];
      uint8_t* pixel = picture.pixels.data() + 3 * (static_cast<size_t>(top + y) * static_cast<size_t>(picture.width) +
                                                    static_cast<size_t>(left + x));
      for (int c = 0; c < 3; ++c)
        pixel[c] = static_cast<uint8_t>((pixel[c] * (255 - ink) + color.rgb[c] * ink + 127) / 255);
    }
  }
}

}  // namespace

void write_word(Image& rgb, std::string_view word, Random& random) {
  CLIPKIT_CHECK(rgb.mode == ImageMode::kRgb, "a word on a picture of mode ", to_string(rgb.mode), ", expected RGB");
  constexpr Color kBlack = {{0, 0, 0}}, kWhite = {{255, 255, 255}};
  constexpr struct {
    Color ink, outline;
  } kColors[] = {
      {kBlack, kWhite}, {kWhite, kBlack}, {{{255, 230, 0}}, kBlack}, {{{200, 0, 0}}, kWhite}, {{{0, 60, 200}}, kWhite}};
  const Block block = best_block(readable(word), rgb);
  const auto& color = kColors[random.below(std::size(kColors))];
  const double across = random.uniform_double(), down = random.uniform_double();
  if (block.scale <= 0) return;
  const auto px = [&](int dots) { return std::max(1, static_cast<int>(dots * block.scale)); };
  const int width = std::min(rgb.width, px(block.width)), height = std::min(rgb.height, px(block.height));
  const int left = static_cast<int>(across * (rgb.width - width + 1)),
            top = static_cast<int>(down * (rgb.height - height + 1));
  paint(rgb, enlarged(dots(block, true), width, height), left, top, color.outline);
  paint(rgb, enlarged(dots(block, false), width, height), left, top, color.ink);
}

}  // namespace clipkit
