// FilterExpression and SortOrder: the words of `cache ls --filter` and `--sort` (R-812…R-814). Pure.
#pragma once

#include <larder/base/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace larder::store {

/// What a row of `cache ls` is compared by. Borrows its texts.
struct FilterRow {
  std::string_view type;                           ///< "model", …
  const std::vector<std::string>* refs = nullptr;  ///< of the revision, or of all revisions of the repository
  std::uint64_t bytes = 0;
  std::int64_t accessed_ns = 0;  ///< since the epoch
  std::int64_t modified_ns = 0;
};

/// KEY OP VALUE: keys accessed, modified, refs, size, type (any case); operators = != < > <= >=; blanks around the operator allowed.
/// `accessed` and `modified` compare the age: accessed>7d is "not used for 7 days".
class FilterExpression {
 public:
  /// Errors: InvalidArgument, saying what is wrong and what there is.
  static Result<FilterExpression> parse(std::string_view text);
  [[nodiscard]] bool matches(const FilterRow& row, std::int64_t now_ns) const;

 private:
  enum class Key : std::uint8_t { Accessed, Modified, Refs, Size, Type };
  enum class Operator : std::uint8_t { Equal, NotEqual, Less, Greater, LessEqual, GreaterEqual };
  static Result<Key> parse_key(std::string_view text, std::string_view expression);
  static Result<Operator> parse_operator(std::string_view text, std::string_view expression);
  template <class Number>
  [[nodiscard]] bool compare(Number left, Number right) const;
  [[nodiscard]] bool compare_age(std::int64_t then_ns, std::int64_t now_ns) const;

  Key key_ = Key::Size;
  Operator operator_ = Operator::Equal;
  std::int64_t number_ = 0;  // bytes or seconds
  std::string word_;         // refs and type: lower case
};

enum class SortKey : std::uint8_t { Accessed, Modified, Name, Size };
enum class SortDirection : std::uint8_t { Ascending, Descending };
/// KEY[:asc|:desc]; name begins with A, the others with the newest or largest.
struct SortOrder {
  SortKey key = SortKey::Name;
  SortDirection direction = SortDirection::Ascending;
  /// Errors: InvalidArgument.
  static Result<SortOrder> parse(std::string_view text);
};

}  // namespace larder::store
