#include "eval/eval_json.h"

#include <cmath>

#include "base/utf8.h"
#include "clipkit/reject.h"

namespace clipkit {

std::string text(const OrderedJson& json) {
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

OrderedJson number(double value) {
  return std::isfinite(value) ? OrderedJson(value) : OrderedJson(nullptr);
}

namespace {

OrderedJson json_of(const RetrievalScores& scores) {
  return {{"queries", scores.queries},
          {"recall@1", json_of(scores.recall_at_1)},
          {"recall@5", json_of(scores.recall_at_5)},
          {"recall@10", json_of(scores.recall_at_10)},
          {"median_rank", scores.median_rank},
          {"mean_rank", scores.mean_rank}};
}

}  // namespace

OrderedJson json_of(const Estimate& estimate) {
  if (!std::isfinite(estimate.low)) return {{"value", number(estimate.value)}};
  return {{"value", number(estimate.value)}, {"low", estimate.low}, {"high", estimate.high}};
}

OrderedJson json_of(const EvalOrigin& origin) {
  OrderedJson unreadable = OrderedJson::array();
  for (const auto& one : origin.unreadable) unreadable.push_back({{"picture", one.picture}, {"reason", one.reason}});
  return {{"clipkit", origin.version},
          {"command", origin.command},
          {"model", origin.model},
          {"model_sha256", origin.model_sha256},
          {"precision", origin.precision},
          {"layer", origin.layer},
          {"data", origin.data},
          {"title", origin.title},
          {"split", origin.split},
          {"note", origin.note},
          {"data_sha256", origin.data_sha256},
          {"prompts_sha256", origin.prompts_sha256},
          {"pictures", origin.pictures},
          {"classes", origin.classes},
          {"cut_texts", origin.cut_texts},
          {"unreadable", std::move(unreadable)}};
}

OrderedJson json_of(const ClassificationScores& scores) {
  OrderedJson classes = OrderedJson::array(), confusions = OrderedJson::array(), bins = OrderedJson::array();
  for (const auto& one : scores.classes) {
    classes.push_back({{"name", one.name},
                       {"pictures", one.pictures},
                       {"accuracy", number(one.accuracy)},
                       {"average_precision_11", number(one.average_precision_11)},
                       {"most_confused", one.most_confused}});
  }
  for (const auto& one : scores.confusions) confusions.push_back({one.right, one.predicted, one.count});
  for (const auto& bin : scores.calibration) bins.push_back({bin.count, bin.confidence, bin.accuracy});
  OrderedJson json = {{"metric", scores.metric},
                      {"score", json_of(scores.score)},
                      {"top1", json_of(scores.top1)},
                      {"top5", json_of(scores.top5)},
                      {"mean_per_class", json_of(scores.mean_per_class)},
                      {"map_11", number(scores.map_11)},
                      {"map", number(scores.map)}};
  if (scores.roc_auc) json["roc_auc"] = number(*scores.roc_auc);
  json["calibration_error"] = number(scores.calibration_error);
  json["calibration"] = std::move(bins);
  json["classes"] = std::move(classes);
  json["confusions"] = std::move(confusions);
  return json;
}

OrderedJson json_of(const std::vector<FoldScore>& folds) {
  OrderedJson json = OrderedJson::array();
  for (const FoldScore& one : folds) {
    OrderedJson& fold = json.emplace_back(OrderedJson::object());
    if (!one.train_split.empty()) fold["train"] = one.train_split;
    fold["test"] = one.test_split;
    fold["test_sha256"] = one.test_sha256;
    if (one.lambda) fold["lambda"] = *one.lambda;
    fold["score"] = number(one.score);
  }
  return json;
}

std::string to_json(const ZeroShotResult& result) {
  OrderedJson json = {{"task", "zero-shot"}, {"origin", json_of(result.origin)}};
  json["templates"] = result.templates;
  json["prompts"] = result.prompts;
  json["logit_scale"] = result.logit_scale;
  json["scores"] = json_of(result.scores);
  OrderedJson mistakes = OrderedJson::array();
  for (const auto& one : result.mistakes) {
    mistakes.push_back({{"picture", one.picture},
                        {"right", one.right},
                        {"predicted", one.predicted},
                        {"probability_right", one.probability_right},
                        {"probability_predicted", one.probability_predicted}});
  }
  json["mistakes"] = std::move(mistakes);
  if (!result.folds.empty()) {
    json["over_folds"] = json_of(result.over_folds);
    json["folds"] = json_of(result.folds);
  }
  return text(json);
}

std::string to_json(const ProbeResult& result) {
  OrderedJson json = {{"task", "probe"}, {"origin", json_of(result.origin)}};
  json["train"] = {{"split", result.train_split}, {"pictures", result.train_pictures}, {"sha256", result.train_sha256}};
  json["validation"] = {{"split", result.validation_split},
                        {"pictures", result.validation_pictures},
                        {"sha256", result.validation_sha256}};
  json["width"] = result.width;
  OrderedJson trials = OrderedJson::array();
  for (const auto& one : result.trials)
    trials.push_back({{"lambda", one.lambda}, {"score", number(one.score)}, {"iterations", one.iterations}});
  json["trials"] = std::move(trials);
  json["lambda"] = result.lambda;
  json["iterations"] = result.iterations;
  json["ended"] = result.ended;
  json["scores"] = json_of(result.scores);
  if (!result.folds.empty()) {
    json["over_folds"] = json_of(result.over_folds);
    json["folds"] = json_of(result.folds);
  }
  return text(json);
}

std::string to_json(const FewShotResult& result) {
  OrderedJson heads = OrderedJson::array();
  for (const auto& head : result.heads) {
    OrderedJson points = OrderedJson::array();
    for (const auto& point : head.points) {
      points.push_back({{"shots", point.shots},
                        {"mean", number(point.mean)},
                        {"low", number(point.low)},
                        {"high", number(point.high)},
                        {"scores", point.scores},
                        {"chosen", point.chosen}});
    }
    heads.push_back({{"name", head.name}, {"what", head.what}, {"points", std::move(points)}});
  }
  OrderedJson json = {{"task", "few-shot"},
                      {"origin", json_of(result.origin)},
                      {"train_sha256", result.train_sha256},
                      {"templates", result.templates},
                      {"metric", result.metric},
                      {"zero_shot", number(result.zero_shot)},
                      {"heads", std::move(heads)}};
  if (!result.folds.empty()) json["folds"] = json_of(result.folds);
  if (const auto& f = result.fine_tuning) {
    json["fine_tuning"] = {
        {"lr", f->lr}, {"weight_decay", f->weight_decay}, {"epochs", f->epochs}, {"batch_size", f->batch_size}};
  }
  return text(json);
}

std::string to_json(const RejectResult& result) {
  OrderedJson json = {{"task", "reject"}, {"origin", json_of(result.origin)}};
  if (!result.unknown_data.empty()) {
    json["unknown"] = {
        {"data", result.unknown_data}, {"title", result.unknown_title}, {"sha256", result.unknown_sha256}};
  }
  json["templates"] = result.templates;
  json["coverage"] = result.coverage;
  json["words"] = result.words;
  OrderedJson scores = OrderedJson::array(), draws = OrderedJson::array(), mistakes = OrderedJson::array();
  for (const auto& one : result.scores) {
    scores.push_back({{"score", to_string(one.score)},
                      {"auroc", json_of(one.auroc)},
                      {"fpr95", json_of(one.fpr95)},
                      {"kept", json_of(one.kept)},
                      {"declined", json_of(one.declined)},
                      {"thresholds", one.thresholds},
                      {"curve", one.curve}});
  }
  json["scores"] = std::move(scores);
  json["sets"] = {{"covered", json_of(result.sets.covered)},
                  {"size", json_of(result.sets.size)},
                  {"empty", json_of(result.sets.empty)},
                  {"empty_unknown", json_of(result.sets.empty_unknown)}};
  for (const auto& one : result.draws) {
    draws.push_back(
        {{"held_out", one.held_out}, {"calibration", one.calibration}, {"known", one.known}, {"unknown", one.unknown}});
  }
  json["draws"] = std::move(draws);
  for (const auto& one : result.mistakes)
    mistakes.push_back({{"picture", one.picture}, {"label", one.label}, {"score", one.score}});
  json["mistakes"] = std::move(mistakes);
  json["rule"] = {{"score", to_string(result.rule.score)},
                  {"threshold", number(result.rule.threshold)},
                  {"pictures", result.rule.pictures}};
  return text(json);
}

std::string to_json(const RetrievalResult& result) {
  const OrderedJson json = {{"task", "retrieval"},
                            {"origin", json_of(result.origin)},
                            {"prompt", result.prompt},
                            {"dtype", to_string(result.stored)},
                            {"captions", result.captions},
                            {"image_to_text", json_of(result.image_to_text)},
                            {"text_to_image", json_of(result.text_to_image)}};
  return text(json);
}

}  // namespace clipkit
