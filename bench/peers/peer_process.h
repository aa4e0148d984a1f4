#pragma once

#include <sys/types.h>

#include <cstdio>
#include <filesystem>
#include <string>

namespace clipkit::peers {

// ONNX Runtime in a process of its own (onnxruntime.cjs), so that neither side's threads and allocator meet the
// other's.
class PeerProcess {
 public:
  // Errors: std::runtime_error if node or onnxruntime-node is not there.
  explicit PeerProcess(int threads);
  ~PeerProcess();
  PeerProcess(const PeerProcess&) = delete;
  PeerProcess& operator=(const PeerProcess&) = delete;

  const std::string& version() const noexcept { return version_; }
  // Milliseconds of one run of a model on an input kept as a .npy file. Writes the outputs into the folder, unless that
  // is "-".
  double run(const std::filesystem::path& model, const std::string& folder, const std::string& input,
             const std::filesystem::path& file);

 private:
  pid_t pid_ = -1;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
  std::string version_;
};

}  // namespace clipkit::peers
