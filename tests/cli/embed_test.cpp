#include <cmath>
#include <thread>

#include "cli/program.h"
#include "clipkit/clipkit.h"
#include "support/tensors.h"

namespace clipkit::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class EmbedCommand : public CliTest {
 protected:
  Result embed(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"embed", "--model", kModel});
    return clipkit(std::move(arguments));
  }
  // n copies of the project's pictures under names in byte order.
  std::vector<std::string> make_pictures(int n) const {
    fs::create_directory(folder_ / "pictures");
    std::vector<std::string> files;
    for (int i = 0; i < n; ++i) {
      const char* const names[] = {"diagram.png", "face.png", "house.png"};
      files.push_back(in_folder("pictures/" + std::to_string(1000 + i) + ".png"));
      fs::copy(picture(names[i % 3]), files.back());
    }
    return files;
  }
};

std::vector<float> floats(const Tensor& tensor) {
  return {tensor.span<float>().begin(), tensor.span<float>().end()};
}

TEST_F(EmbedCommand, WritesTheSameRowsInEveryFormat) {
  const std::vector<std::string> files = {picture("house.png"), picture("face.png"), picture("diagram.png")};
  for (const char* name : {"f.npy", "f.safetensors", "f.jsonl"}) {
    const Result result = embed({"--output", in_folder(name), files[0], files[1], files[2], "--batch", "2"});
    ASSERT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out, "");
  }
  const Tensor npy = read_npy(in_folder("f.npy"));
  EXPECT_EQ(npy.shape(), (Shape{3, 64}));
  const Model model = load(kModel);
  std::vector<Image> images;
  for (const std::string& file : files) images.push_back(read_image(file));
  EXPECT_EQ(floats(npy), floats(normalize_rows(model.encode_image(images))));

  const NamedTensors safetensors = read_tensor_file(in_folder("f.safetensors"));
  ASSERT_EQ(safetensors.tensors.size(), 1u);
  EXPECT_EQ(floats(safetensors.tensors.at("embeddings")), floats(npy));
  const auto lines = lines_of(slurp(in_folder("f.jsonl")));
  ASSERT_EQ(lines.size(), 3u);
  std::vector<float> values;
  for (size_t i = 0; i < 3; ++i) {
    const json line = json::parse(lines[i]);
    EXPECT_EQ(line["file"], files[i]);
    for (const json& value : line["embedding"]) values.push_back(value.get<float>());
  }
  EXPECT_EQ(values, floats(npy));

  const Result standard_output = embed({files[0], files[1], files[2]});
  EXPECT_EQ(standard_output.out, slurp(in_folder("f.jsonl")));
  const auto items = lines_of(slurp(in_folder("f.npy.items.jsonl")));
  ASSERT_EQ(items.size(), 4u);
  EXPECT_EQ(json::parse(items[2]), (json{{"row", 1}, {"file", files[1]}}));
}

TEST_F(EmbedCommand, LeavesLengthsAloneWhenAsked) {
  ASSERT_EQ(embed({"--no-normalize", "--output", in_folder("f.npy"), picture("face.png")}).status, 0);
  const Model model = load(kModel);
  EXPECT_EQ(floats(read_npy(in_folder("f.npy"))), floats(model.encode_image({read_image(picture("face.png"))})));
}

TEST_F(EmbedCommand, KeepsOtherOutputsOfTheTowers) {
  ASSERT_EQ(embed({"--output-kind", "tokens", "--output", in_folder("t.npy"), picture("face.png")}).status, 0);
  EXPECT_EQ(read_npy(in_folder("t.npy")).shape(), (Shape{1, 17, 128}));
  const Result lines = embed({"--output-kind", "before-projection", picture("face.png")});
  EXPECT_EQ(json::parse(lines.out)["embedding"].size(), 128u);
  const Result nested = embed({"--output-kind", "tokens", picture("face.png")});
  EXPECT_EQ(json::parse(nested.out)["embedding"][16].size(), 128u);
}

