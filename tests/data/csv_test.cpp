#include "data/csv.h"

#include <gmock/gmock.h>

namespace clipkit {
namespace {

using ::testing::ElementsAre;

std::vector<std::vector<std::string>> records_of(std::string_view text, char separator = ',') {
  std::vector<std::vector<std::string>> records;
  while (!text.empty()) {
    records.emplace_back();
    text.remove_prefix(read_csv_record(text, separator, records.back()).bytes);
  }
  return records;
}

TEST(Csv, ReadsPlainFieldsWithEitherLineEnd) {
  EXPECT_THAT(records_of("a,b\r\n,\nc,d"),
              ElementsAre(ElementsAre("a", "b"), ElementsAre("", ""), ElementsAre("c", "d")));
  EXPECT_THAT(records_of("a,b\tc\n", '\t'), ElementsAre(ElementsAre("a,b", "c")));
  EXPECT_THAT(records_of("a\rb\r"), ElementsAre(ElementsAre("a\rb")));
}

TEST(Csv, QuotedFieldsHoldSeparatorsLineEndsAndQuotes) {
  EXPECT_THAT(records_of("\"a,\"\"b\"\"\r\n\",c\n\"\",\"d\"\n"),
              ElementsAre(ElementsAre("a,\"b\"\r\n", "c"), ElementsAre("", "d")));
  EXPECT_THAT(records_of("5\" disk,\"x\"y\n"), ElementsAre(ElementsAre("5\" disk", "xy")));
}

TEST(Csv, SaysWhenAQuoteIsNeverClosed) {
  std::vector<std::string> fields;
  const CsvRecord record = read_csv_record("a,\"b\nc,d\n", ',', fields);
  EXPECT_FALSE(record.closed);
  EXPECT_EQ(record.bytes, 9u);
}

}  // namespace
}  // namespace clipkit
