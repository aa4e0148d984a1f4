#include "fetch/download.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <sstream>

#include "base/sha256.h"
#include "clipkit/error.h"
#include "clipkit/fetch.h"
#include "fetch/test_server.h"

namespace clipkit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Bytes that do not repeat in step with any block size.
std::string make_content(size_t bytes) {
  std::string content(bytes, '\0');
  uint32_t state = 1;
  for (char& c : content) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return content;
}

std::string slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

void spill(const std::filesystem::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary) << content;
}

class Download : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "clipkit-fetch-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ / "model.pt";
    part_ = folder_ / "model.pt.part";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  DownloadRequest request(const TestServer& server) const {
    return {.url = server.url(),
            .sha256 = sha256_hex(content_.data(), content_.size()),
            .allow_http = true,
            .progress = {},
            .first_wait = std::chrono::milliseconds(1)};
  }
  // The answer of a server that understands Range.
  TestServer::Answer partial(int64_t from) const {
    if (from < 0) return {.body = content_};
    const std::string size = std::to_string(content_.size());
    if (from >= static_cast<int64_t>(content_.size())) {
      return {.head = "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */" + size + "\r\n", .body = {}};
    }
    return {.head = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " + std::to_string(from) + "-" +
                    std::to_string(content_.size() - 1) + "/" + size + "\r\n",
            .body = content_.substr(static_cast<size_t>(from))};
  }
  // What download() throws.
  Error error_of(const DownloadRequest& wanted) const {
    try {
      download(path_, wanted);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "download() succeeded";
    return {ErrorCode::kInvalidArgument, ""};
  }

  std::string content_ = make_content(300'001);
  std::filesystem::path folder_, path_, part_;
};

TEST_F(Download, PutsTheWholeFileInPlace) {
  TestServer server([&](int64_t from) { return partial(from); });
  int64_t last_done = 0, last_total = 0;
  DownloadRequest wanted = request(server);
  wanted.progress = [&](int64_t done, int64_t total) {
    last_done = done;
    last_total = total;
    return true;
  };
  download(path_, wanted);
  EXPECT_EQ(slurp(path_), content_);
  EXPECT_FALSE(std::filesystem::exists(part_));
  EXPECT_THAT(server.requests(), ElementsAre(-1));
  EXPECT_EQ(last_done, static_cast<int64_t>(content_.size()));
  EXPECT_EQ(last_total, static_cast<int64_t>(content_.size()));
}

TEST_F(Download, DoesNothingForAFileThatIsThere) {
  TestServer server([&](int64_t from) { return partial(from); });
  spill(path_, "as it was");
  download(path_, request(server));
  EXPECT_EQ(slurp(path_), "as it was");
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(Download, ResumesAPartFile) {
  TestServer server([&](int64_t from) { return partial(from); });
  spill(part_, content_.substr(0, 123'456));
  download(path_, request(server));
  EXPECT_EQ(slurp(path_), content_);
  EXPECT_THAT(server.requests(), ElementsAre(123'456));
}

TEST_F(Download, StartsAfreshWhereTheServerIgnoresRanges) {
  TestServer server([&](int64_t) { return TestServer::Answer{.body = content_}; });
  spill(part_, content_.substr(0, 100'000));
  download(path_, request(server));
  EXPECT_EQ(slurp(path_), content_);
  EXPECT_THAT(server.requests(), ElementsAre(100'000));
}

TEST_F(Download, TakesUpAConnectionThatBreaks) {
  int call = 0;
  TestServer server([&](int64_t from) {
    TestServer::Answer answer = partial(from);
    answer.announced = answer.body.size();
    if (++call < 3) answer.body.resize(70'000);
    return answer;
  });
  download(path_, request(server));
  EXPECT_EQ(slurp(path_), content_);
  EXPECT_THAT(server.requests(), ElementsAre(-1, 70'000, 140'000));
}

TEST_F(Download, GivesUpAfterFruitlessTriesAndKeepsThePart) {
  TestServer server([&](int64_t from) {
    TestServer::Answer answer = partial(from);
    answer.announced = answer.body.size();
    answer.body.resize(from < 0 ? 50'000 : 0);
    return answer;
  });
  const Error error = error_of(request(server));
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_THAT(error.what(), HasSubstr("50000 bytes are kept"));
  EXPECT_EQ(slurp(part_), content_.substr(0, 50'000));
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_EQ(server.requests().size(), 5u);
}

TEST_F(Download, DeletesWhatHasTheWrongDigest) {
  TestServer server([&](int64_t from) { return partial(from); });
  DownloadRequest wanted = request(server);
  const std::string found = wanted.sha256;
  wanted.sha256 = std::string(64, '0');
  const Error error = error_of(wanted);
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_THAT(error.what(), HasSubstr(found));
  EXPECT_THAT(error.what(), HasSubstr(wanted.sha256));
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(Download, ReportsAMissingFileAtOnce) {
  TestServer server(
      [&](int64_t) { return TestServer::Answer{.head = "HTTP/1.1 404 Not Found\r\n", .body = "<html>"}; });
  const Error error = error_of(request(server));
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_THAT(error.what(), HasSubstr("404"));
  EXPECT_EQ(server.requests().size(), 1u);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(Download, TriesAgainWhenTheServerIsBusy) {
  int call = 0;
  TestServer server([&](int64_t from) {
    return ++call == 1 ? TestServer::Answer{.head = "HTTP/1.1 503 Service Unavailable\r\n", .body = "busy"}
                       : partial(from);
  });
  download(path_, request(server));
  EXPECT_EQ(slurp(path_), content_);
}

TEST_F(Download, UsesAPartFileThatIsComplete) {
  TestServer server([&](int64_t from) { return partial(from); });
  spill(part_, content_);
  download(path_, request(server));
  EXPECT_EQ(slurp(path_), content_);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(Download, DropsAPartFileThatIsTooLong) {
  TestServer server([&](int64_t from) { return partial(from); });
  spill(part_, content_ + "and more");
  download(path_, request(server));
  EXPECT_EQ(slurp(path_), content_);
  EXPECT_THAT(server.requests(), ElementsAre(300'009, -1));
}

TEST_F(Download, RefusesARangeThatWasNotAskedFor) {
  TestServer server([&](int64_t) { return partial(5); });
  spill(part_, content_.substr(0, 1000));
  EXPECT_THAT(error_of(request(server)).what(), HasSubstr("sent bytes from 5, asked for from 1000"));
  EXPECT_EQ(slurp(part_), content_.substr(0, 1000));
}

TEST_F(Download, RefusesMoreBytesThanTheLimit) {
  TestServer announced([&](int64_t from) { return partial(from); });
  DownloadRequest wanted = request(announced);
  wanted.max_bytes = 1000;
  EXPECT_THAT(error_of(wanted).what(), HasSubstr("the limit is 1000"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(Download, SpeaksHttpsAloneUnlessToldOtherwise) {
  TestServer server([&](int64_t from) { return partial(from); });
  DownloadRequest wanted = request(server);
  wanted.allow_http = false;
  EXPECT_EQ(error_of(wanted).code(), ErrorCode::kIo);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(Download, FollowsARedirectButNotAwayFromHttp) {
  TestServer target([&](int64_t from) { return partial(from); });
  TestServer server([&](int64_t) {
    return TestServer::Answer{.head = "HTTP/1.1 302 Found\r\nLocation: " + target.url() + "\r\n", .body = {}};
  });
  download(path_, request(server));
  EXPECT_EQ(slurp(path_), content_);
  std::filesystem::remove(path_);
  TestServer elsewhere([&](int64_t) {
    return TestServer::Answer{.head = "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n", .body = {}};
  });
  EXPECT_EQ(error_of(request(elsewhere)).code(), ErrorCode::kIo);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(Download, StopsWhenToldAndResumesLater) {
  TestServer server([&](int64_t from) {
    TestServer::Answer answer = partial(from);
    answer.pause_ms = 300;
    return answer;
  });
  DownloadRequest wanted = request(server);
  wanted.progress = [](int64_t done, int64_t) { return done < 100'000; };
  EXPECT_EQ(error_of(wanted).code(), ErrorCode::kCancelled);
  EXPECT_GE(std::filesystem::file_size(part_), 100'000u);
  wanted.progress = nullptr;
  download(path_, wanted);
  EXPECT_EQ(slurp(path_), content_);
  EXPECT_EQ(server.requests().size(), 2u);
  EXPECT_GE(server.requests()[1], 100'000);
}

TEST_F(Download, TwoAtOnceTransferTheFileOnce) {
  TestServer server([&](int64_t from) {
    TestServer::Answer answer = partial(from);
    answer.pause_ms = 300;
    return answer;
  });
  // The lock belongs to the open file, so two threads stand for two processes.
  std::thread other([&] { download(path_, request(server)); });
  download(path_, request(server));
  other.join();
  EXPECT_EQ(slurp(path_), content_);
  EXPECT_EQ(server.requests().size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(part_));
}

// A limit on the size of files behaves as a full disk does: write() returns an error in the middle.
TEST_F(Download, ReportsAFullDiskAndKeepsThePart) {
  TestServer server([&](int64_t from) { return partial(from); });
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 100'000, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Error error = error_of(request(server));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_THAT(error.what(), HasSubstr("model.pt.part: cannot write"));
  EXPECT_EQ(slurp(part_), content_.substr(0, 100'000));
  download(path_, request(server));
  EXPECT_EQ(slurp(path_), content_);
}

TEST_F(Download, ReportsAFolderThatIsNotThere) {
  path_ = folder_ / "absent" / "model.pt";
  EXPECT_THAT(error_of({.url = "http://127.0.0.1:9/", .sha256 = {}, .progress = {}}).what(), HasSubstr("absent"));
}

TEST_F(Download, ReportsAServerThatIsNotThere) {
  std::string url;
  {
    const TestServer gone([&](int64_t from) { return partial(from); });
    url = gone.url();
  }
  const Error error = error_of({.url = url, .sha256 = {}, .allow_http = true, .progress = {}, .first_wait = {}});
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_THAT(error.what(), HasSubstr("gave up after 5 tries"));
}

}  // namespace
}  // namespace clipkit
