#pragma once

#include <span>
#include <string>
#include <vector>

#include "clipkit/image.h"

#include "cli/options.h"

namespace clipkit::cli {

// Options of every command that reads pictures.
struct PictureOptions {
  bool exif = false;
  int max_megapixels = 128;

  void add_to(std::vector<Option>& options);
  DecodeOptions decode() const;
};

// Files as they are; of folders, the pictures in them and below, told by content, in byte order of their paths; "-" is
// standard input. Files are not opened here. Errors: clipkit::Error for a folder that cannot be read or has no
// pictures.
std::vector<std::string> list_pictures(std::span<const std::string> files_and_folders);

// A file, or standard input for "-". Errors: those of clipkit::read_image.
Image read_picture(const std::string& file, const DecodeOptions& options);

// Whether the name ends as those of pictures do; for telling a mistyped file from a label.
bool has_picture_name(const std::string& name);

}  // namespace clipkit::cli
