#include "base/file_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/mapped_file.h"

namespace clipkit {

namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;

void write_all(int fd, const char* data, size_t bytes, const std::filesystem::path& path) {
  while (bytes > 0) {
    const ssize_t written = ::write(fd, data, bytes);
    if (written < 0) {
      if (errno == EINTR) continue;
      fail(ErrorCode::kIo, path.string(), ": cannot write: ", std::strerror(errno));
    }
    data += written;
    bytes -= static_cast<size_t>(written);
  }
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

// A rename is durable only once the folder that holds the name is on the disk.
void sync_folder(const std::filesystem::path& path) {
  const int fd = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;  // the data are safe; some file systems refuse to open folders
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

FileWriter::FileWriter(std::filesystem::path path) : path_(std::move(path)) {
  static std::atomic<unsigned> counter{0};
  struct stat existing = {};
  if (::stat(path_.c_str(), &existing) == 0 && !S_ISREG(existing.st_mode)) {
    // A rename would put a file in place of a device such as /dev/null.
    fail(ErrorCode::kIo, path_.string(), ": cannot write here: it is there already and no regular file");
  }
  temporary_ = path_;
  temporary_ += concat(".tmp", ::getpid(), ".", counter++);
  // Without a name until commit() where the file system can do that: then nothing is left even of a killed process.
  if (::access("/proc/self/fd", X_OK) == 0) {
    fd_ = ::open(folder_of(path_).c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
    is_nameless_ = fd_ >= 0;
  }
  if (fd_ < 0) fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd_ < 0) fail(ErrorCode::kIo, path_.string(), ": cannot write here: ", std::strerror(errno));
}

FileWriter::~FileWriter() {
  if (fd_ < 0) return;
  ::close(fd_);
  if (!is_nameless_) ::unlink(temporary_.c_str());
}

void FileWriter::write(const void* data, size_t bytes) {
  position_ += bytes;
  if (buffer_.size() + bytes > kBufferBytes) flush();
  if (bytes >= kBufferBytes) {
    write_all(fd_, static_cast<const char*>(data), bytes, path_);
  } else {
    buffer_.append(static_cast<const char*>(data), bytes);
  }
}

void FileWriter::write_at(size_t offset, const void* data, size_t bytes) {
  flush();
  CLIPKIT_CHECK(offset <= position_ && bytes <= position_ - offset, path_.string(), ": write_at past the end");
  const char* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::pwrite(fd_, from, bytes, static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      fail(ErrorCode::kIo, path_.string(), ": cannot write: ", std::strerror(errno));
    }
    from += written;
    offset += static_cast<size_t>(written);
    bytes -= static_cast<size_t>(written);
  }
}

void FileWriter::flush() {
  write_all(fd_, buffer_.data(), buffer_.size(), path_);
  buffer_.clear();
}

void FileWriter::commit() {
  flush();
  if (::fsync(fd_) != 0 && errno != EINVAL) {
    fail(ErrorCode::kIo, path_.string(), ": cannot write to the disk: ", std::strerror(errno));
  }
  if (is_nameless_) {
    const std::string self = concat("/proc/self/fd/", fd_);
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, temporary_.c_str(), AT_SYMLINK_FOLLOW) != 0) {
      fail(ErrorCode::kIo, path_.string(), ": cannot name the finished file: ", std::strerror(errno));
    }
    is_nameless_ = false;
  }
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    fail(ErrorCode::kIo, path_.string(), ": cannot put the finished file in place: ", std::strerror(errno));
  }
  ::close(fd_);
  fd_ = -1;
  sync_folder(path_);
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  FileWriter writer(path);
  writer.write(content);
  writer.commit();
}

std::string read_file(const std::filesystem::path& path, size_t max_bytes) {
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  if (bytes.size() > max_bytes) {
    fail(ErrorCode::kUnsupported, path.string(), ": ", bytes.size(), " bytes long, the limit is ", max_bytes);
  }
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace clipkit
