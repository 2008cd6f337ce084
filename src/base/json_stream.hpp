// json_stream: JSON read event by event within limits, so that a listing of a million files never stands in memory as a whole.
#pragma once

#include "base/json_fields.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace larder {

/// Where the elements are that are handed out one by one.
struct JsonStreamAt {
  /// Name of the root's member whose elements are wanted ("siblings"); empty: the root itself is the array or object.
  std::string member;
};

/// Gets one element of the streamed array or object, complete, in document order. `key`: the member's name in an object, empty in
/// an array. An error ends the reading and is returned with the element's pointer as context.
using JsonElementSink = std::function<Result<void>(std::string_view key, Json& element)>;

/// Fills the span and returns how many bytes it wrote; 0: the end.
using JsonBytes = std::function<Result<std::size_t>(std::span<char>)>;

/// Reads `text`, hands the elements at `at` to `sink` and returns the rest of the document (the streamed array or object stays
/// empty in it). With a null `sink` everything is returned. Bytes that are not UTF-8 and lone surrogates in a string become U+0000,
/// which no name may hold: one bad name is refused where it is used, as T3 asks, and the rest can still be read.
/// Errors: BadResponse (malformed, over a limit, a duplicate key), what `sink` returned.
Result<Json> read_json(std::string_view text, const JsonLimits& limits, const JsonStreamAt& at, const JsonElementSink& sink);

/// The same from a source that is read in pieces of 64 KiB; errors of `bytes` too.
Result<Json> read_json(const JsonBytes& bytes, const JsonLimits& limits, const JsonStreamAt& at, const JsonElementSink& sink);

}  // namespace larder
