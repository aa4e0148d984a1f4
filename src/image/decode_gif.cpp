// GIF through giflib: the first frame on its canvas, as palette indices, as Pillow opens it.
#include <gif_lib.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "image/decode.h"

namespace clipkit {

namespace {

struct GifSource {
  std::span<const std::byte> rest;
  bool truncated = false;
};

int read_bytes(GifFileType* gif, GifByteType* to, int count) {
  auto& source = *static_cast<GifSource*>(gif->UserData);
  const size_t taken = std::min(static_cast<size_t>(std::max(count, 0)), source.rest.size());
  if (taken < static_cast<size_t>(count)) source.truncated = true;
  std::memcpy(to, source.rest.data(), taken);
  source.rest = source.rest.subspan(taken);
  return static_cast<int>(taken);
}

struct CloseGif {
  void operator()(GifFileType* gif) const noexcept { DGifCloseFile(gif, nullptr); }
};

class GifReader {
 public:
  explicit GifReader(const DecodeJob& job) : job_(job), source_{job.bytes} {
    int error = 0;
    gif_.reset(DGifOpen(&source_, read_bytes, &error));
    if (gif_ == nullptr) fail_with(error);
  }

  Image read_first_frame();
  // Reads on to the end mark, so that a file cut short between its frames is noticed.
  void skip_the_rest();

 private:
  [[noreturn]] void fail_with(int error) const {
    if (source_.truncated || error == D_GIF_ERR_EOF_TOO_SOON) fail_truncated(job_, "GIF");
    const char* text = GifErrorString(error);
    fail(ErrorCode::kCorrupt, job_.name, ": damaged GIF: ", text != nullptr ? text : "unknown error");
  }
  void check(int status) const {
    if (status == GIF_ERROR) fail_with(gif_->Error);
  }
  int read_transparent_index(int previous);
  void read_pixels(Image& image);

  const DecodeJob& job_;
  GifSource source_;
  std::unique_ptr<GifFileType, CloseGif> gif_;
};

// An extension; the index that a graphic control makes transparent, else `previous`.
int GifReader::read_transparent_index(int previous) {
  constexpr int kTransparentFlag = 1;
  int code = 0;
  GifByteType* block = nullptr;  // its length, then its bytes
  check(DGifGetExtension(gif_.get(), &code, &block));
  if (code == GRAPHICS_EXT_FUNC_CODE && block != nullptr && block[0] >= 4 && (block[1] & kTransparentFlag) != 0) {
    previous = block[4];
  }
  while (block != nullptr) check(DGifGetExtensionNext(gif_.get(), &block));
  return previous;
}

void GifReader::read_pixels(Image& image) {
  const GifImageDesc& frame = gif_->Image;
  const auto read_row = [&](int y) {
    GifPixelType* row = image.pixels.data() + static_cast<size_t>(frame.Top + y) * static_cast<size_t>(image.width) +
                        static_cast<size_t>(frame.Left);
    check(DGifGetLine(gif_.get(), row, frame.Width));
  };
  if (frame.Width == 0) return;
  if (!frame.Interlace) {
    for (int y = 0; y < frame.Height; ++y) read_row(y);
    return;
  }
  constexpr int kStart[] = {0, 4, 2, 1}, kStep[] = {8, 8, 4, 2};
  for (int pass = 0; pass < 4; ++pass) {
    for (int y = kStart[pass]; y < frame.Height; y += kStep[pass]) read_row(y);
  }
}

Image GifReader::read_first_frame() {
  int transparent_index = 0;
  while (true) {
    GifRecordType type;
    check(DGifGetRecordType(gif_.get(), &type));
    if (type == EXTENSION_RECORD_TYPE) {
      transparent_index = read_transparent_index(transparent_index);
    } else if (type == IMAGE_DESC_RECORD_TYPE) {
      break;
    } else {
      fail(ErrorCode::kCorrupt, job_.name, ": a GIF file without a picture");
    }
  }
  check(DGifGetImageDesc(gif_.get()));
  const GifImageDesc& frame = gif_->Image;
  const ColorMapObject* map = frame.ColorMap != nullptr ? frame.ColorMap : gif_->SColorMap;

  // A palette in which every index is its own grey is none: Pillow calls such a picture "L".
  std::vector<uint8_t> palette;
  bool is_gray = true;
  for (int i = 0; map != nullptr && i < map->ColorCount; ++i) {
    const GifColorType& color = map->Colors[i];
    palette.insert(palette.end(), {color.Red, color.Green, color.Blue});
    is_gray = is_gray && color.Red == i && color.Green == i && color.Blue == i;
  }
  // A frame may reach over the screen that the header declares; the canvas grows with it.
  Image image =
      new_image(job_, is_gray ? ImageMode::kGray : ImageMode::kPalette,
                std::max(gif_->SWidth, frame.Left + frame.Width), std::max(gif_->SHeight, frame.Top + frame.Height));
  if (!is_gray) image.palette = std::move(palette);
  std::fill(image.pixels.begin(), image.pixels.end(), static_cast<uint8_t>(transparent_index));
  read_pixels(image);
  return image;
}

void GifReader::skip_the_rest() {
  while (true) {
    GifRecordType type;
    if (DGifGetRecordType(gif_.get(), &type) == GIF_ERROR) break;
    if (type == TERMINATE_RECORD_TYPE) return;
    int code = 0;
    GifByteType* block = nullptr;
    if (type == IMAGE_DESC_RECORD_TYPE) {
      if (DGifGetImageDesc(gif_.get()) == GIF_ERROR || DGifGetCode(gif_.get(), &code, &block) == GIF_ERROR) break;
      while (block != nullptr && DGifGetCodeNext(gif_.get(), &block) == GIF_OK) {
      }
    } else if (type == EXTENSION_RECORD_TYPE) {
      if (DGifGetExtension(gif_.get(), &code, &block) == GIF_ERROR) break;
      while (block != nullptr && DGifGetExtensionNext(gif_.get(), &block) == GIF_OK) {
      }
    }
    if (source_.truncated) break;
  }
  // Nonsense after the first frame is somebody else's problem; a missing end is ours.
  if (source_.truncated) fail_truncated(job_, "GIF");
}

}  // namespace

Image decode_gif(const DecodeJob& job) {
  GifReader reader(job);
  Image image = reader.read_first_frame();
  reader.skip_the_rest();
  return image;
}

}  // namespace clipkit
