#include "data/csv.h"

namespace clipkit {

CsvRecord read_csv_record(std::string_view text, char separator, std::vector<std::string>& fields) {
  fields.assign(1, "");
  bool quoted = false;
  size_t field_begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        fields.back() += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        fields.back() += '"';
        ++i;
      } else {
        quoted = false;
      }
    } else if (c == '"' && i == field_begin) {
      quoted = true;
    } else if (c == separator) {
      fields.emplace_back();
      field_begin = i + 1;
    } else if (c == '\n') {
      return {i + 1, true};
    } else if (c == '\r' && (i + 1 == text.size() || text[i + 1] == '\n')) {
      return {i + 1 == text.size() ? i + 1 : i + 2, true};
    } else {
      fields.back() += c;
    }
  }
  return {text.size(), !quoted};
}

}  // namespace clipkit
