#include "annotations.h"

#include <algorithm>
#include <pugixml.hpp>

#include "base/check.h"
#include "base/file_writer.h"

namespace clipkit::emoji {

namespace {

constexpr size_t kMaxAnnotationBytes = size_t{64} << 20;

// "rabbit | bunny | pet" -> {"rabbit", "bunny", "pet"}
void add_keywords(std::string_view list, std::vector<std::string>& keywords) {
  while (!list.empty()) {
    const size_t end = std::min(list.find('|'), list.size());
    std::string_view word = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    // "↑↑↑" stands for what the parent language has.
    if (word.empty() || word.find("\u2191") != std::string_view::npos) continue;
    if (std::find(keywords.begin(), keywords.end(), word) == keywords.end()) keywords.emplace_back(word);
  }
}

}  // namespace

void add_annotations(std::string_view xml, std::string_view place, Annotations& annotations) {
  pugi::xml_document document;
  // The DTD is not read: annotations use no entities but XML's own.
  const pugi::xml_parse_result parsed = document.load_buffer(xml.data(), xml.size());
  if (!parsed) fail(ErrorCode::kCorrupt, place, ": no XML at byte ", parsed.offset, ": ", parsed.description());
  const pugi::xml_node ldml = document.child("ldml");
  if (!ldml) fail(ErrorCode::kCorrupt, place, ": no <ldml> element, expected a document of CLDR");
  for (const pugi::xml_node node : ldml.child("annotations").children("annotation")) {
    const std::string_view characters = node.attribute("cp").value();
    if (characters.empty()) {
      fail(ErrorCode::kCorrupt, place, ": an <annotation> without \"cp\" at byte ", node.offset_debug());
    }
    Annotation& annotation = annotations[std::string(characters)];
    const std::string_view text = node.child_value();
    if (std::string_view(node.attribute("type").value()) == "tts") {
      if (annotation.name.empty() && text.find("\u2191") == std::string_view::npos) annotation.name = text;
    } else {
      add_keywords(text, annotation.keywords);
    }
  }
}

Annotations read_annotations(std::span<const std::filesystem::path> files) {
  Annotations annotations;
  for (const auto& file : files) add_annotations(read_file(file, kMaxAnnotationBytes), file.string(), annotations);
  return annotations;
}

}  // namespace clipkit::emoji
