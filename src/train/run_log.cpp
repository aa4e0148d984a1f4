#include "train/run_log.h"

#include <algorithm>

#include "base/concat.h"
#include "base/file_writer.h"
#include "base/log.h"
#include "clipkit/error.h"
#include "image/convert_color.h"
#include "image/decode.h"
#include "image/encode_png.h"
#include "report/html_page.h"

namespace clipkit {

namespace {

struct Metric {
  const char* name;
  double value;
};

std::vector<Metric> metrics_of(const TrainStatus& s) {
  return {{"train/loss", s.loss},
          {"train/gradient_norm", s.gradient_norm},
          {"train/lr", s.lr},
          {"train/logit_scale", s.logit_scale}};
}

std::vector<Metric> metrics_of(const ValidationResult& v) {
  std::vector<Metric> metrics = {{"val/loss", v.loss},
                                 {"val/image_to_text_R@1", v.image_to_text.recall_at_1},
                                 {"val/image_to_text_R@5", v.image_to_text.recall_at_5},
                                 {"val/image_to_text_R@10", v.image_to_text.recall_at_10},
                                 {"val/image_to_text_mean_rank", v.image_to_text.mean_rank},
                                 {"val/image_to_text_median_rank", v.image_to_text.median_rank},
                                 {"val/text_to_image_R@1", v.text_to_image.recall_at_1},
                                 {"val/text_to_image_R@5", v.text_to_image.recall_at_5},
                                 {"val/text_to_image_R@10", v.text_to_image.recall_at_10},
                                 {"val/text_to_image_mean_rank", v.text_to_image.mean_rank},
                                 {"val/text_to_image_median_rank", v.text_to_image.median_rank}};
  if (v.zero_shot.num_pictures > 0) {
    metrics.push_back({"val/zero_shot_top_1", v.zero_shot.top_1});
    metrics.push_back({"val/zero_shot_top_5", v.zero_shot.top_5});
  }
  return metrics;
}

std::string percent(double part) {
  char text[16];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * part);
  return text;
}

// A picture file that a browser can show: PNM and BMP become PNG.
std::string file_for_page(EncodedPair pair) {
  const auto bytes = std::as_bytes(std::span(pair.picture));
  const char* kind = picture_extension(bytes.first(std::min(bytes.size(), kPictureHeadBytes)));
  for (const std::string_view shown : {"jpg", "png", "webp", "gif"})
    if (kind != nullptr && kind == shown) return std::move(pair.picture);
  return encode_png(convert_to_rgb(decode_image(bytes, pair.name)), pair.name);
}

// The pictures of the grid: spread over the validation set.
std::vector<PictureCard> picture_cards(const ValidationResult& v, const PairSource& pairs) {
  constexpr int64_t kCards = 24;
  std::vector<std::vector<int64_t>> captions_of(static_cast<size_t>(v.num_pictures));
  std::vector<std::string> captions;
  for (size_t i = 0; i < v.caption_rows.size(); ++i)
    captions_of[static_cast<size_t>(v.caption_rows[i])].push_back(static_cast<int64_t>(i));
  const auto caption = [&](int64_t index) {
    const int64_t picture = v.caption_rows[static_cast<size_t>(index)];
    const auto& own = captions_of[static_cast<size_t>(picture)];
    const auto place = std::find(own.begin(), own.end(), index) - own.begin();
    return pairs.read(v.samples[static_cast<size_t>(picture)]).captions.at(static_cast<size_t>(place));
  };
  std::vector<PictureCard> cards;
  for (int64_t card = 0; card < std::min(kCards, v.num_pictures); ++card) {
    const int64_t picture = card * v.num_pictures / std::min(kCards, v.num_pictures);
    EncodedPair pair = pairs.read(v.samples[static_cast<size_t>(picture)]);
    PictureCard result{.file = {}, .title = pair.captions.front()};
    result.file = file_for_page(std::move(pair));
    for (const auto& match : v.best_captions[static_cast<size_t>(picture)]) {
      const bool right = v.caption_rows[static_cast<size_t>(match.caption)] == picture;
      char note[16];
      std::snprintf(note, sizeof note, "%.2f", static_cast<double>(match.similarity));
      result.captions.push_back({.text = caption(match.caption),
                                 .note = note,
                                 .mark = right ? PictureCard::Mark::kRight : PictureCard::Mark::kWrong});
    }
    cards.push_back(std::move(result));
  }
  return cards;
}

}  // namespace

RunLog::RunLog(const std::filesystem::path& run, int64_t first_step)
    : run_(run), metrics_(run / "metrics.jsonl", first_step - 1), board_(run / "tensorboard", first_step) {}

template <class Write>
void RunLog::attempt(const Write& write) {
  try {
    write();
    is_failing_ = false;
  } catch (const Error& error) {
    if (!is_failing_) log_warning(error.what(), "; training goes on without");
    is_failing_ = true;
  }
}

