#include <algorithm>

#include "clipkit/compact.h"
#include "clipkit/error.h"
#include "clipkit/model.h"

#include "cli/command.h"
#include "cli/compact_choices.h"
#include "cli/embed_output.h"
#include "cli/embed_source.h"
#include "cli/interrupt.h"
#include "cli/json_line.h"
#include "cli/model_options.h"
#include "cli/pictures.h"
#include "cli/row_file.h"
#include "cli/terminal.h"
#include "cli/text_input.h"

namespace clipkit::cli {

namespace {

const std::pair<const char*, Output> kKinds[] = {
    {"features", Output::kFeatures}, {"before-projection", Output::kBeforeProjection}, {"tokens", Output::kTokens}};

const char* kind_name(Output kind) {
  return std::find_if(std::begin(kKinds), std::end(kKinds), [&](const auto& entry) { return entry.second == kind; })
      ->first;
}

class Embed : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  std::unique_ptr<EmbedSource> open_source(const std::vector<std::string>& arguments) const;
  std::unique_ptr<EmbedOutput> open_output(const EmbedSource& source) const;
  int encode_all(const Model& model, EmbedSource& source, EmbedOutput& output) const;
  bool takes_texts() const { return !texts_.empty() || !tokens_.empty(); }

  ModelOptions model_;
  PictureOptions pictures_;
  std::string output_, list_, texts_, tokens_;
  Output kind_ = Output::kFeatures;
  Compact stored_ = Compact::kFloat32;
  int batch_ = 32;
  bool no_normalize_ = false, truncate_ = false, windows_ = false, resume_ = false;
};

Manual Embed::manual() {
  Manual manual{
      .name = "embed",
      .arguments = "PICTURE...",
      .summary =
          "Features of pictures or texts: one row each, in their order, of length 1 unless told otherwise.\n"
          "What cannot be read is reported and left out. While an output grows it is called FILE.partial; a list "
          "beside it,\n"
          "FILE.items.jsonl in the end, says for each item its row or what is wrong with it.",
      .argument_help = {{"PICTURE", "files, folders, - or .npy files of float32 [N,3,S,S], preprocessed already"}},
      .options = {},
      .examples = {"clipkit embed --model ViT-B-32.pt --output photos.npy photos/",
                   "clipkit embed --model ViT-B-32.pt --output captions.safetensors --texts captions.txt"},
  };
  const std::vector<std::pair<std::string, Output>> kinds(std::begin(kKinds), std::end(kKinds));
  std::vector<Option>& options = manual.options;
  options.push_back(
      text("--output", "FILE", &output_, ".npy, .safetensors or .jsonl").with_default("JSON lines on stdout"));
  options.push_back(choice("--dtype", compact_choices(), &stored_,
                           "number type of the rows: int8 and bits keep directions, not lengths; bits are signs, eight "
                           "a byte"));
  options.push_back(text("--texts", "FILE", &texts_, "texts instead: one a line, or \"text\" of each line of .jsonl"));
  options.push_back(text("--tokens", "FILE", &tokens_, "texts tokenised already: .npy of int32 or int64 [N,L]"));
  options.push_back(text("--list", "FILE", &list_, "more pictures, one file name a line"));
  model_.add_model_to(options);
  options.push_back(flag("--no-normalize", &no_normalize_, "features as the model gives them; other kinds always are"));
  options.push_back(choice("--output-kind", kinds, &kind_, "what to keep"));
  options.push_back(flag("--resume", &resume_, "go on after the last item that an earlier run finished"));
  options.push_back(flag("--truncate", &truncate_, "cut texts that are too long, keeping the end token"));
  options.push_back(flag("--windows", &windows_, "or average over windows of them"));
  options.push_back(number("--batch", "N", &batch_, {1, 65536}, "items that the model gets at once"));
  pictures_.add_to(options);
  model_.add_others_to(options);
  return manual;
}

std::unique_ptr<EmbedSource> Embed::open_source(const std::vector<std::string>& arguments) const {
  std::vector<std::string> files = arguments;
  if (!list_.empty()) {
    for (std::string& file : read_texts(list_)) {
      if (!file.empty()) files.push_back(std::move(file));
    }
  }
  if ((!files.empty() || !list_.empty()) + !texts_.empty() + !tokens_.empty() != 1) {
    throw UsageError("give pictures, or --texts FILE, or --tokens FILE");
  }
  if (truncate_ && windows_) throw UsageError("--truncate and --windows exclude each other");
  const Overflow overflow = truncate_ ? Overflow::kTruncate : windows_ ? Overflow::kWindows : Overflow::kError;
  if (!texts_.empty()) return text_source(texts_, overflow);
  if (!tokens_.empty()) return token_source(tokens_);

  const auto is_npy = [](const std::string& file) { return file.ends_with(".npy"); };
  const auto arrays = std::count_if(files.begin(), files.end(), is_npy);
  if (arrays > 0 && arrays < static_cast<std::ptrdiff_t>(files.size())) {
    throw UsageError("pictures and .npy files cannot be mixed in one output");
  }
  if (arrays > 0) return pixel_source(files);
  return picture_source(list_pictures(files), pictures_.decode(), 2 * int64_t{batch_});
}

std::unique_ptr<EmbedOutput> Embed::open_output(const EmbedSource& source) const {
  JsonLine settings;
  settings.begin_object().key("model").raw(model_.settings());
  settings.member("normalize", !no_normalize_).member("kind", kind_name(kind_));
  settings.member("dtype", to_string(stored_));
  settings.member("exif", pictures_.exif).member("truncate", truncate_).member("windows", windows_).end_object();
  EmbedSettings shared{.key = source.key(), .settings = settings.text(), .dtype = stored_dtype(stored_)};
  if (!output_.empty()) return embed_to_file(output_, std::move(shared), resume_);
  return embed_to_stdout(std::move(shared));
}

int Embed::encode_all(const Model& model, EmbedSource& source, EmbedOutput& output) const {
  const int64_t total = source.num_items();
  const auto first = static_cast<int64_t>(output.done().size());
  int64_t bad = output.num_bad_done();
  source.start(model, kind_, first);
  Progress progress("embedding", total, first);
  for (int64_t begin = first; begin < total; begin += batch_) {
    if (InterruptGuard::requested()) {
      throw Interrupted("stopped after " + std::to_string(begin) + " of " + std::to_string(total) +
                        (output_.empty() ? "" : "; the same command with --resume goes on"));
    }
    const int64_t end = std::min(begin + batch_, total);
    std::vector<std::string> errors(static_cast<size_t>(end - begin));
    Tensor rows = source.encode(begin, end, errors);
    if (rows && kind_ == Output::kFeatures && !no_normalize_) rows = normalize_rows(rows);
    std::vector<EmbeddedItem> items;
    for (int64_t i = begin; i < end; ++i) {
      items.push_back({source.name(i), std::move(errors[static_cast<size_t>(i - begin)])});
      if (items.back().error.empty()) continue;
      message(items.back().error);
      ++bad;
    }
    if (rows && stored_ != Compact::kFloat32) rows = compact_rows(rows, stored_);
    output.append(items, rows);
    progress.update(end);
  }
  output.finish();
  if (bad == 0) return kSuccess;
  message(std::to_string(bad) + " of " + std::to_string(total) + " could not be embedded" +
          (bad == total ? "; nothing was written" : ""));
  return kFailure;
}

int Embed::run(const Arguments& arguments) {
  if (!output_.empty()) row_format(output_);  // before anything that takes long
  if (output_.empty() && resume_) throw UsageError("--resume needs --output");
  if (stored_ != Compact::kFloat32) {
    if (output_.empty() || row_format(output_) == RowFormat::kJsonl)
      throw UsageError("--dtype other than fp32 needs --output FILE.npy or FILE.safetensors");
    if (kind_ == Output::kTokens || no_normalize_)
      throw UsageError("--dtype other than fp32 is for features of length 1, without --no-normalize");
  }
  const std::unique_ptr<EmbedSource> source = open_source(arguments.all());
  const InterruptGuard interrupt;
  const std::unique_ptr<EmbedOutput> output = open_output(*source);
  const std::vector<std::string>& done = output->done();
  for (size_t i = 0; i < done.size(); ++i) {
    const auto item = static_cast<int64_t>(i);
    if (item >= source->num_items() || source->name(item) != done[i]) {
      throw Error(ErrorCode::kInvalidArgument,
                  output_ + ": item " + std::to_string(i + 1) + " of the earlier run was " + done[i] + ", now it is " +
                      (item < source->num_items() ? source->name(item) : "missing") + "; it cannot be resumed");
    }
  }
  const Model model = model_.load(!takes_texts(), takes_texts());
  return encode_all(model, *source, *output);
}

}  // namespace

std::unique_ptr<Command> make_embed() {
  return std::make_unique<Embed>();
}

}  // namespace clipkit::cli
