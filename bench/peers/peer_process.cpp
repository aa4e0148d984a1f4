#include "peer_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <vector>

namespace clipkit::peers {

namespace {

struct Started {
  pid_t pid;
  std::FILE *to, *from;
};

Started start(std::vector<std::string> command) {
  int in[2], out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (std::string& word : command) argv.push_back(word.data());
  argv.push_back(nullptr);
  Started started{};
  const int error = ::posix_spawnp(&started.pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(in[0]);
  ::close(out[1]);
  started.to = ::fdopen(in[1], "w");
  started.from = ::fdopen(out[0], "r");
  if (error != 0) throw std::runtime_error("cannot start " + command[0]);
  return started;
}

// "" at the end of what the process says.
std::string read_line(std::FILE* from) {
  std::array<char, 256> line{};
  if (std::fgets(line.data(), line.size(), from) == nullptr) return "";
  std::string text = line.data();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

void end(const Started& process) {
  std::fclose(process.to);
  std::fclose(process.from);
  ::waitpid(process.pid, nullptr, 0);
}

}  // namespace

PeerProcess::PeerProcess(int threads) {
  std::signal(SIGPIPE, SIG_IGN);  // a peer that dies is a line that does not come
  const Started probe = start({"node", CLIPKIT_PEER_SCRIPT, "--probe"});
  version_ = read_line(probe.from);
  end(probe);
  if (version_.empty()) {
    throw std::runtime_error(
        "node does not find onnxruntime-node: npm install --ignore-scripts onnxruntime-node, then set NODE_PATH to the "
        "node_modules that it made");
  }
  const Started server = start({"node", CLIPKIT_PEER_SCRIPT, "--serve", std::to_string(threads)});
  pid_ = server.pid;
  to_ = server.to;
  from_ = server.from;
}

PeerProcess::~PeerProcess() {
  end({pid_, to_, from_});
}

double PeerProcess::run(const std::filesystem::path& model, const std::string& folder, const std::string& input,
                        const std::filesystem::path& file) {
  std::fprintf(to_, "%s\t%s\t%s=%s\n", model.c_str(), folder.c_str(), input.c_str(), file.c_str());
  std::fflush(to_);
  const std::string answer = read_line(from_);
  if (answer.empty()) throw std::runtime_error("ONNX Runtime could not run " + model.string());
  return std::strtod(answer.c_str(), nullptr);
}

}  // namespace clipkit::peers
