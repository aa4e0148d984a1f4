#include "eval/reject_rule.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/file_writer.h"
#include "base/json.h"
#include "base/quote.h"
#include "eval/reject_scores.h"

namespace clipkit {

namespace {

constexpr int kLayout = 1;
constexpr size_t kMaxBytes = size_t{1} << 20;

class Members {
 public:
  Members(std::string_view text, std::string_view place) : place_(place), json_(parse_json(text, place)) {
    if (!json_.is_object() || !json_.contains("reject_rule"))
      fail(ErrorCode::kCorrupt, place_, ": not a rule that \"clipkit eval reject --save\" wrote");
    if (json_["reject_rule"] != kLayout)
      fail(ErrorCode::kUnsupported, place_, ": layout ", json_["reject_rule"].dump(), ", expected ", kLayout);
  }

  std::string text(const char* name) const {
    const Json& value = at(name);
    if (!value.is_string()) wrong(name, "a text");
    return value.get<std::string>();
  }
  std::string digest(const char* name) const {
    std::string value = text(name);
    if (value.size() != 64 || value.find_first_not_of("0123456789abcdef") != std::string::npos)
      wrong(name, "64 hexadecimal digits");
    return value;
  }
  double number(const char* name) const {
    const Json& value = at(name);
    if (!value.is_number() || !std::isfinite(value.get<double>())) wrong(name, "a number");
    return value.get<double>();
  }
  int64_t count(const char* name) const {
    const Json& value = at(name);
    if (!value.is_number_unsigned() || value.get<uint64_t>() - 1 >= INT64_MAX) wrong(name, "a whole number above 0");
    return value.get<int64_t>();
  }
  [[noreturn]] void wrong(const char* name, const char* expected) const {
    fail(ErrorCode::kCorrupt, place_, ": ", name, " is ",
         quote(at(name).dump(-1, ' ', false, Json::error_handler_t::replace)), ", expected ", expected);
  }

 private:
  const Json& at(const char* name) const {
    const auto found = json_.find(name);
    if (found == json_.end()) fail(ErrorCode::kCorrupt, place_, ": ", name, " is missing");
    return *found;
  }
  std::string_view place_;
  Json json_;
};

}  // namespace

const char* to_string(RejectScore score) noexcept {
  switch (score) {
    case RejectScore::kMcm:
      return "mcm";
    case RejectScore::kProbability:
      return "probability";
    case RejectScore::kCosine:
      return "cosine";
    case RejectScore::kNegLabel:
      return "neglabel";
  }
  return "";
}

RejectRule parse_reject_rule(std::string_view json, std::string_view place) {
  const Members members(json, place);
  RejectRule rule;
  const std::string score = members.text("score");
  const auto* known = std::find_if(std::begin(kRejectScores), std::end(kRejectScores),
                                   [&](RejectScore one) { return score == to_string(one); });
  if (known == std::end(kRejectScores)) members.wrong("score", "mcm, probability, cosine or neglabel");
  rule.score = *known;
  rule.threshold = members.number("threshold");
  rule.coverage = members.number("coverage");
  if (rule.coverage <= 0 || rule.coverage >= 1) members.wrong("coverage", "a number between 0 and 1");
  rule.pictures = members.count("pictures");
  rule.labels = members.count("labels");
  rule.data = members.text("data");
  rule.version = members.text("clipkit");
  rule.model_sha256 = members.digest("model_sha256");
  rule.prompts_sha256 = members.digest("prompts_sha256");
  if (rule.score == RejectScore::kNegLabel) rule.vocabulary_sha256 = members.digest("vocabulary_sha256");
  return rule;
}

std::string spell_reject_rule(const RejectRule& rule) {
  OrderedJson json = {{"reject_rule", kLayout},
                      {"score", to_string(rule.score)},
                      {"threshold", rule.threshold},
                      {"coverage", rule.coverage},
                      {"pictures", rule.pictures},
                      {"labels", rule.labels},
                      {"data", rule.data},
                      {"clipkit", rule.version},
                      {"model_sha256", rule.model_sha256},
                      {"prompts_sha256", rule.prompts_sha256}};
  if (rule.score == RejectScore::kNegLabel) json["vocabulary_sha256"] = rule.vocabulary_sha256;
  return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

RejectRule read_reject_rule(const std::filesystem::path& path) {
  return parse_reject_rule(read_file(path, kMaxBytes), path.string());
}

void write_reject_rule(const std::filesystem::path& path, const RejectRule& rule) {
  write_file(path, spell_reject_rule(rule));
}

}  // namespace clipkit
