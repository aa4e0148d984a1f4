#include "fetch/download.h"

#include <csignal>
#include <ctime>

#include <algorithm>
#include <charconv>
#include <exception>
#include <memory>
#include <string_view>
#include <thread>

#include "base/check.h"
#include "fetch/curl.h"
#include "fetch/part_file.h"

namespace clipkit {

namespace {

constexpr long kConnectTimeoutSeconds = 30;
constexpr long kStallSeconds = 60;  // without a byte: the connection counts as broken
constexpr int kMaxTries = 100;      // in all, however much each of them brought
constexpr int64_t kHttpPartial = 206, kHttpBadRange = 416;

// Writing to a connection that the other side has closed raises SIGPIPE, inside a TLS library that cannot be told not
// to. A library must neither let that end the program nor change the program's handlers: the signal is held back in
// this thread while a transfer runs, and one that arrived is taken away.
class HoldSigpipe {
 public:
  HoldSigpipe() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~HoldSigpipe() {
    const timespec now{};
    if (!was_pending_) sigtimedwait(&set_, nullptr, &now);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  HoldSigpipe(const HoldSigpipe&) = delete;
  HoldSigpipe& operator=(const HoldSigpipe&) = delete;

 private:
  sigset_t set_{}, before_{};
  bool was_pending_ = false;
};

// One HTTP request and what its callbacks need.
struct Transfer {
  const DownloadRequest& request;
  PartFile& part;
  CURL* handle = nullptr;
  int64_t asked_from = 0;   // first byte of the Range header, 0 without one
  int64_t range_from = -1;  // from Content-Range: first byte sent, -1 if the header is absent
  int64_t total = 0;        // length of the whole file, 0 if unknown
  bool body_began = false;
  std::exception_ptr error = nullptr;  // exceptions may not pass through libcurl

  void read_header(std::string_view line);
  void begin_body();
  void write(const char* data, size_t bytes);
};

bool starts_with_name(std::string_view line, std::string_view lower_case_name) {
  return line.size() >= lower_case_name.size() &&
         std::equal(lower_case_name.begin(), lower_case_name.end(), line.begin(),
                    [](char wanted, char c) { return (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) == wanted; });
}

// "Content-Range: bytes 100-999/1000". A redirect has headers of its own: each status line starts afresh.
void Transfer::read_header(std::string_view line) {
  if (line.starts_with("HTTP/")) {
    range_from = -1;
    return;
  }
  constexpr std::string_view kName = "content-range:";
  if (!starts_with_name(line, kName)) return;
  line.remove_prefix(kName.size());
  const size_t bytes = line.find("bytes ");
  const size_t slash = line.find('/');
  if (bytes == std::string_view::npos || slash == std::string_view::npos) return;
  int64_t from = -1, length = 0;
  std::from_chars(line.data() + bytes + 6, line.data() + slash, from);
  std::from_chars(line.data() + slash + 1, line.data() + line.size(), length);
  range_from = from;
  total = length;
}

// The first bytes tell whether the server resumes (206) or sends everything again (200).
void Transfer::begin_body() {
  body_began = true;
  long status = 0;
  curl().easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  if (status == kHttpPartial && range_from != asked_from) {
    fail(ErrorCode::kIo, request.url, ": the server sent bytes from ", range_from, ", asked for from ", asked_from);
  }
  if (status != kHttpPartial) {
    if (part.size() > 0) part.clear();
    curl_off_t length = 0;
    curl().easy_getinfo(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    total = std::max<int64_t>(length, 0);
  }
  if (total > request.max_bytes) {
    fail(ErrorCode::kIo, request.url, ": the server announces ", total, " bytes, the limit is ", request.max_bytes);
  }
}

void Transfer::write(const char* data, size_t bytes) {
  if (!body_began) begin_body();
  if (static_cast<int64_t>(bytes) > request.max_bytes - part.size()) {
    fail(ErrorCode::kIo, request.url, ": the server sends more than the limit of ", request.max_bytes, " bytes");
  }
  part.append(data, bytes);
}

size_t on_header(char* data, size_t size, size_t count, void* transfer) {
  static_cast<Transfer*>(transfer)->read_header({data, size * count});
  return size * count;
}

size_t on_body(char* data, size_t size, size_t count, void* pointer) {
  auto& transfer = *static_cast<Transfer*>(pointer);
  try {
    transfer.write(data, size * count);
    return size * count;
  } catch (...) {
    transfer.error = std::current_exception();
    return 0;
  }
}

int on_progress(void* pointer, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(pointer);
  try {
    if (!transfer.request.progress || transfer.request.progress(transfer.part.size(), transfer.total)) return 0;
    fail(ErrorCode::kCancelled, "download stopped; what has arrived is kept and will be resumed");
  } catch (...) {
    transfer.error = std::current_exception();
    return 1;
  }
}

struct Outcome {
  CURLcode code = CURLE_OK;
  int64_t status = 0;
  std::string message;
};

// One request for all that is missing.
Outcome perform(Transfer& transfer) {
  const CurlFunctions& c = curl();
  const std::unique_ptr<CURL, decltype(c.easy_cleanup)> handle(c.easy_init(), c.easy_cleanup);
  if (handle == nullptr) fail(ErrorCode::kOutOfMemory, "libcurl gives no handle");
  transfer.handle = handle.get();
  char message[CURL_ERROR_SIZE] = "";
  CURLcode refused = CURLE_OK;
  const auto set = [&](CURLoption option, auto value) {
    const CURLcode code = c.easy_setopt(handle.get(), option, value);
    if (refused == CURLE_OK) refused = code;
  };
  const char* protocols = transfer.request.allow_http ? "http,https" : "https";
  const std::string range = concat(transfer.part.size(), "-");
  set(CURLOPT_URL, transfer.request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, protocols);
  set(CURLOPT_REDIR_PROTOCOLS_STR, protocols);
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, 10L);
  set(CURLOPT_FAILONERROR, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT, kConnectTimeoutSeconds);
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, kStallSeconds);
  set(CURLOPT_USERAGENT, "clipkit");
  set(CURLOPT_ERRORBUFFER, static_cast<char*>(message));
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &on_progress);
  set(CURLOPT_XFERINFODATA, static_cast<void*>(&transfer));
  transfer.asked_from = transfer.part.size();
  if (transfer.asked_from > 0) set(CURLOPT_RANGE, range.c_str());
  if (refused != CURLE_OK) fail(ErrorCode::kUnsupported, "libcurl is too old: ", c.easy_strerror(refused));

