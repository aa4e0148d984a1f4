// layer: image
// Bytes from outside as a JPEG file.
#include <cstdint>

#include "clipkit/error.h"
#include "image/decode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const clipkit::DecodeJob job{std::as_bytes(std::span(data, size)),
                               "fuzz",
                               {.max_pixels = 1 << 18, .honour_orientation = true, .jpeg_shrink = 1 << size % 4}};
  try {
    clipkit::jpeg_size(job);
    clipkit::decode_jpeg(job);
  } catch (const clipkit::Error&) {
  }
  return 0;
}
