// To be preloaded: the process kills itself where it would make its KILL_AT_RENAME-th rename, so that the new content
// is on the disk under its temporary name and the old one is still in place.
#include <dlfcn.h>

#include <csignal>
#include <cstdlib>

extern "C" __attribute__((visibility("default"))) int rename(const char* from, const char* to) {
  static const char* const at = std::getenv("KILL_AT_RENAME");
  static int left = at != nullptr ? std::atoi(at) : 0;
  if (left > 0 && --left == 0) std::raise(SIGKILL);
  static const auto real = reinterpret_cast<int (*)(const char*, const char*)>(::dlsym(RTLD_NEXT, "rename"));
  return real(from, to);
}
