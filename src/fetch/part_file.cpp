#include "fetch/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include "base/check.h"

namespace clipkit {

namespace {

constexpr auto kLockPoll = std::chrono::milliseconds(200);

[[noreturn]] void fail_io(const std::filesystem::path& path, const char* what) {
  const int error = errno;
  fail(ErrorCode::kIo, path.string(), ": ", what, ": ", std::strerror(error));
}

// Whether the name still leads to the open file: whoever held the lock before may have renamed or deleted it.
bool is_still_named(int fd, const std::filesystem::path& path) {
  struct stat opened = {}, named = {};
  return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

}  // namespace

PartFile::PartFile(const std::filesystem::path& path, const std::function<bool(int64_t)>& wait)
    : path_(path), part_(path.string() + ".part") {
  while (true) {
    const int fd = ::open(part_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) fail_io(part_, "cannot write here");
    while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EINTR) continue;
      struct stat status = {};
      if (errno != EWOULDBLOCK || ::fstat(fd, &status) != 0) {
        ::close(fd);
        fail_io(part_, "cannot lock");
      }
      if (!wait(status.st_size)) {
        ::close(fd);
        fail(ErrorCode::kCancelled, part_.string(), ": stopped while another process downloads it");
      }
      std::this_thread::sleep_for(kLockPoll);
    }
    std::error_code error;
    const bool is_finished = std::filesystem::is_regular_file(path_, error);
    if (is_still_named(fd, part_)) {
      if (!is_finished) {
        fd_ = fd;
        break;
      }
      ::unlink(part_.c_str());
    }
    ::close(fd);
    if (is_finished) return;
  }
  struct stat status = {};
  if (::fstat(fd_, &status) != 0) fail_io(part_, "cannot read its size");
  size_ = status.st_size;
}

PartFile::~PartFile() {
  if (fd_ < 0) return;
  if (size_ == 0) ::unlink(part_.c_str());  // nothing to resume: leave no litter
  ::close(fd_);
}

void PartFile::append(const void* data, size_t bytes) {
  hash_earlier_bytes();
  hash_.update(data, bytes);
  const char* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::pwrite(fd_, from, bytes, static_cast<off_t>(size_));
    if (written < 0) {
      if (errno == EINTR) continue;
      fail_io(part_, "cannot write");
    }
    from += written;
    bytes -= static_cast<size_t>(written);
    size_ += written;
    hashed_ = size_;
  }
}

void PartFile::clear() {
  if (::ftruncate(fd_, 0) != 0) fail_io(part_, "cannot write");
  size_ = hashed_ = 0;
  hash_ = Sha256();
}

void PartFile::hash_earlier_bytes() {
  std::vector<char> block(hashed_ < size_ ? size_t{1} << 20 : 0);
  while (hashed_ < size_) {
    const ssize_t got = ::pread(fd_, block.data(), block.size(), static_cast<off_t>(hashed_));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail_io(part_, "cannot read");
    hash_.update(block.data(), static_cast<size_t>(got));
    hashed_ += got;
  }
}

std::string PartFile::digest() {
  hash_earlier_bytes();
  Sha256 copy = hash_;
  return copy.hex_digest();
}

void PartFile::commit() {
  if (::fsync(fd_) != 0 && errno != EINVAL) fail_io(part_, "cannot write to the disk");
  if (::rename(part_.c_str(), path_.c_str()) != 0) fail_io(path_, "cannot put the finished file in place");
  ::close(fd_);
  fd_ = -1;
}

void PartFile::remove() {
  ::unlink(part_.c_str());
  ::close(fd_);
  fd_ = -1;
}

}  // namespace clipkit
