#pragma once

#include <filesystem>
#include <string_view>

#include "clipkit/image.h"

namespace clipkit {

// Whether files with this extension (lower case, without the dot) are taken for films.
bool is_film_extension(std::string_view extension) noexcept;

// The middle frame of a film, number n / 2 of n from 0, as CLIP takes them (§3.2, footnote on UCF101 and Kinetics).
// Decoded from the start, through FFmpeg, a module of its own. Errors: kNotFound, kUnsupported (clipkit was built
// without it), kCorrupt (no film, damaged).
Image middle_frame(const std::filesystem::path& film);

// Whether FFmpeg is there.
bool can_read_films() noexcept;

}  // namespace clipkit
