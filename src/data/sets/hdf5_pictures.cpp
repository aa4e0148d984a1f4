#include "data/sets/hdf5_pictures.h"

#include <algorithm>
#include <mutex>

#include "data/input_file.h"
#include "data/sets/labelled_pixels.h"
#include "data/sets/set_module.h"

namespace clipkit {

namespace {

constexpr const char* kHdf5Module = "clipkit_hdf5";

std::mutex& hdf5_mutex() {
  static std::mutex mutex;
  return mutex;
}

// A data set of bytes in a file.
class Hdf5Bytes {
 public:
  Hdf5Bytes(const std::filesystem::path& path, const char* name)
      : place_(concat(path.string(), ", data set ", name)), functions_(functions_for(path)) {
    const std::lock_guard lock(hdf5_mutex());
    int rank = 0;
    uint64_t dimensions[8] = {};
    char error[kClipkitErrorBytes] = {};
    if (functions_.open(path.c_str(), name, &data_set_, &rank, dimensions, error) != 0) {
      functions_.close(data_set_);
      fail(ErrorCode::kCorrupt, place_, ": ", std::string(error));
    }
    shape.assign(dimensions, dimensions + rank);
  }
  ~Hdf5Bytes() {
    const std::lock_guard lock(hdf5_mutex());
    functions_.close(data_set_);
  }
  Hdf5Bytes(const Hdf5Bytes&) = delete;
  Hdf5Bytes& operator=(const Hdf5Bytes&) = delete;

  // Entries along the first axis, of entry_bytes each.
  std::vector<uint8_t> read(uint64_t first, uint64_t count, uint64_t entry_bytes) const {
    std::vector<uint8_t> bytes(count * entry_bytes);
    const std::lock_guard lock(hdf5_mutex());
    char error[kClipkitErrorBytes] = {};
    if (functions_.read(data_set_, first, count, bytes.data(), error) != 0) {
      fail(ErrorCode::kCorrupt, place_, ": ", std::string(error));
    }
    return bytes;
  }
  const std::string& place() const noexcept { return place_; }

  std::vector<uint64_t> shape;

 private:
  static const ClipkitHdf5Functions& functions_for(const std::filesystem::path& path) {
    (void)InputFile::open(path);  // so that a missing file is said to be one
    return set_module<ClipkitHdf5Functions>(kHdf5Module, "HDF5", "libhdf5-dev", path.string());
  }
  const std::string place_;
  const ClipkitHdf5Functions& functions_;
  void* data_set_ = nullptr;
};

}  // namespace

std::unique_ptr<LabelledReader> read_hdf5_pictures(const std::filesystem::path& pictures,
                                                   const std::filesystem::path& labels) {
  constexpr uint64_t kMaxSide = 4096, kMaxPictures = uint64_t{1} << 28;
  const auto x = std::make_shared<const Hdf5Bytes>(pictures, "x");
  const Hdf5Bytes y(labels, "y");
  if (x->shape.size() != 4 || x->shape[1] - 1 >= kMaxSide || x->shape[2] - 1 >= kMaxSide || x->shape[3] != 3) {
    fail(ErrorCode::kCorrupt, x->place(), ": not of (N, height, width, 3) bytes");
  }
  const uint64_t count = x->shape[0];
  if (count == 0 || count > kMaxPictures) {
    fail(ErrorCode::kCorrupt, x->place(), ": ", count, " pictures, expected 1 to ", kMaxPictures);
  }
  // One by one: the product of sizes that a file makes up can overflow to the right number.
  const bool is_column = std::all_of(y.shape.begin() + 1, y.shape.end(), [](uint64_t size) { return size == 1; });
  if (y.shape[0] != count || !is_column) {
    fail(ErrorCode::kCorrupt, y.place(), ": expected one label for each of the ", count, " pictures, found ",
         is_column ? concat(y.shape[0]) : "several each");
  }
  const std::vector<uint8_t> classes = y.read(0, count, 1);
  const auto height = static_cast<int>(x->shape[1]), width = static_cast<int>(x->shape[2]);
  std::vector<PixelPictures> parts;
  parts.push_back({.name = pictures.filename().string(),
                   .labels = {classes.begin(), classes.end()},
                   .read = [x, height, width](int64_t index) {
                     const auto bytes =
                         static_cast<uint64_t>(3) * static_cast<uint64_t>(height) * static_cast<uint64_t>(width);
                     return image_of_pixels(x->read(static_cast<uint64_t>(index), 1, bytes), width, height, 3,
                                            PixelLayout::kInterleaved);
                   }});
  return read_labelled_pixels(std::move(parts));
}

bool can_read_hdf5() noexcept {
  std::string reason;
  return find_set_module<ClipkitHdf5Functions>(kHdf5Module, reason) != nullptr;
}

}  // namespace clipkit
