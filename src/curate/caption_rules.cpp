#include "curate/caption_rules.h"

#include <re2/re2.h>

#include "base/check.h"
#include "curate/caption_words.h"

namespace clipkit {

namespace {

std::unique_ptr<const re2::RE2> compile(const char* option, const std::string& pattern) {
  if (pattern.empty()) return nullptr;
  re2::RE2::Options quiet;
  quiet.set_log_errors(false);  // it would print
  auto regex = std::make_unique<const re2::RE2>(pattern, quiet);
  CLIPKIT_CHECK(regex->ok(), option, ": the pattern \"", pattern, "\" makes no sense: ", regex->error());
  return regex;
}

}  // namespace

CaptionRules::CaptionRules(const FilterOptions& options)
    : min_words_(options.min_words),
      max_words_(options.max_words),
      wanted_(compile("caption-regex", options.caption_regex)),
      unwanted_(compile("drop-caption-regex", options.drop_caption_regex)) {
  CLIPKIT_CHECK(min_words_ >= 0 && max_words_ >= 0 && (max_words_ == 0 || min_words_ <= max_words_), "captions of ",
                min_words_, " to ", max_words_, " words");
}

CaptionRules::~CaptionRules() = default;

std::optional<CaptionRules::Verdict> CaptionRules::check(const std::string& caption) const {
  const int64_t words = count_words(caption);
  if (words < min_words_) return Verdict{DropRule::kMinWords, static_cast<float>(words)};
  if (max_words_ > 0 && words > max_words_) return Verdict{DropRule::kMaxWords, static_cast<float>(words)};
  if (wanted_ && !re2::RE2::PartialMatch(caption, *wanted_)) return Verdict{DropRule::kCaptionRegex, 0};
  if (unwanted_ && re2::RE2::PartialMatch(caption, *unwanted_)) return Verdict{DropRule::kDropCaptionRegex, 1};
  return std::nullopt;
}

}  // namespace clipkit
