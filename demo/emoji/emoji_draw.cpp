// Draws one of the things of drawings.txt:  emoji_draw "rabbit face" rabbit.png
// The pictures of examples/drawings are made so.
#include <algorithm>
#include <cstdio>
#include <string>

#include "base/check.h"
#include "base/quote.h"
#include "drawings.h"

namespace clipkit::emoji {

namespace {

constexpr int kSide = 128;
constexpr Rgb kPaper{250, 248, 242};

void run(const std::string& name, const std::string& file) {
  const std::vector<Drawing> drawings = read_drawings(std::string(CLIPKIT_EMOJI_DIR) + "/drawings.txt");
  const auto drawing = std::find_if(drawings.begin(), drawings.end(), [&](const Drawing& d) { return d.name == name; });
  if (drawing == drawings.end()) fail(ErrorCode::kNotFound, "there is no drawing ", quote(name));
  const std::string color = drawing->body_colors.empty() ? "black" : drawing->body_colors.front();
  Random random(1, RandomUse::kDrawing);
  Canvas canvas(kSide, kPaper);
  drawing->draw(canvas, {.center = {kSide / 2.0, kSide / 2.0}, .size = 0.85 * kSide}, find_color(color, name).rgb,
                DrawingStyle::kOutlined, 0, random);
  write_png(file, canvas.to_image());
}

}  // namespace

}  // namespace clipkit::emoji

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: emoji_draw THING FILE.png\n");
    return 2;
  }
  try {
    clipkit::emoji::run(argv[1], argv[2]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "emoji_draw: %s\n", error.what());
    return 1;
  }
}
