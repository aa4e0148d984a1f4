#include "cli/options.h"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace clipkit::cli {

namespace {

int parse_number(const std::string& name, const std::string& value, Range range) {
  int number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < range.min || number > range.max) {
    const std::string bound = range.max == Range().max
                                  ? "of " + std::to_string(range.min) + " or more"
                                  : "from " + std::to_string(range.min) + " to " + std::to_string(range.max);
    throw UsageError(name + " is \"" + value + "\", expected a whole number " + bound);
  }
  return number;
}

template <class Number>
Number parse_any(const std::string& name, const std::string& value, Number min, const char* kind) {
  Number number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || !(number >= min)) {
    std::ostringstream least;
    least << min;
    throw UsageError(name + " is \"" + value + "\", expected a " + kind + " of " + least.str() + " or more");
  }
  return number;
}

std::string shortest_number(double value) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return {text, end};
}

// Levenshtein's distance: characters to insert, delete or replace.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

Option flag(std::string name, bool* target, std::string help) {
  return {.name = std::move(name),
          .value = {},
          .help = std::move(help),
          .unit = {},
          .default_text = {},
          .set = [target](const std::string&) { *target = true; }};
}

Option number(const std::string& name, std::string value, int* target, Range range, std::string help) {
  const auto set = [=](const std::string& given) { *target = parse_number(name, given, range); };
  return {.name = name,
          .value = std::move(value),
          .help = std::move(help),
          .unit = {},
          .default_text = std::to_string(*target),
          .set = set};
}

Option number(const std::string& name, std::string value, std::optional<int>* target, Range range, std::string help) {
  const auto set = [=](const std::string& given) { *target = parse_number(name, given, range); };
  return {.name = name, .value = std::move(value), .help = std::move(help), .unit = {}, .default_text = {}, .set = set};
}

Option whole(const std::string& name, std::string value, int64_t* target, int64_t min, std::string help) {
  const auto set = [=](const std::string& given) { *target = parse_any(name, given, min, "whole number"); };
  return {.name = name,
          .value = std::move(value),
          .help = std::move(help),
          .unit = {},
          .default_text = std::to_string(*target),
          .set = set};
}

Option real(const std::string& name, std::string value, double* target, double min, std::string help) {
  const auto set = [=](const std::string& given) { *target = parse_any(name, given, min, "number"); };
  return {.name = name,
          .value = std::move(value),
          .help = std::move(help),
          .unit = {},
          .default_text = shortest_number(*target),
          .set = set};
}

Option real(const std::string& name, std::string value, std::optional<double>* target, double min, std::string help) {
  const auto set = [=](const std::string& given) { *target = parse_any(name, given, min, "number"); };
  return {.name = name, .value = std::move(value), .help = std::move(help), .unit = {}, .default_text = {}, .set = set};
}

Option text(const std::string& name, std::string value, std::string* target, std::string help) {
  const auto set = [=](const std::string& given) {
    if (given.empty()) throw UsageError(name + " is empty");
    *target = given;
  };
  return {.name = name,
          .value = std::move(value),
          .help = std::move(help),
          .unit = {},
          .default_text = *target,
          .set = set};
}

Option texts(std::string name, std::string value, std::vector<std::string>* target, std::string help) {
  return {.name = std::move(name),
          .value = std::move(value),
          .help = std::move(help),
          .unit = {},
          .default_text = {},
          .set = [target](const std::string& given) { target->push_back(given); }};
}

Option optional_text(std::string name, std::string value, std::optional<std::string>* target, std::string help) {
  return {.name = std::move(name),
          .value = std::move(value),
          .help = std::move(help),
          .unit = {},
          .default_text = {},
          .set = [target](const std::string& given) { *target = given; },
          .value_is_optional = true};
}

Option choice_of(const std::string& name, std::vector<std::string> words, std::string default_word,
                 const std::string& help, const std::function<void(size_t)>& set) {
  std::string listed = words.front();
  for (size_t i = 1; i < words.size(); ++i) listed += (i + 1 < words.size() ? ", " : " or ") + words[i];
  const auto set_word = [=](const std::string& given) {
    const auto found = std::find(words.begin(), words.end(), given);
    if (found == words.end()) {
      throw UsageError(name + " is \"" + given + "\", expected " + listed + suggestion(given, words));
    }
    set(static_cast<size_t>(found - words.begin()));
  };
  return {.name = name,
          .value = "NAME",
          .help = help + ": " + listed,
          .unit = {},
          .default_text = std::move(default_word),
          .set = set_word};
}

std::vector<std::string> Arguments::all() const {
  std::vector<std::string> both = before;
  both.insert(both.end(), after.begin(), after.end());
  return both;
}

Arguments parse_arguments(std::span<const std::string> args, std::span<const Option> options) {
  const auto find = [&](std::string_view name) {
    const auto found = std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.name == name; });
    return found == options.end() ? nullptr : &*found;
  };
  Arguments rest;
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string& arg = args[i];
    if (rest.has_separator) {
      rest.after.push_back(arg);
      continue;
    }
    if (arg == "--") {
      rest.has_separator = true;
      continue;
    }
    if (arg.size() < 2 || arg[0] != '-') {
      rest.before.push_back(arg);
      continue;
    }
    const size_t equals = arg.find('=');
    const std::string name = arg.substr(0, equals);
    const Option* option = find(name);
    if (option == nullptr) {
      std::vector<std::string> names;
      for (const Option& known : options) names.push_back(known.name);
      throw UsageError("there is no option " + name + suggestion(name, names));
    }
    if (option->value.empty()) {
      if (equals != std::string::npos) throw UsageError(name + " takes no value");
      option->set("");
    } else if (equals != std::string::npos) {
      if (option->value_is_optional && equals + 1 == arg.size()) throw UsageError(name + "= has no value behind it");
      option->set(arg.substr(equals + 1));
    } else if (option->value_is_optional) {
      option->set("");
    } else if (i + 1 == args.size() || find(args[i + 1]) != nullptr) {
      throw UsageError(name + " needs a value, " + option->value);
    } else {
      option->set(args[++i]);
    }
  }
  return rest;
}

std::string nearest(std::string_view word, std::span<const std::string> candidates) {
  size_t best = std::max<size_t>(2, word.size() / 3) + 1;
  std::string found;
  for (const std::string& candidate : candidates) {
    // A word that was cut short is nearer than its missing letters say.
    const bool is_beginning = word.size() >= 3 && candidate.starts_with(word);
    const size_t distance = is_beginning ? 1 : edit_distance(word, candidate);
    if (distance < best) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

std::string suggestion(std::string_view word, std::span<const std::string> candidates) {
  const std::string near = nearest(word, candidates);
  return near.empty() ? "" : "; did you mean " + near + "?";
}

}  // namespace clipkit::cli
