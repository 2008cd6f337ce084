#include "digest/sha256_blocks.hpp"

#if defined(__x86_64__)

#include <immintrin.h>

#include <utility>

// The compiler may use these instructions in the marked functions only; the rest of the program runs on any x86-64.
#define LARDER_AVX512_TARGET __attribute__((target("avx512f,avx512bw,avx512vl")))
#define LARDER_AVX512_INLINE __attribute__((always_inline, target("avx512f,avx512bw,avx512vl"))) inline

// A register holds the same word of eight or of sixteen messages: each instruction works for all of them. It pays with AVX-512,
// where a rotation is one instruction and so is any function of three words (docs/decisions/0012).
namespace larder::digest {
namespace {

// Functions of three words by their truth tables, as vpternlog takes them.
constexpr int kXor = 0x96;
constexpr int kChoose = 0xca;
constexpr int kMajority = 0xe8;

/// Registers of 256 bits.
struct Eight {
  using Words = __m256i;
  static constexpr std::size_t kLanes = 8;

  LARDER_AVX512_INLINE static Words load(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }
  LARDER_AVX512_INLINE static void store(void* to, Words words) { _mm256_storeu_si256(static_cast<__m256i*>(to), words); }
  LARDER_AVX512_INLINE static Words same(std::uint32_t word) { return _mm256_set1_epi32(static_cast<int>(word)); }
  LARDER_AVX512_INLINE static Words same(__m128i quad) { return _mm256_broadcastsi128_si256(quad); }
  LARDER_AVX512_INLINE static Words shuffle_bytes(Words words, Words order) { return _mm256_shuffle_epi8(words, order); }
  LARDER_AVX512_INLINE static Words add(Words a, Words b) { return _mm256_add_epi32(a, b); }
  template <int Bits>
  LARDER_AVX512_INLINE static Words rotate(Words words) {
    return _mm256_ror_epi32(words, Bits);
  }
  template <int Bits>
  LARDER_AVX512_INLINE static Words shift(Words words) {
    return _mm256_srli_epi32(words, Bits);
  }
  template <int Function>
  LARDER_AVX512_INLINE static Words logic(Words a, Words b, Words c) {
    return _mm256_ternarylogic_epi32(a, b, c, Function);
  }
  // Within each quad of words.
  LARDER_AVX512_INLINE static Words low_words(Words a, Words b) { return _mm256_unpacklo_epi32(a, b); }
  LARDER_AVX512_INLINE static Words high_words(Words a, Words b) { return _mm256_unpackhi_epi32(a, b); }
  LARDER_AVX512_INLINE static Words low_pairs(Words a, Words b) { return _mm256_unpacklo_epi64(a, b); }
  LARDER_AVX512_INLINE static Words high_pairs(Words a, Words b) { return _mm256_unpackhi_epi64(a, b); }
  // Quads as a matrix of 2 × 2: its rows are columns[0] and [4], its columns become words[0] and [4].
  LARDER_AVX512_INLINE static void turn_quads(const Words* columns, Words* words) {
    words[0] = _mm256_permute2x128_si256(columns[0], columns[4], 0x20);
    words[4] = _mm256_permute2x128_si256(columns[0], columns[4], 0x31);
  }
};

/// Registers of 512 bits.
struct Sixteen {
  using Words = __m512i;
  static constexpr std::size_t kLanes = 16;

