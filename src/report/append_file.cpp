#include "report/append_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/log.h"

namespace clipkit {

namespace {

[[noreturn]] void fail_io(const std::filesystem::path& path, const char* what) {
  fail(ErrorCode::kIo, path.string(), ": ", what, ": ", std::strerror(errno));
}

}  // namespace

AppendFile::AppendFile(std::filesystem::path path, size_t kept_bytes)
    : path_(std::move(path)), fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  if (fd_ < 0) fail_io(path_, "cannot write here");
  if (::ftruncate(fd_, static_cast<off_t>(kept_bytes)) != 0) {
    const int error = errno;
    ::close(fd_);
    errno = error;
    fail_io(path_, "cannot cut it off");
  }
}

AppendFile::~AppendFile() {
  ::close(fd_);
}

void AppendFile::append(std::string_view bytes) {
  const off_t begin = ::lseek(fd_, 0, SEEK_END);
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error = errno;
      if (begin >= 0 && ::ftruncate(fd_, begin) != 0) log_warning(path_.string(), ": ends in a part of a record");
      errno = error;
      fail_io(path_, "cannot write");
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void AppendFile::sync() {
  if (::fdatasync(fd_) != 0 && errno != EINVAL) fail_io(path_, "cannot write to the disk");
}

}  // namespace clipkit
