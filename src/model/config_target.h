#pragma once

#include <string>

#include "clipkit/config.h"

// A configuration in the words of others. open_clip's form is to_json() of clipkit/config.h.

namespace clipkit {

// config.json and preprocessor_config.json of a CLIPModel.
// Errors: kUnsupported for a ResNet, or preprocessing that transformers' CLIPImageProcessor cannot express.
std::string hugging_face_config(const ModelConfig& config);
std::string hugging_face_preprocessor(const PreprocessConfig& config);

}  // namespace clipkit
