#pragma once

#include <string>
#include <vector>

#include "clipkit/evaluate.h"
#include "data/labelled_set.h"
#include "eval/picture_features.h"

namespace clipkit {

// A labelled set as evaluation goes through it. The set is borrowed.
PictureSource pictures_of(const LabelledSet& set);

// Labels of the pictures that could be read.
std::vector<PictureLabels> labels_of(const LabelledSet& set, const PictureFeatures& features);

// The name of each class that is shown.
std::vector<std::string> class_titles(const LabelledSet& set);

// Fills what the set that is scored and its features say of where numbers come from.
void describe(const LabelledSet& set, const PictureFeatures& features, EvalOrigin& origin);

// Adds the unreadable pictures of a split that is learnt from, "SPLIT: " before their names.
void add_unreadable(const LabelledSet& set, const PictureFeatures& features, EvalOrigin& origin);

// Adds those of another fold of the same set that are not yet there.
void add_unreadable_of_fold(const EvalOrigin& fold, EvalOrigin& origin);

// The picture as a file that a browser shows, at most kThumbnailSide on each side.
inline constexpr int64_t kThumbnailSide = 256;  // px
std::string thumbnail(LabelledPicture picture);

// The same of two pictures in one, each in a square of half the width.
std::string side_by_side(LabelledPicture left, LabelledPicture right);

}  // namespace clipkit
