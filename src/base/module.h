#pragma once

#include <string>

namespace clipkit {

// Opens a library that belongs to clipkit and that only some work needs, so that nothing else has to load what it
// links: beside this library (or the program that holds it), else where the loader looks by name. It stays open.
// Returns what its function `entry` returns, which is a const void*(); null if there is no such library, with the
// loader's reason.
const void* open_module(const char* file, const char* entry, std::string& reason);

}  // namespace clipkit
