#pragma once

#include <stdexcept>
#include <string>

#include "clipkit/export.h"

namespace clipkit {

enum class ErrorCode {
  kInvalidArgument,  // the caller asked for something that makes no sense
  kNotFound,         // a file, name or entry that is not there
  kCorrupt,          // bytes that do not mean what their format says
  kUnsupported,      // well-formed, but not something that clipkit does
  kOutOfMemory,
  kIo,         // the operating system refused to read or write
  kDevice,     // an accelerator failed
  kCancelled,  // the caller stopped the work
};

// "invalid argument", "not found", ...
CLIPKIT_API const char* to_string(ErrorCode code) noexcept;

// The only exception that clipkit throws. what() names the place, what was expected and what was found:
//   ViT-B-32.safetensors: tensor "visual.proj" has shape [768, 640], expected [768, 512] (embed_dim in the config)
class CLIPKIT_API Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace clipkit
