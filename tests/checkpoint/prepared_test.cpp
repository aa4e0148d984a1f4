#include "checkpoint/prepared.h"

#include <gtest/gtest.h>

#include <functional>

#include "clipkit/error.h"

namespace clipkit {
namespace {

using Metadata = std::map<std::string, std::string>;

Metadata good_metadata() {
  return to_metadata({.source = "ViT-B-32.pt",
                      .sha256 = std::string(64, 'a'),
                      .precision = "fp32",
                      .cpu = "avx2",
                      .clipkit = "0.1.0",
                      .fp16_weights = true});
}

StateDict good_tensors() {
  StateDict tensors;
  for (const char* name : {"proj@0:f32 8x8", "in@0:f32 q", "in@1:f32 kv"}) {
    tensors.emplace(name, Tensor::zeros({8}, DType::kUInt64));
  }
  tensors.emplace("in_proj", Tensor::zeros({3}));
  return tensors;
}

TEST(Prepared, MetadataComeBackAsTheyWere) {
  const auto found = read_preparation(good_tensors(), good_metadata(), "a");
  ASSERT_TRUE(found);
  EXPECT_EQ(to_metadata(*found), good_metadata());
}

TEST(Prepared, OtherCheckpointsAreNone) {
  StateDict tensors;
  tensors.emplace("logit_scale", Tensor::zeros({}));
  EXPECT_FALSE(read_preparation(tensors, {{"format", "pt"}}, "a"));
}

TEST(Prepared, PartsOfAWeightAreFoundInOrder) {
  const StateDict tensors = good_tensors();
  const std::vector<LaidOut> parts = laid_out_parts(tensors, "in");
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].layout, "f32 q");
  EXPECT_EQ(parts[1].layout, "f32 kv");
  EXPECT_EQ(parts[1].words.view().raw(), tensors.at(laid_out_name("in", 1, "f32 kv")).view().raw());
  EXPECT_TRUE(laid_out_parts(tensors, "in_proj").empty());
}

void expect_refused(ErrorCode code, const char* what, const std::function<void(StateDict&, Metadata&)>& spoil) {
  StateDict tensors = good_tensors();
  Metadata metadata = good_metadata();
  spoil(tensors, metadata);
  try {
    read_preparation(tensors, metadata, "a.safetensors");
    ADD_FAILURE() << what << " was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << what;
    EXPECT_EQ(std::string(error.what()).find("a.safetensors: "), 0u) << error.what();
  }
}

TEST(Prepared, AnotherVersionOfTheFormatIsRefused) {
  expect_refused(ErrorCode::kUnsupported, "version 2", [](auto&, auto& m) { m["clipkit.prepared"] = "2"; });
}

TEST(Prepared, WhatDoesNotHangTogetherIsRefused) {
  expect_refused(ErrorCode::kCorrupt, "no digest", [](auto&, auto& m) { m.erase("clipkit.sha256"); });
  expect_refused(ErrorCode::kCorrupt, "no metadata", [](auto&, auto& m) { m.clear(); });
  expect_refused(ErrorCode::kCorrupt, "a part left out", [](auto& t, auto&) { t.erase("in@0:f32 q"); });
  expect_refused(ErrorCode::kCorrupt, "a weight in both forms",
                 [](auto& t, auto&) { t["proj"] = Tensor::zeros({64}); });
  expect_refused(ErrorCode::kCorrupt, "a layout without a name",
                 [](auto& t, auto&) { t["x@0:"] = Tensor::zeros({8}, DType::kUInt64); });
  expect_refused(ErrorCode::kCorrupt, "floats", [](auto& t, auto&) { t["proj@0:f32 8x8"] = Tensor::zeros({16}); });
  expect_refused(ErrorCode::kCorrupt, "half a line",
                 [](auto& t, auto&) { t["proj@0:f32 8x8"] = Tensor::zeros({4}, DType::kUInt64); });
  expect_refused(ErrorCode::kCorrupt, "words between lines", [](auto& t, auto&) {
    const Tensor longer = Tensor::zeros({9}, DType::kUInt64);
    t["proj@0:f32 8x8"] = Tensor(longer.view().slice(1, 9), longer.owner());
  });
}

}  // namespace
}  // namespace clipkit
