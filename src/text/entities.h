#pragma once

#include <string>
#include <string_view>

namespace clipkit {

// One left-to-right pass of HTML character references, as Python's html.unescape: `&amp;`, `&amp`, `&#38;`, `&#x26;`,
// and the longest known name at the beginning of an unknown one (`&notit;` becomes U+00AC and "it;").
std::u32string html_unescape(std::u32string_view text);

// The stricter pass inside the text repair (ftfy's unescape_html): only references that end in a semicolon, and names
// whose capitals give a capital (`&NTILDE;`).
std::u32string decode_entities(std::u32string_view text);

}  // namespace clipkit