// Recorded pixels and ids to recorded features, through .npy files (tolerance of golden/README.md: 1e-4).
TEST_F(EmbedCommand, GivesTheRecordedFeaturesFromPixelsAndTokens) {
  for (const std::string name : {"mini-vit", "mini-rn"}) {
    const NamedTensors recorded =
        read_tensor_file(std::string(CLIPKIT_TEST_DIR) + "/golden/parity/" + name + ".safetensors");
    write_npy(in_folder("pixels.npy"), recorded.tensors.at("image"));
    write_npy(in_folder("tokens.npy"), recorded.tensors.at("tokens"));
    const Result pixels = clipkit({"embed", "--model", "generated:" + name, "--no-normalize", "--output",
                                   in_folder("i.npy"), in_folder("pixels.npy")});
    const Result tokens = clipkit({"embed", "--model", "generated:" + name, "--no-normalize", "--output",
                                   in_folder("t.npy"), "--tokens", in_folder("tokens.npy")});
    ASSERT_EQ(pixels.status, 0) << pixels.err;
    ASSERT_EQ(tokens.status, 0) << tokens.err;
    for (const auto& [file, tensor] : {std::pair{"i.npy", "image_features"}, std::pair{"t.npy", "text_features"}}) {
      const std::vector<float> found = floats(read_npy(in_folder(file))),
                               expected = floats(recorded.tensors.at(tensor));
      ASSERT_EQ(found.size(), expected.size());
      for (size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], expected[i], 1e-4f) << name << " " << tensor;
    }
  }
}

TEST_F(EmbedCommand, EmbedsTextsALineEach) {
  spill(folder_ / "texts.txt", "a dog\n\na cat\n");
  spill(folder_ / "texts.jsonl", "{\"text\": \"a dog\"}\n{\"text\": \"\"}\n{\"text\": \"a cat\"}\n");
  ASSERT_EQ(embed({"--output", in_folder("a.npy"), "--texts", in_folder("texts.txt")}).status, 0);
  ASSERT_EQ(embed({"--output", in_folder("b.npy"), "--texts", in_folder("texts.jsonl")}).status, 0);
  EXPECT_EQ(slurp(in_folder("a.npy")), slurp(in_folder("b.npy")));
  EXPECT_EQ(read_npy(in_folder("a.npy")).shape(), (Shape{3, 64}));
  const std::vector<std::string> texts = {"a dog", "", "a cat"};
  EXPECT_EQ(floats(read_npy(in_folder("a.npy"))), floats(normalize_rows(load(kModel).encode_text(texts))));
}

TEST_F(EmbedCommand, LeavesOutBadTextsAndSaysWhich) {
  std::string long_text;
  for (int i = 0; i < 90; ++i) long_text += "word ";
  spill(folder_ / "texts.txt", "a dog\nbad \xFF\n" + long_text + "\na cat\n");
  const Result result = embed({"--output", in_folder("a.npy"), "--texts", in_folder("texts.txt")});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("texts.txt: text 2: "));
  EXPECT_THAT(result.err, HasSubstr("texts.txt: text 3: 92 tokens with start and end, expected at most 77"));
  EXPECT_THAT(result.err, HasSubstr("2 of 4 could not be embedded"));
  EXPECT_EQ(read_npy(in_folder("a.npy")).shape(), (Shape{2, 64}));
  EXPECT_EQ(embed({"--output", in_folder("b.npy"), "--truncate", "--texts", in_folder("texts.txt")}).status, 1);
  EXPECT_EQ(read_npy(in_folder("b.npy")).shape(), (Shape{3, 64}));
}

TEST_F(EmbedCommand, LeavesOutBadPicturesAndListsThem) {
  const std::string whole = slurp(picture("face.png"));
  spill(folder_ / "truncated.png", whole.substr(0, 100));
  const Result result =
      embed({"--output", in_folder("f.npy"), in_folder("truncated.png"), picture("face.png"), in_folder("absent.png")});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("truncated.png: "));
  EXPECT_THAT(result.err, HasSubstr("absent.png: "));
  EXPECT_EQ(read_npy(in_folder("f.npy")).shape(), (Shape{1, 64}));
  const auto items = lines_of(slurp(in_folder("f.npy.items.jsonl")));
  ASSERT_EQ(items.size(), 4u);
  EXPECT_TRUE(json::parse(items[1])["row"].is_null());
  EXPECT_THAT(json::parse(items[1])["error"], HasSubstr("truncated.png"));
  EXPECT_EQ(json::parse(items[2])["row"], 0);
}

