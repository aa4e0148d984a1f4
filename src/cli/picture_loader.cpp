#include "cli/picture_loader.h"

#include <algorithm>
#include <exception>

#include "cli/pictures.h"

namespace clipkit::cli {

PictureLoader::PictureLoader(std::vector<std::string> files, const PreprocessConfig& preprocess,
                             const DecodeOptions& decode, int64_t ahead)
    : files_(std::move(files)),
      preprocess_(preprocess),
      decode_(decode),
      slots_(static_cast<size_t>(std::max<int64_t>(ahead, 1))) {
  // As many as there are processors: where decoding costs more than the model it gets them all, and where it does not
  // the threads soon are `ahead` pictures ahead and sleep.
  const size_t threads =
      std::min({size_t{std::max(1u, std::thread::hardware_concurrency())}, files_.size(), slots_.size()});
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

PictureLoader::~PictureLoader() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  taken_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

PictureLoader::Picture PictureLoader::next() {
  std::unique_lock lock(mutex_);
  Slot& slot = slots_[next_to_give_ % slots_.size()];
  filled_.wait(lock, [&] { return slot.ready; });
  slot.ready = false;
  Picture picture = std::move(slot.picture);
  ++next_to_give_;
  lock.unlock();
  taken_.notify_one();
  return picture;
}

void PictureLoader::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    taken_.wait(
        lock, [&] { return stop_ || next_to_load_ == files_.size() || next_to_load_ < next_to_give_ + slots_.size(); });
    if (stop_ || next_to_load_ == files_.size()) return;
    const size_t index = next_to_load_++;
    lock.unlock();
    Picture picture = load(files_[index]);
    lock.lock();
    Slot& slot = slots_[index % slots_.size()];
    slot.picture = std::move(picture);
    slot.ready = true;
    filled_.notify_one();
  }
}

PictureLoader::Picture PictureLoader::load(const std::string& file) const {
  Picture picture;
  try {
    const Image crop = resize_and_crop(read_picture(file, decode_), preprocess_);
    picture.pixels.resize(3 * static_cast<size_t>(preprocess_.height) * static_cast<size_t>(preprocess_.width));
    normalize(crop, preprocess_, picture.pixels);
  } catch (const std::exception& error) {
    picture.pixels.clear();
    picture.error = error.what();
    if (picture.error.find(file) == std::string::npos && file != "-") picture.error.insert(0, file + ": ");
  }
  return picture;
}

}  // namespace clipkit::cli
