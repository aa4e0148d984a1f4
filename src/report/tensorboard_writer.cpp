#include "report/tensorboard_writer.h"

#include <unistd.h>

#include <atomic>
#include <bit>
#include <chrono>
#include <string>

#include "base/check.h"
#include "base/utf8.h"
#include "report/crc32c.h"

namespace clipkit {

namespace {

// Field numbers of the messages in TensorFlow's event.proto, summary.proto and tensor.proto.
namespace event {
constexpr int kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5, kSessionLog = 7;
}
namespace session_log {
constexpr int kStatus = 1, kStart = 1;
}
namespace summary {
constexpr int kValue = 1, kTag = 1, kSimpleValue = 2, kTensor = 8, kMetadata = 9;
constexpr int kPluginData = 1, kPluginName = 1;
}  // namespace summary
namespace tensor {
constexpr int kDtype = 1, kString = 7, kShape = 2, kDim = 2, kSize = 1, kStringVal = 8;
}

// The little of Protocol Buffers that these messages need.
class Message {
 public:
  Message& integer(int field, uint64_t value) {
    key(field, 0);
    varint(value);
    return *this;
  }
  Message& number(int field, double value) {
    key(field, 1);
    little_endian(std::bit_cast<uint64_t>(value));
    return *this;
  }
  Message& number(int field, float value) {
    key(field, 5);
    little_endian(std::bit_cast<uint32_t>(value));
    return *this;
  }
  Message& bytes(int field, std::string_view value) {
    key(field, 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  operator std::string_view() const noexcept { return bytes_; }

  template <class Unsigned>
  void little_endian(Unsigned value) {
    for (size_t i = 0; i < sizeof value; ++i) bytes_ += static_cast<char>(value >> (8 * i) & 255U);
  }
  void raw(std::string_view value) { bytes_ += value; }

 private:
  void key(int field, int type) { varint(static_cast<uint64_t>(field) << 3 | static_cast<uint64_t>(type)); }
  void varint(uint64_t value) {
    for (; value >= 128; value >>= 7) bytes_ += static_cast<char>(value | 128U);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

// TFRecord: the length, a checksum of it, the data, a checksum of them. Checksums are masked because a CRC over data
// that hold CRCs is weak.
uint32_t masked_crc(std::string_view bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xA282EAD8U;
}

Message framed(std::string_view data) {
  Message length;
  length.little_endian(static_cast<uint64_t>(data.size()));
  Message record;
  record.raw(length);
  record.little_endian(masked_crc(length));
  record.raw(data);
  record.little_endian(masked_crc(data));
  return record;
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::filesystem::path name_in(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail(ErrorCode::kIo, folder.string(), ": cannot make this folder: ", error.message());
  static std::atomic<unsigned> number{0};
  char host[256] = "localhost";
  ::gethostname(host, sizeof host - 1);
  // TensorBoard reads a run's files in the order of their names.
  return folder /
         concat("events.out.tfevents.", static_cast<int64_t>(now()), ".", host, ".", ::getpid(), ".", number++);
}

}  // namespace

TensorBoardWriter::TensorBoardWriter(const std::filesystem::path& folder, int64_t first_step)
    : file_(name_in(folder), 0) {
  write_event(0, event::kFileVersion, "brain.Event:2");
  write_event(first_step, event::kSessionLog, Message().integer(session_log::kStatus, session_log::kStart));
}

void TensorBoardWriter::write_event(int64_t step, int field, std::string_view content) {
  Message message;
  message.number(event::kWallTime, now()).integer(event::kStep, static_cast<uint64_t>(step)).bytes(field, content);
  file_.append(framed(message));
}

void TensorBoardWriter::scalar(std::string_view tag, double value, int64_t step) {
  const auto content = Message()
                           .bytes(summary::kTag, replace_invalid_utf8(tag))
                           .number(summary::kSimpleValue, static_cast<float>(value));
  write_event(step, event::kSummary, Message().bytes(summary::kValue, content));
}

void TensorBoardWriter::text(std::string_view tag, std::string_view text, int64_t step) {
  const auto plugin = Message().bytes(summary::kPluginName, "text");
  const auto shape = Message().bytes(tensor::kDim, Message().integer(tensor::kSize, 1));
  const auto content = Message()
                           .integer(tensor::kDtype, tensor::kString)
                           .bytes(tensor::kShape, shape)
                           .bytes(tensor::kStringVal, replace_invalid_utf8(text));
  const auto value = Message()
                         .bytes(summary::kTag, replace_invalid_utf8(tag))
                         .bytes(summary::kTensor, content)
                         .bytes(summary::kMetadata, Message().bytes(summary::kPluginData, plugin));
  write_event(step, event::kSummary, Message().bytes(summary::kValue, value));
}

}  // namespace clipkit