TEST_F(EmbedCommand, WritesNothingWhenNothingIsGood) {
  spill(folder_ / "bad.png", "bad");
  EXPECT_EQ(embed({"--output", in_folder("f.npy"), in_folder("bad.png")}).status, 1);
  EXPECT_THAT(names_in_folder(), ElementsAre("bad.png"));
  EXPECT_EQ(
      clipkit({"embed", "--model", in_folder("absent.pt"), "--output", in_folder("f.npy"), picture("face.png")}).status,
      1);
  EXPECT_THAT(names_in_folder(), ElementsAre("bad.png"));
}

TEST_F(EmbedCommand, ChecksArraysFromOutside) {
  write_npy(in_folder("wrong_rank.npy"), Tensor::zeros({2, 3}));
  write_npy(in_folder("wrong_size.npy"), Tensor::zeros({2, 3, 32, 32}));
  write_npy(in_folder("wrong_type.npy"), Tensor::zeros({2, 3, 64, 64}, DType::kUInt8));
  spill(folder_ / "broken.npy", "\x93NUMPY");
  for (const char* name : {"wrong_rank.npy", "wrong_size.npy", "wrong_type.npy", "broken.npy"}) {
    const Result result = embed({in_folder(name)});
    EXPECT_EQ(result.status, 1) << name;
    EXPECT_EQ(result.out, "");
  }
  EXPECT_EQ(embed({in_folder("wrong_size.npy"), picture("face.png")}).status, 2);
  write_npy(in_folder("tokens.npy"), Tensor::zeros({1, 100}, DType::kInt32));
  EXPECT_EQ(embed({"--tokens", in_folder("tokens.npy")}).status, 1);
}

TEST_F(EmbedCommand, ReadsArraysInSeveralFilesAsOne) {
  const NamedTensors recorded = read_tensor_file(std::string(CLIPKIT_TEST_DIR) + "/golden/parity/mini-vit.safetensors");
  const Tensor& image = recorded.tensors.at("image");
  write_npy(in_folder("all.npy"), image);
  write_npy(in_folder("one.npy"), image.view().slice(0, 1));
  write_npy(in_folder("none.npy"), image.view().slice(1, 1));
  write_npy(in_folder("two.npy"), image.view().slice(1, 3));
  ASSERT_EQ(embed({"--output", in_folder("a.npy"), in_folder("all.npy")}).status, 0);
  const Result parts =
      embed({"--output", in_folder("b.npy"), in_folder("one.npy"), in_folder("none.npy"), in_folder("two.npy")});
  ASSERT_EQ(parts.status, 0) << parts.err;
  EXPECT_EQ(slurp(in_folder("a.npy")), slurp(in_folder("b.npy")));
}

// An output of the first items, cut at every kind of place, resumed: the same bytes as without interruption.
TEST_F(EmbedCommand, ResumesWhereBothFilesAreWhole) {
  const std::vector<std::string> files = make_pictures(7);
  fs::copy(picture("face.png"), folder_ / "spare");
  spill(files[2], "no longer a picture");
  for (const std::string ending : {".npy", ".safetensors", ".jsonl"}) {
    const std::string whole = in_folder("whole" + ending), part = in_folder("part" + ending);
    std::vector<std::string> all = {"--output", whole, "--batch", "2"};
    all.insert(all.end(), files.begin(), files.end());
    EXPECT_EQ(embed(all).status, 1);
    const std::string data = slurp(whole), list = slurp(whole + ".items.jsonl");
    all[1] = part;
    all.push_back("--resume");
    for (const size_t cut : {size_t{0}, size_t{100}, data.size() / 3}) {
      for (const size_t list_cut : {size_t{0}, list.size() / 2, list.size() - 1}) {
        spill(part + ".partial", data.substr(0, data.size() - cut));
        spill(part + ".partial.items.jsonl", list.substr(0, list.size() - list_cut));
        fs::remove(part);
        const Result resumed = embed(all);
        EXPECT_EQ(resumed.status, 1) << resumed.err;
        EXPECT_EQ(slurp(part), data) << ending << " cut by " << cut << " and " << list_cut;
        const auto wanted = lines_of(list), found = lines_of(slurp(part + ".items.jsonl"));
        EXPECT_EQ(std::vector(found.begin() + 1, found.end()), std::vector(wanted.begin() + 1, wanted.end()));
        EXPECT_FALSE(fs::exists(part + ".partial"));
      }
    }
  }
}

