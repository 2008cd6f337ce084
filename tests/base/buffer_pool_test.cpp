#include <larder/base/buffer_pool.hpp>

#include "support/catch.hpp"

#include <thread>

using larder::BufferPool;
using larder::BufferRef;

TEST_CASE("BufferPool: gives at most its limit and never fewer than two", "[base][buffer_pool]") {
  CHECK(BufferPool(0).pieces() == 2);
  CHECK(BufferPool(3 * BufferPool::kPiece + 1).pieces() == 3);
  BufferPool pool(2 * BufferPool::kPiece);
  const auto first = pool.try_take();
  auto second = pool.try_take();
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first != second);
  CHECK_FALSE(pool.try_take());
  CHECK(pool.in_use() == 2);
  second.reset();
  CHECK(pool.in_use() == 1);
  CHECK(pool.try_take());
}

TEST_CASE("BufferPool: a piece comes back empty", "[base][buffer_pool]") {
  BufferPool pool(0);
  auto piece = pool.try_take();
  CHECK(piece->space().size() == BufferPool::kPiece);
  piece->grow(BufferPool::kPiece);
  CHECK(piece->full());
  CHECK(piece->data().size() == BufferPool::kPiece);
  piece.reset();
  piece = pool.try_take();
  CHECK(piece->used() == 0);
}

TEST_CASE("BufferPool: a hungry taker is told once, outside of the lock", "[base][buffer_pool]") {
  BufferPool pool(0);
  int told = 0;
  pool.on_free([&] {
    ++told;
    CHECK(pool.in_use() < pool.pieces());  // would hang if the lock were held
  });
  auto first = pool.try_take();
  auto second = pool.try_take();
  second.reset();
  CHECK(told == 0);  // nobody was turned away
  second = pool.try_take();
  CHECK_FALSE(pool.try_take());
  first.reset();
  CHECK(told == 1);
  second.reset();
  CHECK(told == 1);
}

TEST_CASE("BufferPool: pieces travel between threads", "[base][buffer_pool]") {
  BufferPool pool(4 * BufferPool::kPiece);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 500; ++j) {
          if (auto piece = pool.try_take()) piece->grow(1);
        }
      });
    }
  }
  CHECK(pool.in_use() == 0);
}

TEST_CASE("BufferPool: what is set aside is no piece's memory, whether it was made before or not", "[base][buffer_pool]") {
  BufferPool pool(6 * BufferPool::kPiece);
  std::vector<BufferRef> out;
  for (int at = 0; at < 5; ++at) out.push_back(pool.try_take());
  pool.set_aside(2 * BufferPool::kPiece + 1);
  CHECK(pool.pieces() == 3);
  CHECK_FALSE(pool.try_take());
  out.resize(3);
  CHECK_FALSE(pool.try_take());
  out.resize(2);
  CHECK(pool.try_take());
  int told = 0;
  pool.on_free([&] { ++told; });
  out.push_back(pool.try_take());
  CHECK_FALSE(pool.try_take());
  pool.set_aside(0);
  CHECK(told == 1);
  CHECK(pool.pieces() == 6);
  CHECK(pool.try_take());
  pool.set_aside(100 * BufferPool::kPiece);
  CHECK(pool.pieces() == 2);
}
