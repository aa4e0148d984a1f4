#pragma once

#include <span>
#include <string>

#include "cli/command.h"

namespace clipkit::cli {

// `clipkit help`: the commands, a line each.
std::string overview(std::span<const Manual> manuals);
// `clipkit help COMMAND`.
std::string help_text(const Manual& manual);
// docs/cli.md.
std::string help_markdown(std::span<const Manual> manuals);

}  // namespace clipkit::cli
