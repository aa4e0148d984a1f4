#include "cli/help.h"

#include <algorithm>
#include <string_view>

namespace clipkit::cli {

namespace {

constexpr size_t kHelpColumn = 22, kDefaultColumn = 75;

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// Spaces up to the column, at least two.
void pad(std::string& line, size_t column) {
  line.append(line.size() + 2 <= column ? column - line.size() : 2, ' ');
}

std::string usage_of(const Option& option) {
  if (option.value_is_optional) return option.name + "[=" + option.value + "]";
  return option.value.empty() ? option.name : option.name + " " + option.value;
}

std::string help_of(const Option& option) {
  return option.unit.empty() ? option.help : option.help + " (" + option.unit + ")";
}

std::string usage(const Manual& manual) {
  return "clipkit " + manual.name + " [options]" + (manual.arguments.empty() ? "" : " " + manual.arguments);
}

// Of a heading, as Markdown's readers make it.
std::string anchor(std::string name) {
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

// "|" would end a cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

}  // namespace

std::string overview(std::span<const Manual> manuals) {
  std::string out =
      "usage: clipkit COMMAND [options] ...\n"
      "CLIP: which words fit a picture, and features of pictures and texts.\n";
  for (const Manual& manual : manuals) {
    std::string line = "  " + manual.name;
    pad(line, kHelpColumn);
    out += line + first_line(manual.summary) + "\n";
  }
  out +=
      "  help COMMAND        all about one command; help --markdown writes docs/cli.md\n"
      "  --version           the version\n"
      "Without --model a small model answers that comes with clipkit: a toy that knows emoji and simple drawings.\n"
      "example: clipkit classify CLIP.png \"a diagram\" \"a dog\" \"a cat\"\n";
  return out;
}

std::string help_text(const Manual& manual) {
  std::string out = "usage: " + usage(manual) + "\n" + manual.summary + "\n";
  for (const auto& [name, help] : manual.argument_help) {
    std::string line = "  " + name;
    pad(line, kHelpColumn);
    out += line + help + "\n";
  }
  std::string group;
  for (const Option& option : manual.options) {
    if (option.group != group) out += option.group + ":\n";
    group = option.group;
    std::string line = "  " + usage_of(option);
    pad(line, kHelpColumn);
    line += help_of(option);
    if (!option.default_text.empty()) {
      pad(line, kDefaultColumn);
      line += "[default: " + option.default_text + "]";
    }
    out += line + "\n";
  }
  for (const std::string& example : manual.examples) out += "example: " + example + "\n";
  return out;
}

std::string help_markdown(std::span<const Manual> manuals) {
  std::string out =
      "# The commands\n\n"
      "Written by `clipkit help --markdown` from the tables that also parse the options; a test compares.\n\n"
      "Results go to standard output, messages and progress to standard error. The exit status is 0 for success, 1 "
      "for\n"
      "failure (some of the input included), 2 for wrong usage, 130 after Ctrl-C. `--name value` and `--name=value` "
      "mean the\n"
      "same; after `--` nothing is an option; `-` stands for standard input where a picture or a text file is "
      "expected.\n"
      "No command leaves a half-written file under the name that was asked for.\n\n"
      "| command | |\n|---|---|\n";
  for (const Manual& manual : manuals) {
    out += "| [`" + manual.name + "`](#" + anchor(manual.name) + ") | " + cell(first_line(manual.summary)) + " |\n";
  }
  for (const Manual& manual : manuals) {
    out += "\n## " + manual.name + "\n\n    " + usage(manual) + "\n\n" + manual.summary + "\n";
    if (!manual.argument_help.empty()) {
      out += "\n| argument | |\n|---|---|\n";
      for (const auto& [name, help] : manual.argument_help) out += "| `" + cell(name) + "` | " + cell(help) + " |\n";
    }
    if (!manual.options.empty()) {
      out += "\n| option | | default |\n|---|---|---|\n";
      std::string group;
      for (const Option& option : manual.options) {
        if (option.group != group) out += "| **" + option.group + "** | | |\n";
        group = option.group;
        out += "| `" + cell(usage_of(option)) + "` | " + cell(help_of(option)) + " | " + cell(option.default_text) +
               " |\n";
      }
    }
    if (!manual.examples.empty()) {
      out += "\n";
      for (const std::string& example : manual.examples) out += "    " + example + "\n";
    }
  }
  return out;
}

}  // namespace clipkit::cli
