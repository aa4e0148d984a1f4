#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clipkit/export.h"

namespace clipkit {

// The prompt templates and class names that come with clipkit, e.g. "imagenet" (80 templates, 1000 names), "cifar10".
// Names are matched without regard to case, '-', '_' and space. Errors: kNotFound, naming near matches.
CLIPKIT_API std::vector<std::string> prompt_templates(std::string_view set);
CLIPKIT_API std::vector<std::string> class_names(std::string_view set);
CLIPKIT_API std::vector<std::string> prompt_template_sets();
CLIPKIT_API std::vector<std::string> class_name_sets();

// The template with every {} replaced by the label. Errors: kInvalidArgument if there is no {}.
CLIPKIT_API std::string fill_template(std::string_view prompt_template, std::string_view label);

}  // namespace clipkit
