#pragma once

// CLIPKIT_API marks what libclipkit shows to its users; all else stays inside the library.
#define CLIPKIT_API __attribute__((visibility("default")))
