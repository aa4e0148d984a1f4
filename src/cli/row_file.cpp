#include "cli/row_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>

#include "clipkit/error.h"

#include "cli/json_line.h"
#include "cli/options.h"

namespace clipkit::cli {

namespace {

// Room for any header: eight axes of 19 digits fit. A multiple of 64 suits both formats.
constexpr size_t kHeaderBytes = 512;

[[noreturn]] void fail_io(const std::string& path, const char* what) {
  throw Error(ErrorCode::kIo, path + ": " + what + ": " + std::strerror(errno));
}

void write_at(int fd, const std::string& path, std::string_view bytes, int64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      fail_io(path, "cannot write");
    }
    offset += written;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

// What the formats call the types of rows.
struct TypeName {
  DType dtype;
  int bytes;
  const char *npy, *safetensors;
};
constexpr TypeName kTypeNames[] = {{DType::kFloat32, 4, "<f4", "F32"},
                                   {DType::kFloat16, 2, "<f2", "F16"},
                                   {DType::kInt8, 1, "|i1", "I8"},
                                   {DType::kUInt8, 1, "|u1", "U8"}};

const TypeName& type_name(DType dtype) noexcept {
  return *std::find_if(std::begin(kTypeNames), std::end(kTypeNames) - 1,
                       [&](const TypeName& type) { return type.dtype == dtype; });
}

void nested(JsonLine& json, const float*& values, std::span<const int64_t> sizes) {
  if (sizes.empty()) {
    json.value(*values++);
    return;
  }
  json.begin_array();
  for (int64_t i = 0; i < sizes[0]; ++i) nested(json, values, sizes.subspan(1));
  json.end_array();
}

}  // namespace

AppendFile::AppendFile(std::string path) : path_(std::move(path)) {
  fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0) fail_io(path_, "cannot write here");
  struct stat status = {};
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(fd_);
    throw Error(ErrorCode::kIo, path_ + ": another process is writing it");
  }
  if (::fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd_);
    throw Error(ErrorCode::kIo, path_ + ": not a regular file");
  }
  size_ = status.st_size;
}

AppendFile::~AppendFile() {
  ::close(fd_);
}

void AppendFile::append(std::string_view bytes) {
  write_at(fd_, path_, bytes, size_);
  size_ += static_cast<int64_t>(bytes.size());
}

void AppendFile::overwrite(int64_t offset, std::string_view bytes) {
  write_at(fd_, path_, bytes, offset);
}

std::string AppendFile::read(int64_t offset, size_t bytes) const {
  std::string data(bytes, '\0');
  size_t got = 0;
  while (got < bytes) {
    const ssize_t part =
        ::pread(fd_, data.data() + got, bytes - got, static_cast<off_t>(offset) + static_cast<off_t>(got));
    if (part < 0 && errno == EINTR) continue;
    if (part < 0) fail_io(path_, "cannot read");
    if (part == 0) break;
    got += static_cast<size_t>(part);
  }
  data.resize(got);
  return data;
}

void AppendFile::truncate(int64_t size) {
  if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) fail_io(path_, "cannot write");
  size_ = size;
}

void AppendFile::sync() {
  if (::fsync(fd_) != 0 && errno != EINVAL) fail_io(path_, "cannot write to the disk");
}

void AppendFile::rename_to(const std::string& path) {
  sync();
  if (std::rename(path_.c_str(), path.c_str()) != 0) fail_io(path, "cannot put the finished file in place");
  path_ = path;
}

RowFormat row_format(const std::string& path) {
  if (path.ends_with(".npy")) return RowFormat::kNpy;
  if (path.ends_with(".safetensors")) return RowFormat::kSafetensors;
  if (path.ends_with(".jsonl")) return RowFormat::kJsonl;
  throw UsageError("--output writes .npy, .safetensors or .jsonl, not " + path);
}

int64_t header_bytes(RowFormat format) noexcept {
  return format == RowFormat::kJsonl ? 0 : static_cast<int64_t>(kHeaderBytes);
}

int64_t element_bytes(DType dtype) noexcept {
  return type_name(dtype).bytes;
}

std::string header(RowFormat format, DType dtype, int64_t num_rows, const std::vector<int64_t>& row_shape) {
  const TypeName& type = type_name(dtype);
  if (format == RowFormat::kJsonl) return "";
  std::string shape = std::to_string(num_rows);
  int64_t bytes = num_rows * type.bytes;
  for (const int64_t size : row_shape) {
    shape += ", " + std::to_string(size);
    bytes *= size;
  }
  std::string prefix, text;
  if (format == RowFormat::kNpy) {  // numpy/lib/format.py, version 1: magic, version, length, Python dictionary
    constexpr size_t kLength = kHeaderBytes - 10;
    prefix = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(kLength & 0xFF) + static_cast<char>(kLength >> 8);
    text = std::string("{'descr': '") + type.npy + "', 'fortran_order': False, 'shape': (" + shape +
           (row_shape.empty() ? ",), }" : "), }");
    text.resize(kLength - 1, ' ');
    text += '\n';
  } else {  // 64-bit length of the JSON text, which may end with spaces
    const uint64_t length = kHeaderBytes - 8;
    for (int shift = 0; shift < 64; shift += 8) prefix += static_cast<char>(length >> shift & 0xFF);
    text = std::string("{\"embeddings\":{\"dtype\":\"") + type.safetensors + "\",\"shape\":[" + shape +
           "],\"data_offsets\":[0," + std::to_string(bytes) + "]}}";
    text.resize(length, ' ');
  }
  return prefix + text;
}

std::string json_row(std::string_view key, std::string_view name, TensorView rows, int64_t row) {
  JsonLine json;
  json.begin_object().member(key, name).key("embedding");
  const float* values = rows.row<float>(row).data();
  nested(json, values, rows.shape().sizes().subspan(1));
  return std::move(json.end_object()).line();
}

}  // namespace clipkit::cli