TEST_F(EmbedCommand, WritesRowsOfSmallerTypes) {
  const std::vector<std::string> files = make_pictures(3);
  const auto run = [&](const std::string& name, const std::string& dtype) {
    const Result result = embed({"--output", in_folder(name), "--dtype", dtype, files[0], files[1], files[2]});
    EXPECT_EQ(result.status, 0) << result.err;
  };
  run("f.npy", "fp32");
  const Tensor rows = read_npy(in_folder("f.npy"));
  for (const Compact as : {Compact::kFloat16, Compact::kInt8, Compact::kBits}) {
    run(std::string(to_string(as)) + ".npy", to_string(as));
    run(std::string(to_string(as)) + ".safetensors", to_string(as));
    const Tensor npy = read_npy(in_folder(std::string(to_string(as)) + ".npy")), expected = compact_rows(rows, as);
    EXPECT_EQ(npy.shape(), expected.shape());
    EXPECT_TRUE(testing::same_bits(npy, expected)) << to_string(as);
    const NamedTensors named = read_tensor_file(in_folder(std::string(to_string(as)) + ".safetensors"));
    EXPECT_TRUE(testing::same_bits(named.tensors.at("embeddings"), expected)) << to_string(as);
  }
}

TEST_F(EmbedCommand, GoesOnWithRowsOfTheSameTypeAlone) {
  const std::vector<std::string> files = make_pictures(3);
  ASSERT_EQ(embed({"--output", in_folder("f.npy"), "--dtype", "bits", files[0]}).status, 0);
  const Result other = embed({"--output", in_folder("f.npy"), "--resume", files[0], files[1]});
  EXPECT_THAT(other.err, HasSubstr("other settings"));
  fs::remove(in_folder("f.npy.partial"));
  fs::remove(in_folder("f.npy.partial.items.jsonl"));
  ASSERT_EQ(embed({"--output", in_folder("f.npy"), "--dtype", "bits", "--resume", files[0], files[1], files[2]}).status,
            0);
  ASSERT_EQ(embed({"--output", in_folder("g.npy"), "--dtype", "bits", files[0], files[1], files[2]}).status, 0);
  EXPECT_EQ(slurp(in_folder("f.npy")), slurp(in_folder("g.npy")));
}

TEST_F(EmbedCommand, RefusesSmallTypesOfWhatIsNoDirection) {
  EXPECT_EQ(embed({"--dtype", "int8", picture("face.png")}).status, 2);
  EXPECT_EQ(embed({"--dtype", "int8", "--output", in_folder("f.jsonl"), picture("face.png")}).status, 2);
  EXPECT_EQ(embed({"--dtype", "bits", "--no-normalize", "--output", in_folder("f.npy"), picture("face.png")}).status,
            2);
  EXPECT_EQ(
      embed({"--dtype", "fp16", "--output-kind", "tokens", "--output", in_folder("f.npy"), picture("face.png")}).status,
      2);
}

TEST_F(EmbedCommand, AppendsToAFinishedOutput) {
  const std::vector<std::string> files = make_pictures(4);
  ASSERT_EQ(embed({"--output", in_folder("f.npy"), files[0], files[1]}).status, 0);
  const Result result = embed({"--output", in_folder("f.npy"), "--resume", files[0], files[1], files[2], files[3]});
  ASSERT_EQ(result.status, 0) << result.err;
  ASSERT_EQ(embed({"--output", in_folder("g.npy"), files[0], files[1], files[2], files[3]}).status, 0);
  EXPECT_EQ(slurp(in_folder("f.npy")), slurp(in_folder("g.npy")));
  const Result other_items = embed({"--output", in_folder("f.npy"), "--resume", files[1]});
  EXPECT_EQ(other_items.status, 1);
  EXPECT_THAT(other_items.err, HasSubstr("item 1 of the earlier run was"));
  fs::remove(in_folder("f.npy.partial"));
  fs::remove(in_folder("f.npy.partial.items.jsonl"));
  const Result other_settings = embed({"--output", in_folder("f.npy"), "--resume", "--no-normalize", files[0]});
  EXPECT_EQ(other_settings.status, 1);
  EXPECT_THAT(other_settings.err, HasSubstr("other settings"));
  EXPECT_EQ(slurp(in_folder("f.npy")), slurp(in_folder("g.npy")));
}

