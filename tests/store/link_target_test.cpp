#include "store/link_target.hpp"

#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace larder;
using store::LinkKind;

TEST_CASE("classify_link: the first hop is read from the text alone", "[store][link_target]") {
  const store::RepoLayout layout("/c", "models--org--m");
  const std::string blob(64, 'a');
  struct Row {
    std::string entry;
    std::string text;
    LinkKind kind;
    std::string name;
    bool is_canonical;
    bool is_absolute;
  };
  const std::vector<Row> rows{
      {"snapshots/c1/f", "../../blobs/" + blob, LinkKind::Blob, blob, true, false},
      {"snapshots/c1/sub dir/deep/f", "../../../../blobs/" + blob, LinkKind::Blob, blob, true, false},
      {"snapshots/c1/f", "../../blobs/./" + blob, LinkKind::Blob, blob, false, false},                       //
      {"snapshots/c1/f", "/c/models--org--m/blobs/" + blob, LinkKind::Blob, blob, false, true},              // C18
      {"snapshots/c1/f", "../../../models--org--m/blobs/" + blob, LinkKind::Blob, blob, false, false},       //
      {"snapshots/c1/f", "../../../models--org--other/blobs/" + blob, LinkKind::Outside, "", false, false},  // C18
      {"snapshots/c1/f", "../../../blobs/aa/" + blob, LinkKind::Outside, "", false, false},                  //
      {"snapshots/c1/f", "../blobs/" + blob, LinkKind::Elsewhere, "", false, false},                         // one ../ short
      {"snapshots/c1/f", "../../../../../../../etc/passwd", LinkKind::Outside, "", false, false},            //
      {"snapshots/c1/f", "/etc/passwd", LinkKind::Outside, "", false, true},                                 //
      {"snapshots/c1/f", "../../blobs/..", LinkKind::Outside, "", false, false},                             // not a name
      {"snapshots/c1/f", "../../blobs/x/y", LinkKind::Elsewhere, "", false, false},                          //
      {"snapshots/c1/f", "../../blobs/", LinkKind::Elsewhere, "", false, false},                             //
      {"snapshots/c1/f", "", LinkKind::Elsewhere, "", false, false},                                         //
      {"snapshots/c1/f", "/c/models--org--mm/blobs/" + blob, LinkKind::Outside, "", false, true},            // a longer name
  };
  for (const Row& row : rows) {
    CAPTURE(row.entry, row.text);
    const auto target = store::classify_link(layout, row.entry, row.text);
    CHECK(static_cast<int>(target.kind) == static_cast<int>(row.kind));
    CHECK(target.name == row.name);
    CHECK(target.is_canonical == row.is_canonical);
    CHECK(target.is_absolute == row.is_absolute);
  }
}
