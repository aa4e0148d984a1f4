#pragma once

#include <curl/curl.h>

namespace clipkit {

// The few functions of libcurl that downloads need. The library is opened when the first download begins, so that a
// program that never downloads neither loads it nor needs it installed.
struct CurlFunctions {
  decltype(&::curl_global_init) global_init;
  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_perform) easy_perform;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&::curl_easy_strerror) easy_strerror;
  decltype(&::curl_easy_cleanup) easy_cleanup;
};

// Opens libcurl once per process; thread-safe. Errors: kUnsupported if it is not installed.
const CurlFunctions& curl();

}  // namespace clipkit
