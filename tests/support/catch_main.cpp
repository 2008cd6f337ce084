// main() of every test program. Catch2 3 brings its own in a library; for it the name below means nothing.
#define CATCH_CONFIG_MAIN
#include "support/catch.hpp"
