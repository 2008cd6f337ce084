// The heap of the process: what is not in use goes back to the system.
#pragma once

namespace larder {

/// Large blocks get pages of their own and leave them when they go, instead of tearing up the heap that they were cut from (measured: a
/// quarter of the peak of a pull). For main, before there are threads. Only glibc needs it.
void set_up_heap() noexcept;

/// Gives the system back what many small blocks have left free. Takes some milliseconds. Thread: any.
void trim_heap() noexcept;

}  // namespace larder
