#pragma once

#include <filesystem>
#include <string_view>

#include "data/labelled_set.h"

namespace clipkit {

// Opens a user's own set, as open_labelled_set describes. Its prompt is "a photo of a {}.", its metric accuracy.
//
// A folder of class folders: classes are the sub-folders by name, '_' read as a space. It is one split, "all", unless
// its sub-folders are called train, val (or valid, validation) and test, of which any may be missing: those are splits
// then, and each must have the same classes and be one folder.
//
// A folder of tar shards with class names, see labelled_tar.h; its prompts, if it has them.
//
// A .csv or .tsv file with a header: a column "filepath", "path", "image" or "filename", relative to the file; a column
// "label" or "class"; perhaps a column "split" ("all" without it). Labels are names, sorted; or, where a file
// classes.txt is beside it, a name of that file or its line's number, from 0.
LabelledSet open_own_set(const std::filesystem::path& path, std::string_view split);

// Sets set.split to `wanted`, or to the test split of the first fold if that is empty. Errors: kNotFound, naming the
// splits that are there.
void choose_split(LabelledSet& set, std::string_view wanted);

}  // namespace clipkit
