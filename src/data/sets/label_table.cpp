#include "data/sets/label_table.h"

#include "base/check.h"
#include "base/quote.h"
#include "data/picture_names.h"

namespace clipkit {

LabelTable::LabelTable(const std::vector<std::string>& labels, LabelMatch match, std::string title)
    : match_(match), title_(std::move(title)) {
  for (size_t i = 0; i < labels.size(); ++i) {
    if (classes_.emplace(key(labels[i]), static_cast<int32_t>(i)).second) continue;
    fail(ErrorCode::kCorrupt, title_, ": two classes have the label ", quote(labels[i]));
  }
}

std::string LabelTable::key(std::string_view label) const {
  switch (match_) {
    case LabelMatch::kExact:
      break;
    case LabelMatch::kNumber:
      while (label.size() > 1 && label.front() == '0') label.remove_prefix(1);
      break;
    case LabelMatch::kLetters: {
      std::string letters;
      for (const char c : lower_ascii(label)) {
        if (('a' <= c && c <= 'z') || ('0' <= c && c <= '9')) letters += c;
      }
      return letters;
    }
  }
  return std::string(label);
}

int32_t LabelTable::find(std::string_view label, std::string_view place) const {
  const auto found = classes_.find(key(label));
  if (found == classes_.end()) {
    fail(ErrorCode::kCorrupt, place, ": label ", quote(label), " is none of the ", classes_.size(), " classes of ",
         title_);
  }
  return found->second;
}

std::vector<LabelledFile> number_labels(std::vector<NamedFile> files, const LabelTable& table, std::string_view place) {
  std::vector<LabelledFile> numbered;
  numbered.reserve(files.size());
  for (NamedFile& file : files) {
    const int32_t label = table.find(file.label, concat(place, ", record ", numbered.size() + 1));
    numbered.push_back({std::move(file.path), {{label}}});
  }
  return numbered;
}

}  // namespace clipkit
