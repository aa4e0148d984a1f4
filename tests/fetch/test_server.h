#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace clipkit {

// A small HTTP/1.1 server on 127.0.0.1 for tests: one connection at a time, closed after each answer.
class TestServer {
 public:
  struct Answer {
    std::string head = "HTTP/1.1 200 OK\r\n";  // status line and headers but Content-Length
    std::string body;
    size_t announced =
        std::string::npos;  // Content-Length, where it is not that of body: a connection cut in the middle
    int pause_ms = 0;       // between the two halves of the body
  };
  // Called with the first byte of the request's Range header, -1 without one.
  using Handler = std::function<Answer(int64_t range_from)>;

  explicit TestServer(Handler handler) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 8) != 0 || ::pipe(stop_pipe_) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("the test server does not start");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~TestServer() {
    ::close(stop_pipe_[1]);
    thread_.join();
    ::close(stop_pipe_[0]);
    ::close(listener_);
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/file"; }
  // The range starts seen so far.
  std::vector<int64_t> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    while (true) {
      pollfd wanted[2] = {{listener_, POLLIN, 0}, {stop_pipe_[0], POLLIN, 0}};
      if (::poll(wanted, 2, -1) < 0) continue;
      if (wanted[1].revents != 0) return;
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) continue;
      answer(connection);
      ::close(connection);
    }
  }

  void answer(int connection) {
    std::string request;
    char buffer[4096];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t got = ::recv(connection, buffer, sizeof buffer, 0);
      if (got <= 0) return;
      request.append(buffer, static_cast<size_t>(got));
    }
    constexpr std::string_view kRange = "Range: bytes=";
    const size_t range = request.find(kRange);
    const int64_t from = range == std::string::npos ? -1 : std::atoll(request.c_str() + range + kRange.size());
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(from);
    }
    const Answer answer = handler_(from);
    const size_t announced = answer.announced == std::string::npos ? answer.body.size() : answer.announced;
    const std::string_view body = answer.body;
    send(connection, answer.head + "Connection: close\r\nContent-Length: " + std::to_string(announced) + "\r\n\r\n");
    send(connection, body.substr(0, body.size() / 2));
    if (answer.pause_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(answer.pause_ms));
    send(connection, body.substr(body.size() / 2));
  }

  static void send(int connection, std::string_view data) {
    while (!data.empty()) {
      const ssize_t sent = ::send(connection, data.data(), data.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      data.remove_prefix(static_cast<size_t>(sent));
    }
  }

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  int stop_pipe_[2] = {-1, -1};
  std::mutex mutex_;
  std::vector<int64_t> requests_;
  std::thread thread_;
};

}  // namespace clipkit
