#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "report/append_file.h"

namespace clipkit {

// A TensorBoard event file: scalars and texts over the steps of a run. docs/formats/tensorboard.md.
class TensorBoardWriter {
 public:
  // Creates FOLDER/events.out.tfevents.TIME.HOST.PID.NUMBER, and the folder. A run that goes on writes a new file
  // beside the earlier ones, which TensorBoard joins; it then ignores what they hold for first_step and later. Errors:
  // kIo.
  explicit TensorBoardWriter(const std::filesystem::path& folder, int64_t first_step = 0);

  // The value is stored as float32. tag: groups are written with slashes, as in "train/loss". On return the event is
  // with the operating system. Errors: kIo.
  void scalar(std::string_view tag, double value, int64_t step);
  // Shown as Markdown. Bytes that are not UTF-8 become U+FFFD.
  void text(std::string_view tag, std::string_view text, int64_t step);

  const std::filesystem::path& path() const noexcept { return file_.path(); }

 private:
  void write_event(int64_t step, int field, std::string_view content);
  AppendFile file_;
};

}  // namespace clipkit
