#include <larder/repo/etag.hpp>

#include "support/catch.hpp"

using namespace larder::repo;

TEST_CASE("normalise_etag: as the official client does it", "[repo][etag]") {  // R-307, T-24…T-30
  struct Row {
    const char* header;
    const char* normal;
  };
  for (const Row& row : {Row{"\"abc\"", "abc"}, Row{"W/\"abc\"", "abc"}, Row{"abc", "abc"}, Row{"/abc", "abc"}, Row{"W/abc", "abc"},
                         Row{"WW/\"x\"", "x"}, Row{"\"W/abc\"", "W/abc"}, Row{"\"a\"b\"", "a\"b"}, Row{"\"\"", ""}, Row{"'a'", "'a'"},
                         Row{"\"abc-gzip\"", "abc-gzip"}, Row{"", ""}, Row{"W/", ""}, Row{"\"", ""}, Row{"\"\"\"", ""}}) {
    INFO(row.header);
    CHECK(normalise_etag(row.header) == row.normal);
  }
}

TEST_CASE("is_digest_etag: only 40 or 64 lower-case hex digits may be compared", "[repo][etag]") {  // T32, T33
  CHECK(is_digest_etag(std::string(40, 'a')));
  CHECK(is_digest_etag(std::string(64, '0')));
  for (const std::string& etag : {std::string(), std::string(39, 'a'), std::string(41, 'a'), std::string(63, 'a'), std::string(65, 'a'),
                                  std::string(40, 'A'), std::string(40, 'g'), std::string(39, 'a') + "/", std::string(65536, 'a')}) {
    CHECK_FALSE(is_digest_etag(etag));
  }
}
