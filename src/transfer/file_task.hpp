// FileTask: one large file from the first look at its lock to its place.
#pragma once

#include "store/partial_blob.hpp"
#include "transfer/ahead_pieces.hpp"
#include "transfer/file_ranges.hpp"
#include "transfer/flow.hpp"
#include "transfer/location.hpp"
#include "transfer/piece.hpp"
#include "transfer/route.hpp"
#include "transfer/source_health.hpp"

#include <larder/base/progress.hpp>
#include <larder/repo/tree.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace larder::transfer {

/// What a file knows of one source.
struct SourceView {
  std::optional<Location> location;  ///< found by following redirects; nullopt: `resolve` must be asked
  bool is_asking = false;            ///< a request is on its way through `resolve`: the others wait for it (one renewal serves all)
  int renewals = 0;                  ///< since the last progress (T38)
};

/// The states of an open large file. A file whose lock another process holds is closed and waits in the lane's queue.
///
///                    Busy: back to the queue
///                   ↗
///     Opening ─────→ Fetching ─ all bytes are here ─→ Hashing ─ digest equal ─→ Publishing ─→ done
///        │  ↘           │  ↑                             │                          │
///        │   done       │  └─ digest differs (T20) ──────┤                          │
///        │ (by another) ↓                                ↓                          ↓
///        └───────────→ Leaving (the partial is kept or removed, the lock given back) ─→ failed
struct FileTask {
  enum class State : std::uint8_t { Opening, Fetching, Hashing, Publishing, Leaving };

  FileTask(FileId file_id, std::uint32_t plan_position, const repo::FileEntry& file_entry, std::size_t source_count)
      : id(file_id), position(plan_position), entry(file_entry), ranges(file_entry.size), sources(source_count) {}

  FileId id;
  std::uint32_t position;  ///< in plan.files
  repo::FileEntry entry;
  State state = State::Opening;
  FileRanges ranges;
  AheadPieces ahead;
  std::unique_ptr<store::PartialBlob> partial;
  std::vector<SourceView> sources;
  SourceSet excluded;               ///< failed for this file
  SourceSet served;                 ///< brought bytes since the last start from zero
  SourceSet suspects;               ///< brought bytes to a file whose digest was wrong
  std::optional<std::size_t> only;  ///< after wrong bytes of several sources: one alone, so that the liar is found (N33)
  int active = 0;                   ///< running requests
  int bad_ranges = 0;               ///< T30
  int mismatches = 0;               ///< T20
  int overflows = 0;                ///< answers that brought too much (T21)
  bool has_changed = false;         ///< T32: the ETag of a Location changed once
  bool has_resumed = false;         ///< bytes of an earlier run are in it
  std::uint64_t fetched = 0;        ///< bytes that arrived since the last start from zero
  std::optional<Error> last_error;
  std::optional<SteadyTime> last_look;  ///< beside a stream, at what another source brings
  TaskId progress = 0;
};

/// One running request for a segment.
struct Exchange {
  FileId file = 0;
  Segment segment;
  std::optional<ByteRange> asked;  ///< the Range it was sent with
  Route route;
  bool is_resolving = false;   ///< began at `resolve`: it finds the Location for all
  bool has_head = false;       ///< a 200 or 206 was accepted: bytes may come
  bool is_open_ended = false;  ///< no Content-Length: whether it brings too much is known at its end (T21)
  std::uint64_t position = 0;  ///< next byte of the file it will bring
  std::uint64_t fresh = 0;     ///< bytes that nobody else had brought
  net::RequestId twin = 0;     ///< the other request for the same bytes (a hedge and its original); 0: none
  bool is_hedge = false;
  bool is_look = false;     ///< beside a stream, to learn how fast another source is: what becomes of it changes nothing else
  Flow flow{SteadyTime{}};  ///< since it was sent

  [[nodiscard]] std::uint64_t left() const { return segment.range.end - position; }
  /// What it has not brought, to be asked for again.
  [[nodiscard]] Segment rest() const { return {{position, segment.range.end}, segment.failures, {}}; }
};

}  // namespace larder::transfer
