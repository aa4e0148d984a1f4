// Measures a model on what emoji_data held back, and on emoji that it has seen:
//   emoji_eval MODEL DATA [fp32|bf16]
// A table on stdout, parts of a hundred. Zero-shot: a picture's name among the names of all emoji (classes.txt).
// Retrieval: a picture's name among the names that occur in the shard, and a name's picture among the shard's pictures.
// "of 3": the right one beats two others chosen at random, as in `clipkit classify PICTURE NAME OTHER OTHER`.
#include <cstdio>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "base/file_writer.h"
#include "base/json.h"
#include "clipkit/model.h"
#include "data/pair_source.h"
#include "phrases.h"
#include "recall.h"

namespace clipkit::emoji {

namespace {

// Of the sentences that captions are made of, besides the bare name.
const std::vector<std::string> kTemplates = {"{}", "an emoji of {}", "a picture of {}", "it shows {}"};

struct Shard {
  std::vector<int64_t> classes;  // of each picture
  std::vector<bool> drawn;       // the like is among demo/emoji/drawings.txt
  Tensor features;
};

std::vector<std::string> read_lines(const std::filesystem::path& path) {
  const std::string text = read_file(path, size_t{16} << 20);
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin) lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// One unit vector per name: the mean over the sentences.
Tensor encode_names(const Model& model, const std::vector<std::string>& names) {
  std::vector<std::string> labels;
  for (const std::string& name : names) labels.push_back(with_article(name));
  return model.zero_shot_classifier(labels, kTemplates);
}

// The pictures of a single emoji whose first caption is one of the names.
Shard read_shard(const Model& model, const std::string& path, const std::vector<std::string>& names) {
  std::unordered_map<std::string, int64_t> class_of;
  for (size_t i = 0; i < names.size(); ++i) class_of.emplace(names[i], static_cast<int64_t>(i));
  const std::unique_ptr<PairSource> source = open_pairs(path);
  Shard shard;
  std::vector<Image> images;
  for (int64_t i = 0; i < source->size(); ++i) {
    const EncodedPair pair = source->read(i);
    const Json metadata = parse_json(pair.metadata, pair.name);
    const auto found = class_of.find(pair.captions.front());
    if (found == class_of.end() || metadata.value("kind", "") != "emoji") continue;
    images.push_back(decode_image(std::as_bytes(std::span(pair.picture)), pair.name));
    shard.classes.push_back(found->second);
    shard.drawn.push_back(metadata.value("drawn", false));
  }
  CLIPKIT_CHECK(!images.empty(), path, ": no picture has the name of an emoji");
  shard.features = normalize_rows(model.encode_image(images));
  return shard;
}

// The rows of the classes that occur, in the order of the pictures: right[] for both directions of a retrieval.
struct Names {
  Tensor features;
  std::vector<std::vector<int64_t>> of_picture, pictures_of;
};

Names names_in(const Shard& shard, const Tensor& all) {
  std::map<int64_t, int64_t> row_of;
  for (const int64_t name : shard.classes) row_of.emplace(name, 0);
  Names names{Tensor::empty({static_cast<int64_t>(row_of.size()), all.shape()[1]}), {}, {}};
  int64_t rows = 0;
  for (auto& [name, row] : row_of) {
    row = rows++;
    const auto from = all.row<float>(name);
    std::copy(from.begin(), from.end(), names.features.row<float>(row).begin());
  }
  names.pictures_of.resize(row_of.size());
  for (size_t i = 0; i < shard.classes.size(); ++i) {
    const int64_t row = row_of.at(shard.classes[i]);
    names.of_picture.push_back({row});
    names.pictures_of[static_cast<size_t>(row)].push_back(static_cast<int64_t>(i));
  }
  return names;
}

// Zero-shot recall of the pictures for which `counts` says so.
template <class Counts>
Recall zero_shot(const Shard& shard, const Tensor& names, const Counts& counts) {
  std::vector<std::vector<int64_t>> right(shard.classes.size());
  for (size_t i = 0; i < right.size(); ++i) {
    if (counts(i)) right[i] = {shard.classes[i]};
  }
  return measure_recall(shard.features, names, right);
}

void print_row(const std::string& shard, const char* what, const Recall& recall) {
  if (recall.queries == 0) return;
  std::printf("| %s | %s | %lld | %.1f | %.1f | %.1f | %.1f |\n", shard.c_str(), what,
              static_cast<long long>(recall.queries), 100 * recall.at_1, 100 * recall.at_5, 100 * recall.at_10,
              100 * recall.of_3);
}

void run(const std::string& checkpoint, const std::filesystem::path& data, const std::string& precision) {
  CLIPKIT_CHECK(precision == "fp32" || precision == "bf16", "precision ", precision, ", expected fp32 or bf16");
  LoadOptions options;
  options.precision = precision == "bf16" ? Precision::kBFloat16 : Precision::kFloat32;
  const Model model = load(checkpoint, options);
  const std::vector<std::string> names = read_lines(data / "classes.txt");
  const Tensor all = encode_names(model, names),
               bare = model.zero_shot_classifier(names, std::vector<std::string>{"{}"});
  std::printf(
      "%zu names, %s\n\n| pictures | question | number | first | first 5 | first 10 | of 3 "
      "|\n|---|---|---|---|---|---|---|\n",
      names.size(), precision.c_str());
  for (const std::string shard_name : {"held-back-plain", "held-back-no-alpha", "held-back-varied", "val-000000"}) {
    const Shard shard = read_shard(model, (data / (shard_name + ".tar")).string(), names);
    const auto any = [](size_t) { return true; };
    const bool held_back = shard_name != "val-000000";
    print_row(shard_name, "name among all", zero_shot(shard, all, any));
    print_row(shard_name, "the same, the bare name as prompt", zero_shot(shard, bare, any));
    if (held_back) {
      print_row(shard_name, "the same, the like was drawn",
                zero_shot(shard, all, [&](size_t i) { return shard.drawn[i]; }));
      print_row(shard_name, "the same, not drawn", zero_shot(shard, all, [&](size_t i) { return !shard.drawn[i]; }));
    }
    const Names here = names_in(shard, all);
    print_row(shard_name, "name among these", measure_recall(shard.features, here.features, here.of_picture));
    print_row(shard_name, "picture of a name", measure_recall(here.features, shard.features, here.pictures_of));
  }
}

}  // namespace

}  // namespace clipkit::emoji

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::fprintf(stderr, "usage: emoji_eval MODEL DATA [fp32|bf16]\n");
    return 2;
  }
  try {
    clipkit::emoji::run(argv[1], argv[2], argc > 3 ? argv[3] : "fp32");
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "emoji_eval: %s\n", error.what());
    return 1;
  }
}
