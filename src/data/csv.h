#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clipkit {

// Reads one record of a CSV file (RFC 4180: fields in double quotes may hold separators, line ends and, doubled,
// quotes; a quote inside an unquoted field stands for itself). text begins with the record; the fields, unquoted, are
// put in place of what `fields` held. Returns the record's length with its line end ("\n", "\r\n", or none at the end).
// A quote that nothing closes takes all the rest: closed is then false.
struct CsvRecord {
  size_t bytes = 0;
  bool closed = true;
};
CsvRecord read_csv_record(std::string_view text, char separator, std::vector<std::string>& fields);

}  // namespace clipkit
