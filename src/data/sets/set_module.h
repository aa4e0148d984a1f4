#pragma once

#include <string>

#include "base/check.h"
#include "base/module.h"
#include "data/sets/set_modules.h"

namespace clipkit {

// The functions of the module NAME.so; null, with the reason, if it is not there or of another version.
template <class Functions>
const Functions* find_set_module(const std::string& name, std::string& reason) {
  const auto* functions =
      static_cast<const Functions*>(open_module((name + ".so").c_str(), (name + "_functions").c_str(), reason));
  if (functions == nullptr || functions->version == kClipkitSetModuleVersion) return functions;
  reason = concat(name, ".so is of another version of clipkit");
  return nullptr;
}

// The same, for a file that needs it. Errors: kUnsupported, saying what to install.
template <class Functions>
const Functions& set_module(const std::string& name, const char* library, const char* packages,
                            const std::string& place) {
  static std::string reason;  // the first search's, for all that ask later
  static const Functions* const functions = find_set_module<Functions>(name, reason);
  if (functions == nullptr) {
    fail(ErrorCode::kUnsupported, place, ": clipkit was built without ", library,
         ", which reads such files: ", reason.empty() ? "" : reason + ". ", "Install it (Debian: ", packages,
         "; scripts/install_packages.sh eval) and build clipkit again");
  }
  return *functions;
}

}  // namespace clipkit
