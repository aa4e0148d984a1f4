// layer: text
// Captions a second through the tokenizer, on one core: plain captions, the same by the long way, captions of which
// some hold characters beyond ASCII, long words. And the start: loading the vocabulary and the character tables.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "clipkit/tokenizer.h"
#include "text/bpe_tokenizer.h"

namespace clipkit {
namespace {

// Captions as photo collections have them: 9 to 15 words, 57 bytes and 12.5 tokens on average.
std::vector<std::string> make_captions(const char* apostrophe) {
  const std::vector<std::string> subjects = {
      "A young girl",   "Two brown dogs", "A man in a red jacket",     "The black cat",
      "Several people", "A skateboarder", "An elderly woman's friend", "A street vendor"};
  const std::vector<std::string> verbs = {"is running through",    "jumps over",       "stands next to",
                                          "sleeps behind",         "are walking past", "rides a bike by",
                                          "takes a photograph of", "looks at"};
  const std::vector<std::string> objects = {
      "a wooden fence",         "the old lighthouse",  "a crowded farmers market", "the snowy hillside",
      "an abandoned warehouse", "a colorful fountain", "his neighbour's garden",   "a blue pickup truck"};
  const std::vector<std::string> ends = {".",      " at sunset.",          " in the rain", " on a sunny day .",
                                         ", 2013", " while others watch ."};
  std::mt19937 random(1);
  const auto pick = [&](const std::vector<std::string>& words) { return words[random() % words.size()]; };
  std::vector<std::string> captions;
  for (int i = 0; i < 4096; ++i) {
    const std::string caption = pick(subjects) + " " + pick(verbs) + " " + pick(objects) + pick(ends);
    const size_t at = caption.find('\'');
    captions.push_back(at == std::string::npos ? caption : caption.substr(0, at) + apostrophe + caption.substr(at + 1));
  }
  return captions;
}

void report(benchmark::State& state, const std::vector<std::string>& captions, size_t num_ids) {
  size_t bytes = 0;
  for (const std::string& caption : captions) bytes += caption.size();
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * captions.size()));
  state.counters["bytes_per_text"] = static_cast<double>(bytes) / static_cast<double>(captions.size());
  state.counters["ids_per_text"] = static_cast<double>(num_ids) / static_cast<double>(captions.size());
}

void EncodeCaptions(benchmark::State& state) {
  const auto captions = make_captions("'");
  const auto tokenizer = Tokenizer::clip();
  size_t num_ids = 0;
  for (auto _ : state) {
    num_ids = 0;
    for (const std::string& caption : captions) num_ids += tokenizer->encode(caption).size();
  }
  report(state, captions, num_ids);
}
BENCHMARK(EncodeCaptions);

void EncodeCaptionsWithCurlyApostrophes(benchmark::State& state) {
  const auto captions = make_captions("\u2019");
  const auto tokenizer = Tokenizer::clip();
  size_t num_ids = 0;
  for (auto _ : state) {
    num_ids = 0;
    for (const std::string& caption : captions) num_ids += tokenizer->encode(caption).size();
  }
  report(state, captions, num_ids);
}
BENCHMARK(EncodeCaptionsWithCurlyApostrophes);

void EncodeCaptionsWithoutShortcut(benchmark::State& state) {
  const auto captions = make_captions("'");
  const BpeTokenizer tokenizer(clip_vocabulary(kOpenAiSpecials), TextRules::kOpenAi);
  size_t num_ids = 0;
  for (auto _ : state) {
    num_ids = 0;
    for (const std::string& caption : captions) num_ids += tokenizer.encode_plainly(caption).size();
  }
  report(state, captions, num_ids);
}
BENCHMARK(EncodeCaptionsWithoutShortcut);

void TokenizeBatchOnAllCores(benchmark::State& state) {
  const auto captions = make_captions("'");
  const auto tokenizer = Tokenizer::clip();
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer->tokenize(captions));
  report(state, captions, 0);
}
BENCHMARK(TokenizeBatchOnAllCores)->UseRealTime();

// One word of so many letters.
void EncodeLongWord(benchmark::State& state) {
  std::mt19937 random(1);
  std::string word(static_cast<size_t>(state.range(0)), 'a');
  for (char& c : word) c = static_cast<char>('a' + random() % 26);
  const auto tokenizer = Tokenizer::clip();
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer->encode(word));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(EncodeLongWord)->RangeMultiplier(100)->Range(10, 10'000'000)->Unit(benchmark::kMillisecond);

void LoadVocabulary(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(clip_vocabulary(kOpenAiSpecials));
}
BENCHMARK(LoadVocabulary)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace clipkit
