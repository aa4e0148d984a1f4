#include "fetch/curl.h"

#include <dlfcn.h>

#include "base/check.h"

namespace clipkit {

namespace {

template <class Function>
void find(void* library, Function& function, const char* name) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (function == nullptr) fail(ErrorCode::kUnsupported, "libcurl has no function ", name);
}

CurlFunctions open_curl() {
  // Debian ships the same interface over OpenSSL and over GnuTLS; either will do.
  void* library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) library = ::dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    fail(ErrorCode::kUnsupported, "downloads need libcurl (Debian package libcurl4): ", ::dlerror());
  }
  CurlFunctions functions{};
  find(library, functions.global_init, "curl_global_init");
  find(library, functions.easy_init, "curl_easy_init");
  find(library, functions.easy_setopt, "curl_easy_setopt");
  find(library, functions.easy_perform, "curl_easy_perform");
  find(library, functions.easy_getinfo, "curl_easy_getinfo");
  find(library, functions.easy_strerror, "curl_easy_strerror");
  find(library, functions.easy_cleanup, "curl_easy_cleanup");
  if (const CURLcode code = functions.global_init(CURL_GLOBAL_DEFAULT); code != CURLE_OK) {
    fail(ErrorCode::kUnsupported, "libcurl does not start: ", functions.easy_strerror(code));
  }
  return functions;  // the library stays open: it may have registered clean-up that runs at exit
}

}  // namespace

const CurlFunctions& curl() {
  static const CurlFunctions functions = open_curl();
  return functions;
}

}  // namespace clipkit
