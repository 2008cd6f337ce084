// A lease in a shared cache: what is read from it is in bounds, and says the same when written and read again.
#include "store/lease.hpp"
#include "store/run_name.hpp"

#include "fuzz/fuzz.hpp"

using namespace larder;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text = fuzz::text_of(bytes, size);
  const std::string_view run = store::run_of(text);
  fuzz::must(run.empty() || (run.size() == 8 && text.ends_with(run)));

  const auto lease = store::parse_lease(text);
  if (!lease) return 0;
  fuzz::must(lease->until >= WallTime{} && lease->until <= WallTime{std::chrono::seconds(4'102'444'800)});
  fuzz::must(!lease->commit || lease->commit->hex().size() == 40);
  const std::string written = store::format_lease(lease->owner, lease->commit.value_or(repo::CommitId{}), lease->until);
  const auto again = store::parse_lease(written);
  fuzz::must(again.has_value());
  fuzz::must(again->owner == lease->owner && again->until == lease->until && again->commit == lease->commit);
  return 0;
}
