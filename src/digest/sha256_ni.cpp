#include "digest/sha256_blocks.hpp"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#include <utility>

// The compiler may use these instructions in the marked functions only; the rest of the program runs on any x86-64.
#define LARDER_SHA_TARGET __attribute__((target("sha,sse4.1,ssse3")))
#define LARDER_SHA_INLINE __attribute__((always_inline, target("sha,sse4.1,ssse3"))) inline

namespace larder::digest {
namespace {

// One message in flight. The instructions want the eight words as ABEF and CDGH (Intel SHA Extensions, 2013).
struct Lane {
  __m128i abef, cdgh;
  __m128i quads[4];  // the last 16 schedule words; quad i stands at i % 4
};

LARDER_SHA_INLINE Lane load_state(const Sha256State& state) {
  const auto* words = reinterpret_cast<const __m128i*>(state.data());
  const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(words), 0xb1);
  const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(words + 1), 0x1b);
  return {_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xf0), {}};
}

LARDER_SHA_INLINE void store_state(const Lane& lane, Sha256State& state) {
  auto* words = reinterpret_cast<__m128i*>(state.data());
  const __m128i feba = _mm_shuffle_epi32(lane.abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(lane.cdgh, 0xb1);
  _mm_storeu_si128(words, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(words + 1, _mm_alignr_epi8(dchg, feba, 8));
}

LARDER_SHA_INLINE void load_block(Lane& lane, const std::byte* block) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  for (int i = 0; i < 4; ++i) {
    lane.quads[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(block) + i), big_endian);
  }
}

// Rounds 4i … 4i+3, and the schedule words of quad i+1.
template <std::size_t I>
LARDER_SHA_INLINE void four_rounds(Lane& lane) {
  const __m128i now = lane.quads[I % 4];
  const __m128i sum = _mm_add_epi32(now, _mm_load_si128(reinterpret_cast<const __m128i*>(kSha256Rounds.data()) + I));
  lane.cdgh = _mm_sha256rnds2_epu32(lane.cdgh, lane.abef, sum);
  lane.abef = _mm_sha256rnds2_epu32(lane.abef, lane.cdgh, _mm_shuffle_epi32(sum, 0x0e));
  if constexpr (I >= 3 && I < 15) {
    __m128i& next = lane.quads[(I + 1) % 4];  // still holds quad i-3
    const __m128i seven_back = _mm_alignr_epi8(now, lane.quads[(I + 3) % 4], 4);
    next = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(next, lane.quads[(I + 2) % 4]), seven_back), now);
  }
}

template <std::size_t... I>
LARDER_SHA_INLINE void all_rounds(Lane& lane, std::index_sequence<I...>) {
  (four_rounds<I>(lane), ...);
}

// Side by side, so that one lane computes while the other waits for its last result: that is the whole gain.
template <std::size_t... I>
LARDER_SHA_INLINE void all_rounds(Lane& a, Lane& b, std::index_sequence<I...>) {
  ((four_rounds<I>(a), four_rounds<I>(b)), ...);
}

LARDER_SHA_INLINE void add_start(Lane& lane, __m128i abef, __m128i cdgh) {
  lane.abef = _mm_add_epi32(lane.abef, abef);
  lane.cdgh = _mm_add_epi32(lane.cdgh, cdgh);
}

LARDER_SHA_TARGET void compress_one(Sha256State& state, const std::byte* data, std::size_t count) {
  Lane lane = load_state(state);
  for (; count > 0; --count, data += kSha256Block) {
    const __m128i abef = lane.abef;
    const __m128i cdgh = lane.cdgh;
    load_block(lane, data);
    all_rounds(lane, std::make_index_sequence<16>());
    add_start(lane, abef, cdgh);
  }
  store_state(lane, state);
}

LARDER_SHA_TARGET void compress_two(Sha256State& a_state, const std::byte* a_data, Sha256State& b_state, const std::byte* b_data,
                                    std::size_t count) {
  Lane a = load_state(a_state);
  Lane b = load_state(b_state);
  for (; count > 0; --count, a_data += kSha256Block, b_data += kSha256Block) {
    const __m128i a_abef = a.abef;
    const __m128i a_cdgh = a.cdgh;
    const __m128i b_abef = b.abef;
    const __m128i b_cdgh = b.cdgh;
    load_block(a, a_data);
    load_block(b, b_data);
    all_rounds(a, b, std::make_index_sequence<16>());
    add_start(a, a_abef, a_cdgh);
    add_start(b, b_abef, b_cdgh);
  }
  store_state(a, a_state);
  store_state(b, b_state);
}

bool has_instructions() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_SSSE3) == 0 || (c & bit_SSE4_1) == 0) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
}

}  // namespace

Sha256Compressors native_sha256() { return has_instructions() ? Sha256Compressors{compress_one, compress_two} : Sha256Compressors{}; }

}  // namespace larder::digest

#else

namespace larder::digest {

Sha256Compressors native_sha256() { return {}; }

}  // namespace larder::digest

#endif
