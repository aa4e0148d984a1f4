#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "eval/encoder.h"

namespace clipkit {

// The texts of each class: every template with every name of the class. Errors: kInvalidArgument for a template without
// {}.
std::vector<std::vector<std::string>> class_prompts(std::span<const std::vector<std::string>> classes,
                                                    std::span<const std::string> templates);

// One unit vector per class: its texts encoded, normalised, averaged, normalised again (CLIP section 3.1.4); of a class
// with several names the texts of all are averaged together. (C, E) float32. progress: called with texts done.
// Errors: kInvalidArgument for a class without a text.
Tensor zero_shot_classifier(Backend& backend, std::span<const std::vector<std::string>> prompts,
                            const std::function<Tensor(std::span<const std::string>)>& encode_texts,
                            const std::function<void(int64_t)>& progress = {});

// The same, kept as a file of the cache, by model and texts; empty: nothing is kept.
Tensor cached_classifier(const Encoder& encoder, std::span<const std::vector<std::string>> prompts,
                         const std::filesystem::path& cache, const std::function<void(int64_t)>& progress = {});

// How many of the texts are cut off.
int64_t count_cut(const Encoder& encoder, std::span<const std::vector<std::string>> prompts);

// SHA-256 of the texts and of which class each belongs to.
std::string prompts_digest(std::span<const std::vector<std::string>> prompts);

}  // namespace clipkit
