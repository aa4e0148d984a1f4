#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "data/labelled_set.h"

namespace clipkit {

// What assets/data_sets.json says of one set.
struct RegisteredSet {
  std::string key, title;
  std::vector<std::string> aliases;
  EvalMetric metric = EvalMetric::kAccuracy;
  std::string home;                         // where people get it
  std::string note;                         // what is special; may be empty
  std::string tar_note;                     // the same for CLIP_benchmark's shards
  std::string shift_of;                     // of a shifted version: the set whose classes it has
  std::vector<std::string> folders;         // what it is unpacked to
  std::vector<Fold> folds;                  // empty: train, val and test, where there are such
  int64_t paper_train = 0, paper_test = 0;  // sizes as CLIP, table 9 prints them; 0: not in it
  const Json* entry = nullptr;              // "layouts", for layout.h

  std::vector<std::vector<std::string>> classes() const;
  // Those of CLIP_benchmark, where their order differs.
  std::vector<std::vector<std::string>> tar_classes() const;
  std::vector<std::string> templates() const;
};

// All sets, in the order of the file.
const std::vector<RegisteredSet>& registered_sets();

// By key or alias, without regard to case, '-', '_' and space; CLIP_benchmark's prefixes may come before it, as in
// "wds/vtab/pets" and "wds_vtab-pets". Null if there is none.
const RegisteredSet* find_registered_set(std::string_view name);
// Errors: kNotFound, naming near ones.
const RegisteredSet& registered_set(std::string_view name);

// The WordNet ids of ImageNet's 1000 classes, in their order.
const std::vector<std::string>& imagenet_wordnet_ids();

}  // namespace clipkit
