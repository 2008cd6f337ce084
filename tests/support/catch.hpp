// The one place that knows which Catch2 is there.
#pragma once
#include <catch2/catch.hpp>
