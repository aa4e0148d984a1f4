#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "clipkit/preprocess.h"

namespace clipkit::cli {

// Reads, decodes and preprocesses pictures on threads of its own while the model works, and hands them out in order.
// It stays at most `ahead` pictures ahead; the threads sleep when they have nothing to do.
class PictureLoader {
 public:
  struct Picture {
    std::vector<float> pixels;  // (3, H, W); empty if the picture could not be read
    std::string error;
  };

  PictureLoader(std::vector<std::string> files, const PreprocessConfig& preprocess, const DecodeOptions& decode,
                int64_t ahead);
  ~PictureLoader();
  PictureLoader(const PictureLoader&) = delete;
  PictureLoader& operator=(const PictureLoader&) = delete;

  // The picture of the next file; at most once per file.
  Picture next();

 private:
  struct Slot {
    bool ready = false;
    Picture picture;
  };
  void work();
  Picture load(const std::string& file) const;

  const std::vector<std::string> files_;
  const PreprocessConfig preprocess_;
  const DecodeOptions decode_;
  std::vector<Slot> slots_;  // picture i waits in slot i modulo their number

  std::mutex mutex_;
  std::condition_variable filled_, taken_;
  size_t next_to_load_ = 0, next_to_give_ = 0;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace clipkit::cli
