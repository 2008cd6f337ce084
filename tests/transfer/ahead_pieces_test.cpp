#include "transfer/ahead_pieces.hpp"

#include "support/catch.hpp"

using larder::BufferPool;
using larder::transfer::AheadPieces;
using larder::transfer::Piece;

TEST_CASE("AheadPieces: each is taken once, at its own offset, and gives its buffer back", "[transfer][ahead_pieces]") {
  BufferPool pool(4 * BufferPool::kPiece);
  AheadPieces ahead;
  CHECK(ahead.first(77) == 77);
  ahead.hold(300, Piece{pool.try_take(), 0, 100});
  ahead.hold(200, Piece{pool.try_take(), 0, 50});
  CHECK(ahead.count() == 2);
  CHECK(ahead.first(77) == 200);
  CHECK_FALSE(ahead.take(250));
  CHECK(ahead.take(200)->size == 50);
  CHECK_FALSE(ahead.take(200));
  CHECK(ahead.first(77) == 300);
  CHECK(pool.in_use() == 1);
  ahead.clear();
  CHECK(ahead.count() == 0);
  CHECK(pool.in_use() == 0);
}