void RunLog::step(const TrainStatus& status) {
  attempt([&] {
    OrderedJson line;
    line["epoch"] = status.epoch;
    for (const Metric& metric : metrics_of(status)) line[metric.name] = metric.value;
    metrics_.write(status.step - 1, line);
    for (const Metric& metric : metrics_of(status)) board_.scalar(metric.name, metric.value, status.step);
    board_.scalar("speed/pairs_per_second", status.pairs_per_second, status.step);
    board_.scalar("speed/loader_wait", status.loader_wait, status.step);
  });
}

void RunLog::validation(int64_t step, const ValidationResult& result) {
  if (result.num_pictures == 0) {
    log_warning("validation after ", step, " steps: not one of the pictures could be read");
    return;
  }
  log_info("validation after ", step, " steps: loss ", result.loss, ", R@1 of pictures ",
           percent(result.image_to_text.recall_at_1), ", of captions ", percent(result.text_to_image.recall_at_1),
           ", R@10 ", percent(result.image_to_text.recall_at_10), ", ", percent(result.text_to_image.recall_at_10),
           result.zero_shot.num_pictures > 0 ? ", zero-shot top-1 " + percent(result.zero_shot.top_1) : "");
  attempt([&] {
    OrderedJson line;
    for (const Metric& metric : metrics_of(result)) line[metric.name] = metric.value;
    metrics_.write(step - 1, line);
    for (const Metric& metric : metrics_of(result)) board_.scalar(metric.name, metric.value, step);
  });
}

void RunLog::event(int64_t step, const std::string& what) {
  log_warning("step ", step, ": ", what);
  attempt([&] {
    metrics_.write(step - 1, {{"event", what}});
    board_.text("events", what, step);
  });
}

void RunLog::sync() {
  attempt([&] { metrics_.sync(); });
}

void RunLog::write_report(const TrainOptions& options, const ValidationResult* last, const PairSource* pairs) {
  attempt([&] { write_file(run_ / "report.html", report_of(options, last, pairs)); });
}

std::string RunLog::report_of(const TrainOptions& options, const ValidationResult* last,
                              const PairSource* pairs) const {
  const auto series = read_metric_series(run_ / "metrics.jsonl");
  const auto plot = [&](const char* title, std::initializer_list<std::pair<const char*, const char*>> lines) {
    LinePlot result{.title = title, .x_label = "step"};
    for (const auto& [name, metric] : lines) {
      const auto found = series.find(metric);
      if (found != series.end())
        result.series.push_back({.name = name, .x = found->second.steps, .y = found->second.values});
    }
    return result;
  };
  std::vector<LinePlot> plots = {
      plot("Loss", {{"training", "train/loss"}, {"validation", "val/loss"}}),
      plot("Recall at 1", {{"pictures", "val/image_to_text_R@1"}, {"captions", "val/text_to_image_R@1"}}),
      plot("Recall at 10", {{"pictures", "val/image_to_text_R@10"}, {"captions", "val/text_to_image_R@10"}}),
      plot("Zero-shot accuracy", {{"top-1", "val/zero_shot_top_1"}, {"top-5", "val/zero_shot_top_5"}}),
      plot("Temperature's multiplier", {{"logit_scale", "train/logit_scale"}}),
      plot("Norm of the gradients", {{"gradient_norm", "train/gradient_norm"}}),
      plot("Learning rate", {{"lr", "train/lr"}})};
  std::erase_if(plots, [](const LinePlot& p) { return p.series.empty(); });

  HtmlPage page(concat("Training of ", options.model));
  page.plots(plots);
  if (last != nullptr && last->num_pictures > 0) {
    const auto row = [&](const char* what, const RetrievalRecall& r, int64_t others) {
      char mean[32];
      std::snprintf(mean, sizeof mean, "%.1f", r.mean_rank);
      return std::vector<std::string>{what,
                                      percent(r.recall_at_1),
                                      percent(r.recall_at_5),
                                      percent(r.recall_at_10),
                                      concat(static_cast<int64_t>(r.median_rank)),
                                      mean,
                                      percent(1 / static_cast<double>(others))};
    };
    page.heading("Retrieval on the validation pairs");
    page.table({.columns = {"from", "R@1", "R@5", "R@10", "median rank", "mean rank", "R@1 by chance"},
                .rows = {row("pictures", last->image_to_text, last->num_pictures),
                         row("captions", last->text_to_image, last->num_pictures)}});
    if (pairs != nullptr) {
      page.heading("Validation pictures and the captions nearest to them");
      page.pictures(picture_cards(*last, *pairs));
    }
  }
  page.heading("Options");
  HtmlTable table{.columns = {"option", "value"}, .rows = {}};
  const Json json = Json::parse(to_json(options));
  for (const auto& [name, value] : json.items())
    table.rows.push_back({name, value.is_string() ? value.get<std::string>() : value.dump()});
  page.table(table);
  return page.text();
}

}  // namespace clipkit
