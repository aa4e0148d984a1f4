#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

extern char** environ;

namespace clipkit::testing {

namespace fs = std::filesystem;

struct Result {
  int status = -1;  // exit status, or 128 + the signal that ended it
  std::string out, err;
};

// A started program whose output is collected.
class Process {
 public:
  explicit Process(std::vector<std::string> command, const std::string& input = {}) {
    int in[2], out[2], err[2];
    for (int* ends : {in, out, err}) {
      if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    std::vector<char*> argv;
    for (std::string& argument : command) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const int error = posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::runtime_error("cannot start " + command[0]);
    for (const int fd : {in[0], out[1], err[1]}) ::close(fd);
    input_ = in[1];
    pipes_[0] = out[0];
    pipes_[1] = err[0];
    write_input(input);
  }
  ~Process() {
    if (pid_ > 0) ::kill(pid_, SIGKILL), wait();
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const { ::kill(pid_, number); }

  Result wait() {
    Result result;
    std::string* texts[2] = {&result.out, &result.err};
    pollfd wanted[2] = {{pipes_[0], POLLIN, 0}, {pipes_[1], POLLIN, 0}};
    while (wanted[0].fd >= 0 || wanted[1].fd >= 0) {
      ::poll(wanted, 2, -1);
      for (int i = 0; i < 2; ++i) {
        if (wanted[i].fd < 0 || wanted[i].revents == 0) continue;
        char buffer[65536];
        const ssize_t got = ::read(wanted[i].fd, buffer, sizeof buffer);
        if (got > 0) {
          texts[i]->append(buffer, static_cast<size_t>(got));
        } else {
          ::close(wanted[i].fd);
          wanted[i].fd = -1;
        }
      }
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
  }

 private:
  // Inputs of tests fit into a pipe (64 KiB).
  void write_input(const std::string& input) {
    if (!input.empty() && ::write(input_, input.data(), input.size()) != static_cast<ssize_t>(input.size())) {
      throw std::runtime_error("the program does not take its input");
    }
    ::close(input_);
  }

  pid_t pid_ = -1;
  int input_ = -1;
  int pipes_[2] = {-1, -1};
};

// The program clipkit with these arguments.
inline Result clipkit(std::vector<std::string> arguments, const std::string& input = {}) {
  arguments.insert(arguments.begin(), CLIPKIT_PROGRAM);
  return Process(std::move(arguments), input).wait();
}

// Starts a command again and again and kills it after so many milliseconds, each time after longer ones: sooner or
// later one reaches the end, on a busy machine too. Returns how many were killed.
inline int kill_until_one_ends(const std::function<std::vector<std::string>()>& command, int ms,
                               const std::function<int(int)>& longer) {
  for (int kills = 0;; ++kills, ms = longer(ms)) {
    Process process(command());
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    process.signal(SIGKILL);
    const Result result = process.wait();
    if (result.status == 128 + SIGKILL) continue;
    EXPECT_EQ(result.status, 0) << result.err;
    return kills;
  }
}

inline std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

inline void spill(const fs::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary) << content;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// A picture that the project ships: "diagram.png", "face.png", "house.png".
inline std::string picture(const std::string& name) {
  return std::string(CLIPKIT_SOURCE_DIR) + "/examples/pictures/" + name;
}

// A test with a folder of its own.
class CliTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "clipkit-cli-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    ::setenv("CLIPKIT_CACHE", in_folder("cache").c_str(), 1);  // not the user's
  }
  void TearDown() override {
    ::unsetenv("CLIPKIT_CACHE");
    fs::remove_all(folder_);
  }
  std::string in_folder(const std::string& name) const { return (folder_ / name).string(); }
  std::vector<std::string> names_in_folder() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  fs::path folder_;
};

inline const std::string kModel = "generated:mini-vit";

}  // namespace clipkit::testing