  LARDER_AVX512_INLINE static Words load(const void* from) { return _mm512_loadu_si512(from); }
  LARDER_AVX512_INLINE static void store(void* to, Words words) { _mm512_storeu_si512(to, words); }
  LARDER_AVX512_INLINE static Words same(std::uint32_t word) { return _mm512_set1_epi32(static_cast<int>(word)); }
  LARDER_AVX512_INLINE static Words same(__m128i quad) { return _mm512_broadcast_i32x4(quad); }
  LARDER_AVX512_INLINE static Words shuffle_bytes(Words words, Words order) { return _mm512_shuffle_epi8(words, order); }
  LARDER_AVX512_INLINE static Words add(Words a, Words b) { return _mm512_add_epi32(a, b); }
  template <int Bits>
  LARDER_AVX512_INLINE static Words rotate(Words words) {
    return _mm512_ror_epi32(words, Bits);
  }
  template <int Bits>
  LARDER_AVX512_INLINE static Words shift(Words words) {
    return _mm512_srli_epi32(words, Bits);
  }
  template <int Function>
  LARDER_AVX512_INLINE static Words logic(Words a, Words b, Words c) {
    return _mm512_ternarylogic_epi32(a, b, c, Function);
  }
  LARDER_AVX512_INLINE static Words low_words(Words a, Words b) { return _mm512_unpacklo_epi32(a, b); }
  LARDER_AVX512_INLINE static Words high_words(Words a, Words b) { return _mm512_unpackhi_epi32(a, b); }
  LARDER_AVX512_INLINE static Words low_pairs(Words a, Words b) { return _mm512_unpacklo_epi64(a, b); }
  LARDER_AVX512_INLINE static Words high_pairs(Words a, Words b) { return _mm512_unpackhi_epi64(a, b); }
  // Quads as a matrix of 4 × 4: its rows are columns[0], [4], [8] and [12], its columns become words[0], [4], [8] and [12].
  LARDER_AVX512_INLINE static void turn_quads(const Words* columns, Words* words) {
    const Words low = _mm512_shuffle_i32x4(columns[0], columns[4], 0x44);
    const Words high = _mm512_shuffle_i32x4(columns[0], columns[4], 0xee);
    const Words next_low = _mm512_shuffle_i32x4(columns[8], columns[12], 0x44);
    const Words next_high = _mm512_shuffle_i32x4(columns[8], columns[12], 0xee);
    words[0] = _mm512_shuffle_i32x4(low, next_low, 0x88);
    words[4] = _mm512_shuffle_i32x4(low, next_low, 0xdd);
    words[8] = _mm512_shuffle_i32x4(high, next_high, 0x88);
    words[12] = _mm512_shuffle_i32x4(high, next_high, 0xdd);
  }
};

// Reads a register's worth of four messages and turns each 4 × 4 words: columns[c] holds, quad by quad, the words c, c + 4, …
template <class Wide>
LARDER_AVX512_INLINE void load_four(const std::byte* const* messages, std::size_t offset, typename Wide::Words* columns) {
  const auto big_endian = Wide::same(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
  typename Wide::Words rows[4];
  for (int i = 0; i < 4; ++i) rows[i] = Wide::shuffle_bytes(Wide::load(messages[i] + offset), big_endian);
  const auto low01 = Wide::low_words(rows[0], rows[1]);
  const auto low23 = Wide::low_words(rows[2], rows[3]);
  const auto high01 = Wide::high_words(rows[0], rows[1]);
  const auto high23 = Wide::high_words(rows[2], rows[3]);
  columns[0] = Wide::low_pairs(low01, low23);
  columns[1] = Wide::high_pairs(low01, low23);
  columns[2] = Wide::low_pairs(high01, high23);
  columns[3] = Wide::high_pairs(high01, high23);
}

// The block at `offset` of every message, turned: schedule[w] holds word w of all.
template <class Wide>
LARDER_AVX512_INLINE void load_block(const std::byte* const* messages, std::size_t offset, typename Wide::Words* schedule) {
  constexpr std::size_t kLanes = Wide::kLanes;
  for (std::size_t word = 0; word < 16; word += kLanes) {  // as many words of a block as fill a register
    typename Wide::Words columns[kLanes];
    for (std::size_t lane = 0; lane < kLanes; lane += 4) load_four<Wide>(messages + lane, offset + 4 * word, columns + lane);
    for (std::size_t i = 0; i < 4; ++i) Wide::turn_quads(columns + i, schedule + word + i);
  }
}

// Word `Round` of the schedule, in the place of the one sixteen before.
template <class Wide, std::size_t Round>
LARDER_AVX512_INLINE typename Wide::Words next_word(typename Wide::Words* schedule) {
  auto& word = schedule[Round % 16];
  if constexpr (Round < 16) return word;
  const auto two_back = schedule[(Round + 14) % 16];
  const auto fifteen_back = schedule[(Round + 1) % 16];
  const auto sigma0 = Wide::template logic<kXor>(Wide::template rotate<7>(fifteen_back), Wide::template rotate<18>(fifteen_back),
                                                 Wide::template shift<3>(fifteen_back));
  const auto sigma1 = Wide::template logic<kXor>(Wide::template rotate<17>(two_back), Wide::template rotate<19>(two_back),
                                                 Wide::template shift<10>(two_back));
  return word = Wide::add(Wide::add(word, sigma0), Wide::add(schedule[(Round + 9) % 16], sigma1));
}

// The eight variables stay where they are; their names move on by one each round.
template <class Wide, std::size_t Round>
LARDER_AVX512_INLINE void one_round(typename Wide::Words* state, typename Wide::Words* schedule) {
  constexpr std::size_t kMoved = 64 - Round;
  const auto a = state[kMoved % 8];
  const auto e = state[(kMoved + 4) % 8];
  auto& d = state[(kMoved + 3) % 8];
  auto& h = state[(kMoved + 7) % 8];
  const auto input = Wide::add(next_word<Wide, Round>(schedule), Wide::same(kSha256Rounds[Round]));
  const auto sum1 = Wide::template logic<kXor>(Wide::template rotate<6>(e), Wide::template rotate<11>(e), Wide::template rotate<25>(e));
  const auto choice = Wide::template logic<kChoose>(e, state[(kMoved + 5) % 8], state[(kMoved + 6) % 8]);
  const auto t1 = Wide::add(Wide::add(Wide::add(h, input), choice), sum1);
  const auto sum0 = Wide::template logic<kXor>(Wide::template rotate<2>(a), Wide::template rotate<13>(a), Wide::template rotate<22>(a));
  const auto majority = Wide::template logic<kMajority>(a, state[(kMoved + 1) % 8], state[(kMoved + 2) % 8]);
  d = Wide::add(d, t1);
  h = Wide::add(t1, Wide::add(sum0, majority));
}

template <class Wide, std::size_t... Round>
LARDER_AVX512_INLINE void all_rounds(typename Wide::Words* state, typename Wide::Words* schedule, std::index_sequence<Round...>) {
  (one_round<Wide, Round>(state, schedule), ...);
}

template <class Wide>
LARDER_AVX512_TARGET void compress(Sha256State* const* states, const std::byte* const* messages, std::size_t count) {
  std::uint32_t turned[8][Wide::kLanes];
  typename Wide::Words state[8];
  for (std::size_t word = 0; word < 8; ++word) {
    for (std::size_t lane = 0; lane < Wide::kLanes; ++lane) turned[word][lane] = (*states[lane])[word];
    state[word] = Wide::load(turned[word]);
  }
  for (std::size_t block = 0; block < count; ++block) {
    typename Wide::Words schedule[16];
    typename Wide::Words start[8];
    for (std::size_t word = 0; word < 8; ++word) start[word] = state[word];
    load_block<Wide>(messages, block * kSha256Block, schedule);
    all_rounds<Wide>(state, schedule, std::make_index_sequence<64>());
    for (std::size_t word = 0; word < 8; ++word) state[word] = Wide::add(state[word], start[word]);
  }
  for (std::size_t word = 0; word < 8; ++word) {
    Wide::store(turned[word], state[word]);
    for (std::size_t lane = 0; lane < Wide::kLanes; ++lane) (*states[lane])[word] = turned[word][lane];
  }
}

// Asks the system too: it must keep these registers when it changes threads.
bool has_instructions() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0;
}

}  // namespace

Sha256ManyCompressors many_sha256() {
  return has_instructions() ? Sha256ManyCompressors{compress<Eight>, compress<Sixteen>} : Sha256ManyCompressors{};
}

}  // namespace larder::digest

#else

namespace larder::digest {

Sha256ManyCompressors many_sha256() { return {}; }

}  // namespace larder::digest

#endif
