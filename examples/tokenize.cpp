// What the text tower sees: the token ids of each text, and the pieces that they stand for.
//
//   tokenize TEXT...
#include <clipkit/tokenizer.h>

#include <cstdio>
#include <exception>

int main(int argc, char** argv) try {
  // [tokenize]
  const auto tokenizer = clipkit::Tokenizer::clip();  // OpenAI's 49,408 entries, part of the library
  for (int i = 1; i < argc; ++i) {
    for (const int32_t id : tokenizer->encode(argv[i])) {
      std::printf("%6d  %s\n", id, tokenizer->decode({&id, 1}).c_str());
    }
  }
  // [/tokenize]
} catch (const std::exception& error) {
  std::fprintf(stderr, "tokenize: %s\n", error.what());
  return 1;
}