  Outcome outcome;
  {
    const HoldSigpipe hold;
    outcome.code = c.easy_perform(handle.get());
  }
  if (transfer.error) std::rethrow_exception(transfer.error);
  long status = 0;
  c.easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  outcome.status = status;
  outcome.message = message[0] != '\0' ? message : c.easy_strerror(outcome.code);
  return outcome;
}

// Whether trying again may help: the network broke, or the server says that it is busy.
bool is_passing(const Outcome& outcome) {
  switch (outcome.code) {
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return true;
    case CURLE_HTTP_RETURNED_ERROR:
      return outcome.status >= 500 || outcome.status == 408 || outcome.status == 429;
    default:
      return false;
  }
}

// Waits before the next try, still listening for a wish to stop.
void wait_before_retry(const DownloadRequest& request, const PartFile& part, std::chrono::milliseconds wait) {
  const auto until = std::chrono::steady_clock::now() + wait;
  do {
    if (request.progress && !request.progress(part.size(), 0)) {
      fail(ErrorCode::kCancelled, "download stopped; what has arrived is kept and will be resumed");
    }
    std::this_thread::sleep_for(std::min(wait, std::chrono::milliseconds(100)));
  } while (std::chrono::steady_clock::now() < until);
}

// Fills the part file until the server says that this is all.
void fill(PartFile& part, const DownloadRequest& request) {
  int fruitless = 0;
  bool began_again = false;
  for (int tries = 1;; ++tries) {
    const int64_t before = part.size();
    Transfer transfer{.request = request, .part = part};
    const Outcome outcome = perform(transfer);
    if (outcome.code == CURLE_OK) {
      if (!transfer.body_began && before == 0) fail(ErrorCode::kIo, request.url, ": the server sent nothing");
      return;
    }
    if (outcome.code == CURLE_HTTP_RETURNED_ERROR && outcome.status == kHttpBadRange && before > 0) {
      // The part file is as long as the whole, or longer. Either it is the whole, or it is of no use.
      if (part.digest() == request.sha256) return;
      if (began_again) fail(ErrorCode::kIo, request.url, ": the server refuses to send the file (HTTP 416)");
      began_again = true;
      part.clear();
      continue;
    }
    if (!is_passing(outcome)) fail(ErrorCode::kIo, request.url, ": ", outcome.message);
    fruitless = part.size() > before ? 1 : fruitless + 1;
    if (fruitless >= request.max_fruitless_tries || tries >= kMaxTries) {
      fail(ErrorCode::kIo, request.url, ": ", outcome.message, " (gave up after ", tries, " tries; ", part.size(),
           " bytes are kept and will be resumed)");
    }
    wait_before_retry(request, part, request.first_wait * (1 << (fruitless - 1)));
  }
}

}  // namespace

void download(const std::filesystem::path& path, const DownloadRequest& request) {
  PartFile part(path, [&](int64_t bytes) { return !request.progress || request.progress(bytes, 0); });
  if (part.finished()) return;
  fill(part, request);
  if (const std::string found = part.digest(); found != request.sha256) {
    const int64_t bytes = part.size();
    part.remove();
    fail(ErrorCode::kCorrupt, request.url, ": the file that arrived (", bytes, " bytes) has the SHA-256 ", found,
         ", expected ", request.sha256, "; it was deleted");
  }
  part.commit();
}

}  // namespace clipkit
