# Tests of the cache manager: inventory, plans, sweep, verify. A program of its own, so that it builds beside the rest of the room's.
add_executable(test_store_cache
  adopt_test.cpp
  entry_name_test.cpp
  filter_expression_test.cpp
  hash_pool_test.cpp
  inventory_test.cpp
  link_target_test.cpp
  plan_removal_test.cpp
  ref_table_test.cpp
  repo_gate_test.cpp
  scan_leftovers_test.cpp
  sweep_test.cpp
  use_watch_test.cpp
  verify_test.cpp
)
target_link_libraries(test_store_cache PRIVATE larder_test_main larder_test_support larder_store)
add_test(NAME room.store_cache COMMAND test_store_cache)
