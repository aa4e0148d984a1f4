#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "data/sets/labelled_files.h"

namespace clipkit {

// How labels are compared with what a set writes for its classes.
enum class LabelMatch : uint8_t {
  kExact,
  kLetters,  // ASCII letters without case and digits alone: "BoxingPunchingBag" is "Boxing Punching Bag"
  kNumber,   // leading zeros do not matter
};

// Which class a published label means.
class LabelTable {
 public:
  // labels[i] is what the set writes for class i. title names the set in messages. Errors: kCorrupt if two labels
  // match.
  LabelTable(const std::vector<std::string>& labels, LabelMatch match, std::string title);

  // The class. Errors: kCorrupt, place first.
  int32_t find(std::string_view label, std::string_view place) const;

 private:
  std::string key(std::string_view label) const;
  const LabelMatch match_;
  const std::string title_;
  std::map<std::string, int32_t, std::less<>> classes_;
};

// A picture and its label as a list has them.
struct NamedFile {
  std::string path, label;
};
// place begins messages.
std::vector<LabelledFile> number_labels(std::vector<NamedFile> files, const LabelTable& table, std::string_view place);

}  // namespace clipkit
