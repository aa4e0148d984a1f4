#pragma once

#include <string_view>

#include "clipkit/fetch.h"

namespace clipkit {

// The table entry that a name means ("ViT-B/32", "vit-b-32", "ViT-B-32.pt"), or null.
const PublishedCheckpoint* find_published(std::string_view name);

}  // namespace clipkit
