#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clipkit::emoji {

// What CLDR says of a character in one language.
struct Annotation {
  std::string name;                   // the name that is read aloud (type="tts")
  std::vector<std::string> keywords;  // in the order of the files, none twice
};

// By character sequence in UTF-8, without U+FE0F as in CLDR.
using Annotations = std::map<std::string, Annotation, std::less<>>;

// Adds the <annotation> elements of a CLDR document. A name that is there already stays; keywords are joined.
// place begins every message. Errors: kCorrupt (no XML, no <ldml>, an annotation without "cp").
void add_annotations(std::string_view xml, std::string_view place, Annotations& annotations);

// All of the files, the first having precedence. Errors: as above, kNotFound, kIo.
Annotations read_annotations(std::span<const std::filesystem::path> files);

}  // namespace clipkit::emoji
