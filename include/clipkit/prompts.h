#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "clipkit/export.h"

namespace clipkit {

// The prompt templates and class names that come with clipkit: those of openai/CLIP ("imagenet": 80 templates, 1000
// names; "cifar10", "food101", ...) and of LAION's CLIP_benchmark ("clip_benchmark/pets", ...), see CLIP §3.1.4. Names
// are matched without regard to case, '-', '_' and space. Errors: kNotFound, naming near matches.

// Each template has one {} for the label.
CLIPKIT_API std::vector<std::string> prompt_templates(std::string_view set);
// One name per class, in the order of the data set's labels. Two classes may bear the same name.
CLIPKIT_API std::vector<std::string> class_names(std::string_view set);
// All names of each class, the one of class_names() first. Only FacialEmotionRecognition2013 has classes with several:
// their prompts are averaged together.
CLIPKIT_API std::vector<std::vector<std::string>> class_synonyms(std::string_view set);

// The names that prompt_templates() and class_names() know.
CLIPKIT_API std::vector<std::string> prompt_template_sets();
CLIPKIT_API std::vector<std::string> class_name_sets();

// Words to name pictures by where nobody has said what to choose from, and to tell what no given label fits: the class
// names of data sets of things, food, animals, plants, places and activities, and the names of emoji. Some 4,600, each
// once, in a fixed order.
CLIPKIT_API std::vector<std::string> label_vocabulary();

// The template with every {} replaced by the label. Errors: kInvalidArgument if there is no {}.
CLIPKIT_API std::string fill_template(std::string_view prompt_template, std::string_view label);

}  // namespace clipkit
