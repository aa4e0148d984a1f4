#include "data/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace clipkit {

std::shared_ptr<const InputFile> InputFile::open(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a FIFO must fail below, not wait for a writer.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const int error = errno;
    fail(error == ENOENT || error == ENOTDIR ? ErrorCode::kNotFound : ErrorCode::kIo, path.string(),
         ": cannot open: ", std::strerror(error));
  }
  std::shared_ptr<InputFile> file(new InputFile);
  file->path_ = path;
  file->fd_ = fd;
  struct stat info {};
  if (::fstat(fd, &info) != 0) fail(ErrorCode::kIo, path.string(), ": cannot read its size: ", std::strerror(errno));
  if (!S_ISREG(info.st_mode)) {
    fail(ErrorCode::kIo, path.string(), ": ", S_ISDIR(info.st_mode) ? "is a folder" : "is not a regular file",
         ", expected a file");
  }
  file->size_ = info.st_size;
  return file;
}

InputFile::~InputFile() {
  if (fd_ >= 0) ::close(fd_);
}

void InputFile::read_at(int64_t offset, std::span<char> to) const {
  while (!to.empty()) {
    const ssize_t got = ::pread(fd_, to.data(), to.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(ErrorCode::kIo, path_.string(), ": cannot read at byte ", offset, ": ", std::strerror(errno));
    if (got == 0) fail(ErrorCode::kIo, path_.string(), ": ends at byte ", offset, ", it was ", size_, " bytes long");
    offset += got;
    to = to.subspan(static_cast<size_t>(got));
  }
}

std::string read_whole_file(const std::filesystem::path& path, int64_t max_bytes) {
  const auto file = InputFile::open(path);
  if (file->size() > max_bytes) {
    fail(ErrorCode::kUnsupported, path.string(), ": ", file->size(), " bytes long, the limit is ", max_bytes);
  }
  std::string bytes(static_cast<size_t>(file->size()), '\0');
  file->read_at(0, bytes);
  return bytes;
}

std::shared_ptr<const InputFile> InputFiles::open(size_t i) const {
  {
    const std::lock_guard lock(mutex_);
    if (files_[i]) return files_[i];
  }
  auto file = InputFile::open(paths_[i]);  // without the lock: a slow disk must not hold up the other threads
  const std::lock_guard lock(mutex_);
  if (files_[i]) return files_[i];
  if (open_.size() >= kMaxOpen) {
    files_[open_.front()].reset();
    open_.pop_front();
  }
  open_.push_back(i);
  files_[i] = file;
  return file;
}

}  // namespace clipkit
