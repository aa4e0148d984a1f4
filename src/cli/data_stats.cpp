#include "clipkit/curate.h"

#include "cli/command.h"
#include "cli/data_options.h"

namespace clipkit::cli {

namespace {

class DataStatsCommand : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  DataOptions data_;
  std::string report_;
  bool json_ = false;
};

Manual DataStatsCommand::manual() {
  Manual manual{
      .name = "data stats",
      .arguments = "PAIRS...",
      .summary =
          "Say what image-text pairs hold: sizes, formats, captions, duplicates, and what cannot be read.\n"
          "Every picture is decoded. Duplicates are those of the same bytes.",
      .argument_help = {{"PAIRS", kPairsHelp}},
      .options = {},
      .examples = {"clipkit data stats --report stats.html 'shards/{000000..000099}.tar'"},
  };
  manual.options.push_back(flag("--json", &json_, "one JSON object on stdout, with histograms"));
  manual.options.push_back(text("--report", "FILE", &report_, "and a page with histograms, HTML"));
  data_.add_to(manual.options);
  return manual;
}

// Names come from anywhere, and standard output may be a terminal.
std::string shown(const std::string& text) {
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  return out;
}

void print_counts(const std::string& heading, const std::vector<DataStats::Count>& counts) {
  bool first = true;
  for (const DataStats::Count& count : counts) {
    if (count.count == 0) continue;
    if (first) print("\n" + heading + "\n");
    first = false;
    print("  " + std::to_string(count.count) + " " + count.what + "\n");
    for (const std::string& example : count.examples) print("      " + shown(example) + "\n");
  }
}

void print_text(const DataStats& s) {
  std::string formats;
  for (const DataStats::Count& format : s.formats) {
    formats += (formats.empty() ? "" : ", ") + std::to_string(format.count) + " " + format.what;
  }
  print(std::to_string(s.pairs) + " pairs, " + human_bytes(s.bytes) + " of pictures" +
        (formats.empty() ? "" : " (" + formats + ")") + "\n\n");
  std::vector<std::vector<std::string>> rows = {{"", "min", "1 %", "10 %", "median", "90 %", "99 %", "max", "mean"}};
  const auto add = [&](const char* name, const ValueSummary& v, int digits) {
    std::vector<std::string> row = {name};
    for (const double value : {v.min, v.p1, v.p10, v.median, v.p90, v.p99, v.max}) row.push_back(fixed(value, digits));
    row.push_back(fixed(v.mean, digits + 1));
    rows.push_back(std::move(row));
  };
  add("width (px)", s.width, 0);
  add("height (px)", s.height, 0);
  add("longer / shorter side", s.aspect, 2);
  add("bytes of a picture", s.picture_bytes, 0);
  add("captions of a pair", s.captions, 0);
  add("words of a caption", s.caption_words, 0);
  add("tokens of a caption", s.caption_tokens, 0);
  print_table(rows);
  print_counts("unreadable", s.unreadable);
  print_counts("left out or odd", s.left_out);
  print_counts("repeated or unusual", {s.duplicate_pictures,
                                       s.same_captions,
                                       s.invalid_captions,
                                       {"captions longer than CLIP's context", s.captions_too_long}});
}

int DataStatsCommand::run(const Arguments& arguments) {
  const PairsInput input = data_.input(arguments);
  PartProgress progress;
  const DataStats stats = data_stats(input, progress.callbacks({}));
  if (!report_.empty()) write_stats_report(report_, stats, input.pairs);
  if (json_) {
    print(to_json(stats) + "\n");
  } else {
    print_text(stats);
  }
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_data_stats() {
  return std::make_unique<DataStatsCommand>();
}

}  // namespace clipkit::cli
