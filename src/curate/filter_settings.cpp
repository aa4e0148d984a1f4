#include "curate/filter_settings.h"

#include "base/check.h"
#include "base/sha256.h"
#include "curate/input_settings.h"

namespace clipkit {

namespace {

template <class T>
OrderedJson json_of(const std::optional<T>& value) {
  return value ? OrderedJson(*value) : OrderedJson();
}

}  // namespace

bool needs_model(const FilterOptions& o) {
  return o.min_similarity || o.near_duplicates || !o.drop_concepts.empty();
}

bool needs_captions(const FilterOptions& o) {
  return o.min_similarity || (!o.drop_concepts.empty() && !o.concept_similarity);
}

OrderedJson settings_of(const FilterOptions& o, const PairSource& source) {
  OrderedJson settings = input_settings(o.input, source);
  add_settings(o.output, settings);
  settings["max_image_pixels"] = o.input.max_image_pixels;
  settings["min_size"] = o.min_size;
  settings["max_aspect"] = o.max_aspect;
  settings["drop_duplicates"] = o.drop_duplicates;
  settings["min_words"] = o.min_words;
  settings["max_words"] = o.max_words;
  settings["caption_regex"] = o.caption_regex;
  settings["drop_caption_regex"] = o.drop_caption_regex;
  if (!needs_model(o)) return settings;
  settings["model"] = o.model;
  settings["precision"] = to_string(o.precision);
  settings["min_similarity"] = json_of(o.min_similarity);
  settings["drop_concepts"] = o.drop_concepts;
  settings["concept_similarity"] = json_of(o.concept_similarity);
  settings["concept_margin"] = o.concept_margin;
  settings["near_duplicates"] = json_of(o.near_duplicates);
  return settings;
}

void check(const FilterOptions& o) {
  CLIPKIT_CHECK(o.min_size >= 0, "min-size is ", o.min_size, ", expected 0 or more");
  CLIPKIT_CHECK(o.max_aspect == 0 || o.max_aspect >= 1, "max-aspect is ", o.max_aspect,
                ", expected 1 or more: longer side / shorter side");
  CLIPKIT_CHECK(!needs_model(o) || !o.model.empty(), "min-similarity, drop-concept and near-duplicates need a model");
  for (const auto& [name, cosine] : {std::pair{"min-similarity", o.min_similarity},
                                     {"concept-similarity", o.concept_similarity},
                                     {"near-duplicates", o.near_duplicates}}) {
    CLIPKIT_CHECK(!cosine || (*cosine >= -1 && *cosine <= 1), name, " is ", cosine.value_or(0),
                  ", expected a cosine, -1 to 1");
  }
  CLIPKIT_CHECK(o.concept_margin >= 0 && o.concept_margin <= 2, "concept-margin is ", o.concept_margin,
                ", expected a difference of cosines, 0 to 2");
}

std::string features_key(const FilterOptions& o, const Encoder& encoder, const PairSource& source) {
  Sha256 hash;
  const PreprocessConfig& p = encoder.preprocess;
  const Tensor pixels = Tensor::empty({1, 3, p.height, p.width});
  const auto values = pixels.span<float>();
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 255) / 255;
  const Tensor image = encoder.encode_pixels(pixels, Output::kFeatures);
  hash.update(image.view().raw(), image.view().bytes());
  if (needs_captions(o)) {
    const Tensor text = encoder.encode_texts(std::vector<std::string>{"a photo"});
    hash.update(text.view().raw(), text.view().bytes());
  }
  const OrderedJson preprocess = {p.width,
                                  p.height,
                                  static_cast<int>(p.resize_mode),
                                  static_cast<int>(p.interpolation),
                                  static_cast<int>(p.color_order),
                                  p.fill_color};
  const OrderedJson key = {{"pairs", o.input.pairs},
                           {"num_pairs", source.size()},
                           {"preprocess", preprocess},
                           {"mean", p.mean},
                           {"std", p.std},
                           {"captions", {o.min_words, o.max_words, o.caption_regex, o.drop_caption_regex}},
                           {"model", hash.hex_digest()}};
  return key.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace clipkit
