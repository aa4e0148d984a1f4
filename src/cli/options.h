#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clipkit::cli {

// The command line makes no sense: exit status 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One entry per option. It drives parsing, --help and docs/cli.md; there is no second list.
struct Option {
  std::string name;   // "--top-k"
  std::string value;  // "N"; empty for a switch
  std::string help;
  std::string unit;                                   // "px"; shown with the help and the default
  std::string default_text;                           // shown as [default: ...]; empty: nothing to say
  std::function<void(const std::string& value)> set;  // value is empty for a switch; throws UsageError
  std::string group{};                                // heading in the help where it differs from the one before
  bool value_is_optional = false;                     // "--name" alone, or "--name=value"

  // For what the variable's initial value does not say.
  Option with_default(std::string text) && {
    default_text = std::move(text);
    return std::move(*this);
  }
  Option with_unit(std::string name_of_unit) && {
    unit = std::move(name_of_unit);
    return std::move(*this);
  }
};

struct Range {
  int min = 0;
  int max = std::numeric_limits<int>::max();
};

// Entries bound to variables, which must outlive them. The default shown is the variable's value now.
Option flag(std::string name, bool* target, std::string help);
Option number(const std::string& name, std::string value, int* target, Range range, std::string help);
Option number(const std::string& name, std::string value, std::optional<int>* target, Range range, std::string help);
// Whole numbers beyond int, and real ones, of min or more.
Option whole(const std::string& name, std::string value, int64_t* target, int64_t min, std::string help);
Option real(const std::string& name, std::string value, double* target, double min, std::string help);
Option real(const std::string& name, std::string value, std::optional<double>* target, double min, std::string help);
Option text(const std::string& name, std::string value, std::string* target, std::string help);
Option texts(std::string name, std::string value, std::vector<std::string>* target,
             std::string help);  // may be repeated

// May stand alone, which sets "": "--name" or "--name=value".
Option optional_text(std::string name, std::string value, std::optional<std::string>* target, std::string help);

// One of a few words. The help ends with them: "operands of matrix products: fp32 or bf16".
Option choice_of(const std::string& name, std::vector<std::string> words, std::string default_word,
                 const std::string& help, const std::function<void(size_t index)>& set);
// A variable that holds one of the values, or an optional of one.
template <class Target, class Value>
Option choice(const std::string& name, const std::vector<std::pair<std::string, Value>>& choices, Target* target,
              const std::string& help) {
  std::vector<std::string> words;
  std::string default_word;
  for (const auto& [word, value] : choices) {
    words.push_back(word);
    if (*target == value) default_word = word;
  }
  return choice_of(name, std::move(words), std::move(default_word), help,
                   [target, choices](size_t index) { *target = choices[index].second; });
}

// What is left when the options are taken out.
struct Arguments {
  std::vector<std::string> before, after;  // the separator "--"
  bool has_separator = false;
  std::string command{};  // all that was typed, for reports

  std::vector<std::string> all() const;
};

// Sets the variables of the options that occur. "--name value" and "--name=value" mean the same; a lone "-" is no
// option. Errors: UsageError, naming the nearest option where there is one.
Arguments parse_arguments(std::span<const std::string> args, std::span<const Option> options);

// The candidate that is spelled most like word, or "" if none is near.
std::string nearest(std::string_view word, std::span<const std::string> candidates);
// "; did you mean NEAREST?", or "".
std::string suggestion(std::string_view word, std::span<const std::string> candidates);

}  // namespace clipkit::cli