TEST_F(EmbedCommand, DoesNotThrowAwayAnInterruptedRun) {
  spill(folder_ / "f.npy.partial.items.jsonl", "{\"items_of\": \"f.npy\"}\n");
  const Result result = embed({"--output", in_folder("f.npy"), picture("face.png")});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("--resume"));
  EXPECT_FALSE(fs::exists(in_folder("f.npy")));
  spill(folder_ / "g.npy.partial.items.jsonl", "nonsense\n");
  EXPECT_THAT(embed({"--output", in_folder("g.npy"), "--resume", picture("face.png")}).err,
              HasSubstr("not the list of items"));
}

TEST_F(EmbedCommand, StopsInGoodOrderAndGoesOnAfterCtrlC) {
  const std::vector<std::string> files = make_pictures(600);
  std::vector<std::string> command = {
      CLIPKIT_PROGRAM,      "embed", "--model", kModel, "--batch", "1", "--output", in_folder("f.npy"),
      in_folder("pictures")};
  Process process(command);
  const std::string list = in_folder("f.npy.partial.items.jsonl");
  for (int i = 0; i < 3000 && (!fs::exists(list) || fs::file_size(list) == 0); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  process.signal(SIGINT);
  const Result stopped = process.wait();
  EXPECT_EQ(stopped.status, 130) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("of 600; the same command with --resume goes on"));
  EXPECT_FALSE(fs::exists(in_folder("f.npy")));
  ASSERT_GT(fs::file_size(list), 0u);

  command.push_back("--resume");
  const Result resumed = Process(command).wait();
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  const Tensor rows = read_npy(in_folder("f.npy"));
  EXPECT_EQ(rows.shape(), (Shape{600, 64}));
  for (int64_t i = 3; i < 600; ++i) {
    ASSERT_TRUE(std::equal(rows.row<float>(i).begin(), rows.row<float>(i).end(), rows.row<float>(i % 3).begin())) << i;
  }
}

TEST_F(EmbedCommand, ReportsAFullDiskAndKeepsWhatIsThere) {
  make_pictures(40);  // 40 rows of 256 bytes and their list do not fit 4 KiB
  const std::string command = std::string("ulimit -f 8; trap '' XFSZ; exec ") + CLIPKIT_PROGRAM + " embed --model " +
                              kModel + " --batch 1 --output " + in_folder("f.npy") + " " + in_folder("pictures");
  const Result full = Process({"/bin/sh", "-c", command}).wait();
  EXPECT_EQ(full.status, 1);
  EXPECT_THAT(full.err, HasSubstr(": cannot write: "));
  EXPECT_FALSE(fs::exists(in_folder("f.npy")));
  const Result resumed = embed({"--resume", "--batch", "1", "--output", in_folder("f.npy"), in_folder("pictures")});
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_EQ(read_npy(in_folder("f.npy")).shape(), (Shape{40, 64}));
  if (!fs::exists("/dev/full")) return;
  const Result lines =
      Process({"/bin/sh", "-c",
               std::string(CLIPKIT_PROGRAM) + " embed --model " + kModel + " " + picture("face.png") + " > /dev/full"})
          .wait();
  EXPECT_EQ(lines.status, 1);
}

TEST_F(EmbedCommand, DoesNotDisturbAnotherWriterOfTheSameFile) {
  make_pictures(200);
  const std::vector<std::string> command = {
      CLIPKIT_PROGRAM,      "embed", "--model", kModel, "--batch", "1", "--output", in_folder("f.npy"),
      in_folder("pictures")};
  Process first(command);
  for (int i = 0; i < 3000 && !fs::exists(in_folder("f.npy.partial")); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const Result second = Process(command).wait();
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.err, HasSubstr("another process is writing it"));
  EXPECT_EQ(first.wait().status, 0);
  EXPECT_EQ(read_npy(in_folder("f.npy")).shape(), (Shape{200, 64}));
}

TEST_F(EmbedCommand, RefusesOutputsThatAreNotPlainFiles) {
  EXPECT_EQ(embed({"--output", in_folder("absent/f.npy"), picture("face.png")}).status, 1);
  fs::create_directory(folder_ / "f.npy");
  EXPECT_EQ(embed({"--output", in_folder("f.npy"), picture("face.png")}).status, 1);
}

}  // namespace
}  // namespace clipkit::testing
