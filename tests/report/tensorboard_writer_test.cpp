#include "report/tensorboard_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <chrono>
#include <map>

#include "base/file_writer.h"
#include "report/crc32c.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using testing::TemporaryFolder;

// RFC 3720, appendix B.4.
TEST(Crc32c, MatchesTheVectorsOfTheStandard) {
  std::string rising, falling;
  for (int i = 0; i < 32; ++i) {
    rising += static_cast<char>(i);
    falling += static_cast<char>(31 - i);
  }
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
  EXPECT_EQ(crc32c(rising), 0x46DD794EU);
  EXPECT_EQ(crc32c(falling), 0x113FDB5CU);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(""), 0U);
}

uint64_t little_endian(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) value |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
  return value;
}

// A message as its fields by number; numbers as their bits.
struct Field {
  uint64_t number = 0;
  std::string bytes;
};
using Fields = std::multimap<int, Field>;

uint64_t take_varint(std::string_view& rest) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<uint8_t>(rest.at(0));
    rest.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 127U) << shift;
    if (byte < 128) return value;
  }
}

Fields decode(std::string_view rest) {
  Fields fields;
  while (!rest.empty()) {
    const uint64_t key = take_varint(rest);
    Field field;
    size_t length = 0;
    switch (key & 7U) {
      case 0:
        field.number = take_varint(rest);
        break;
      case 1:
        length = 8;
        break;
      case 2:
        length = take_varint(rest);
        break;
      case 5:
        length = 4;
        break;
      default:
        ADD_FAILURE() << "wire type " << (key & 7U);
    }
    field.bytes = rest.substr(0, length);
    EXPECT_EQ(field.bytes.size(), length);
    if (length <= 8 && (key & 7U) != 0) field.number = little_endian(field.bytes);
    rest.remove_prefix(length);
    fields.emplace(static_cast<int>(key >> 3), field);
  }
  return fields;
}

Fields inner(const Fields& fields, int field) {
  return decode(fields.find(field)->second.bytes);
}

// The checksums as TensorFlow's record_writer.cc writes them.
uint32_t masked(std::string_view bytes) {
  const uint32_t crc = crc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8U;
}

std::vector<Fields> read_events(const std::filesystem::path& path) {
  const std::string file = read_file(path, 1 << 20);
  std::string_view rest = file;
  std::vector<Fields> events;
  while (!rest.empty()) {
    const std::string_view length = rest.substr(0, 8);
    const uint64_t bytes = little_endian(length);
    EXPECT_EQ(little_endian(rest.substr(8, 4)), masked(length));
    const std::string_view data = rest.substr(12, bytes);
    EXPECT_EQ(little_endian(rest.substr(12 + bytes, 4)), masked(data));
    events.push_back(decode(data));
    rest.remove_prefix(16 + bytes);
  }
  return events;
}

TEST(TensorBoardWriter, WritesRecordsThatDecodeToWhatWasWritten) {
  const TemporaryFolder folder;
  TensorBoardWriter writer(folder / "run", 40);
  EXPECT_THAT(writer.path().filename().string(), ::testing::MatchesRegex("events\\.out\\.tfevents\\.[0-9]+\\..+"));
  writer.scalar("train/loss", 2.5, 41);
  writer.scalar("train/loss", 1e-3, int64_t{1} << 40);
  writer.text("captions", "a photo of a \xFF cat", 300);
  const std::vector<Fields> events = read_events(writer.path());
  ASSERT_EQ(events.size(), 5U);
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  for (const Fields& event : events) EXPECT_NEAR(std::bit_cast<double>(event.find(1)->second.number), now, 100);
  EXPECT_EQ(events[0].find(3)->second.bytes, "brain.Event:2");
  EXPECT_EQ(events[1].find(2)->second.number, 40U);
  EXPECT_EQ(inner(events[1], 7).find(1)->second.number, 1U);  // SessionLog.START

  const auto value_of = [](const Fields& event) { return decode(inner(event, 5).find(1)->second.bytes); };
  EXPECT_EQ(events[2].find(2)->second.number, 41U);
  EXPECT_EQ(value_of(events[2]).find(1)->second.bytes, "train/loss");
  EXPECT_EQ(std::bit_cast<float>(static_cast<uint32_t>(value_of(events[2]).find(2)->second.number)), 2.5F);
  EXPECT_EQ(events[3].find(2)->second.number, uint64_t{1} << 40);
  EXPECT_EQ(std::bit_cast<float>(static_cast<uint32_t>(value_of(events[3]).find(2)->second.number)), 1e-3F);

  const Fields text = value_of(events[4]);
  EXPECT_EQ(events[4].find(2)->second.number, 300U);
  EXPECT_EQ(text.find(1)->second.bytes, "captions");
  EXPECT_EQ(inner(text, 8).find(1)->second.number, 7U);  // DT_STRING
  EXPECT_EQ(decode(inner(inner(text, 8), 2).find(2)->second.bytes).find(1)->second.number, 1U);
  EXPECT_EQ(inner(text, 8).find(8)->second.bytes, "a photo of a \xEF\xBF\xBD cat");
  EXPECT_EQ(inner(inner(text, 9), 1).find(1)->second.bytes, "text");
}

TEST(TensorBoardWriter, WritesANewFileForEveryRun) {
  const TemporaryFolder folder;
  const TensorBoardWriter first(folder.path()), second(folder.path());
  EXPECT_NE(first.path(), second.path());
}

}  // namespace
}  // namespace clipkit
