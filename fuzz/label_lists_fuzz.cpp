// layer: data
// Bytes from outside as one of the lists that data sets come with; the first byte says which.
#include "clipkit/error.h"
#include "data/sets/kitti.h"
#include "data/sets/named_files.h"
#include "memory_file.h"

namespace {

std::vector<clipkit::NamedFile> list(uint8_t kind, const MemoryFile& file) {
  switch (kind % 5) {
    case 0:
      return clipkit::list_lines(file.path(), "images/{}.jpg", clipkit::LineLabel::kFolder);
    case 1:
      return clipkit::list_lines(file.path(), "{}", clipkit::LineLabel::kStem);
    case 2:
      return clipkit::list_lines(file.path(), "{}", clipkit::LineLabel::kRest);
    case 3:
      return clipkit::list_csv(file.path(), "Path", "ClassId", "test/{}");
    default:
      return clipkit::list_json_lines(file.path(), "img", "label");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    const int32_t distance = clipkit::kitti_distance_class(text, "label.txt");
    if (distance < 0 || distance > 3) __builtin_trap();
  } catch (const clipkit::Error&) {
  }
  try {
    const MemoryFile file(data + 1, size - 1);
    const clipkit::LabelTable table({"0", "1", "apple pie"}, clipkit::LabelMatch::kLetters, "set");
    (void)clipkit::read_labelled_files(".", clipkit::number_labels(list(data[0], file), table, "list"));
  } catch (const clipkit::Error&) {
  }
  return 0;
}
