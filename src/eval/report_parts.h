#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "clipkit/evaluate.h"
#include "report/html_page.h"

// What the pages of all evaluations have in common.

namespace clipkit {

// By printf's format; "-" for what is no number.
std::string fixed(double value, const char* format);
std::string percent(double part);  // "12.34" for 0.1234
std::string joined(const std::vector<std::string>& texts);

// A name, the value in percent, its interval.
std::vector<std::string> row_of(const std::string& name, const Estimate& estimate);

// Where the numbers come from: command, versions, digests, what cannot be read. more: rows of two cells.
void add_origin(HtmlPage& page, const EvalOrigin& origin, const HtmlTable& more);

// index.html and result.json. Errors: kIo.
void write_page(const std::filesystem::path& folder, const HtmlPage& page, const std::string& json);

}  // namespace clipkit
