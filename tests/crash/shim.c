// shim: an LD_PRELOAD library that counts the calls which change a disk, and kills or fails the n-th (docs/reliability.md, loops A and B).
//
//   SHIM_LOG=FILE          one line a point: "N call path"
//   CRASH_AT=N             SIGKILL just before the N-th
//   FAIL_AT=N FAIL_ERRNO=E the N-th fails with errno E instead (5);  FAIL_TIMES=K: and the K-1 after it
//   FAIL_PATH=TEXT         each call on a path that holds TEXT fails with FAIL_ERRNO
//   STOP_AT=N              SIGSTOP before the N-th: somebody else looks at the disk, then sends SIGCONT
//   SHORT_AT=N             the N-th, if it is a write, writes one byte
//   SHIM_ROOT=DIR          only paths and files below DIR count (the cache); default: all
//   FLOCK=ok|nosys|busy    flock always "succeeds", is not there, or never gets the lock
//   SYMLINK=eperm          no links;  RENAMEAT2=nosys: not there;  LINK=eperm: no hard links;  NOREFLINK=1: no FICLONE
//   FALLOCATE=nosup        no space is reserved
//   LONGEST_NAME=N         statvfs says that names have at most N bytes
//   FOLDS=1                a name that is not there is looked for in lower-case letters
//   COARSE_TIMES=S         times of files come in steps of S seconds
//   HOST_ADDRESSES=A,B     every name has these addresses, in this order
//   CLOCK_JUMP=S           the wall clock goes S seconds further (or back) after the 20th point
//   SLOW_CALL=NAME SLOW_MS=N   each call of that name takes N milliseconds more
//
// Counters are of the process, not of the thread: strace's are not (measured), so it can't do this. Calls that stdio makes inside libc are
// not seen; calls of C++ streams are. Plain C: it is loaded into every process of the run.
#define _GNU_SOURCE
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define FICLONE_REQUEST 0x40049409UL

static atomic_long counted;
static long crash_at = -1, fail_at = -1, fail_times = 1, fail_errno = EIO, stop_at = -1, short_at = -1;
static long slow_ms, longest_name, folds, coarse_times, clock_jump;
static const char *log_path, *root, *fail_path, *flock_mode, *symlink_mode, *renameat2_mode, *link_mode, *no_reflink, *fallocate_mode, *slow_call, *host_addresses;

static long number(const char *name, long otherwise) {
  const char *text = getenv(name);
  return text ? atol(text) : otherwise;
}

__attribute__((constructor)) static void read_environment(void) {
  crash_at = number("CRASH_AT", -1);
  fail_at = number("FAIL_AT", -1);
  fail_times = number("FAIL_TIMES", 1);
  fail_errno = number("FAIL_ERRNO", EIO);
  stop_at = number("STOP_AT", -1);
  short_at = number("SHORT_AT", -1);
  log_path = getenv("SHIM_LOG");
  fail_path = getenv("FAIL_PATH");
  root = getenv("SHIM_ROOT");
  flock_mode = getenv("FLOCK");
  symlink_mode = getenv("SYMLINK");
  renameat2_mode = getenv("RENAMEAT2");
  link_mode = getenv("LINK");
  no_reflink = getenv("NOREFLINK");
  fallocate_mode = getenv("FALLOCATE");
  slow_call = getenv("SLOW_CALL");
  host_addresses = getenv("HOST_ADDRESSES");
  slow_ms = number("SLOW_MS", 0);
  longest_name = number("LONGEST_NAME", 0);
  folds = number("FOLDS", 0);
  coarse_times = number("COARSE_TIMES", 0);
  clock_jump = number("CLOCK_JUMP", 0);
}

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

static void write_log(long point, const char *call, const char *path) {
  char line[1200];
  int length = snprintf(line, sizeof line, "%ld %s %s\n", point, call, path ? path : "");
  if (length > (int)sizeof line) length = sizeof line;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return;
  syscall(SYS_write, fd, line, length);
  syscall(SYS_close, fd);
}

// Full text of a path relative to a folder's descriptor, or of an open file.
static const char *path_at(int folder, const char *path, char *into, size_t size) {
  if (path && (path[0] == '/' || folder == AT_FDCWD)) return path;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
  ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, into, size - 1);
  if (length < 0) return path;
  into[length] = 0;
  if (path) snprintf(into + length, size - (size_t)length, "/%s", path);
  return into;
}

// Counts this call. -1: it must fail now, errno is set; 1: it should do only a part; 0: go on.
static int point(const char *call, const char *path) {
  if (root && path && path[0] == '/' && strncmp(path, root, strlen(root)) != 0) return 0;
  long k = atomic_fetch_add(&counted, 1) + 1;
  if (log_path) write_log(k, call, path);
  if (k == crash_at) kill(getpid(), SIGKILL);
  if (k == stop_at) kill(getpid(), SIGSTOP);
  if (slow_call && strcmp(slow_call, call) == 0) {
    struct timespec pause = {slow_ms / 1000, slow_ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
  }
  if ((fail_at > 0 && k >= fail_at && k < fail_at + fail_times) || (fail_path && path && strstr(path, fail_path))) {
    errno = (int)fail_errno;
    return -1;
  }
  return k == short_at;
}

static int point_at(const char *call, int folder, const char *path) {
  char text[1024];
  return point(call, path_at(folder, path, text, sizeof text));
}

static int is_regular(int fd) {
  struct stat facts;
  return fd > 2 && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
}

static int is_on_disk(int fd) {
  struct stat facts;
  return fd > 2 && fstat(fd, &facts) == 0 && (S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode));
}

// A call on a path (its point is the path that it changes).
#define ON_PATH(name, parameters, arguments, folder, path)    \
  int name parameters {                                       \
    static int(*real) parameters;                             \
    if (!real) real = next(#name);                            \
    if (point_at(#name, folder, path) < 0) return -1;         \
    return real arguments;                                    \
  }
// A call on an open file.
#define ON_FILE(type, name, parameters, arguments, fd, watched)                  \
  type name parameters {                                                         \
    static type(*real) parameters;                                               \
    if (!real) real = next(#name);                                               \
    if (watched(fd) && point_at(#name, fd, NULL) < 0) return -1;                 \
    return real arguments;                                                       \
  }

ON_PATH(rename, (const char *from, const char *to), (from, to), AT_FDCWD, to)
ON_PATH(renameat, (int a, const char *from, int b, const char *to), (a, from, b, to), b, to)
ON_PATH(unlink, (const char *path), (path), AT_FDCWD, path)
ON_PATH(unlinkat, (int folder, const char *path, int flags), (folder, path, flags), folder, path)
ON_PATH(rmdir, (const char *path), (path), AT_FDCWD, path)
ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode), AT_FDCWD, path)
ON_PATH(mkdirat, (int folder, const char *path, mode_t mode), (folder, path, mode), folder, path)
ON_PATH(chmod, (const char *path, mode_t mode), (path, mode), AT_FDCWD, path)
ON_PATH(truncate, (const char *path, off_t size), (path, size), AT_FDCWD, path)
ON_PATH(utimensat, (int folder, const char *path, const struct timespec t[2], int flags), (folder, path, t, flags), folder, path)
ON_FILE(int, fsync, (int fd), (fd), fd, is_on_disk)
ON_FILE(int, fdatasync, (int fd), (fd), fd, is_on_disk)
ON_FILE(int, syncfs, (int fd), (fd), fd, is_on_disk)
ON_FILE(int, fchmod, (int fd, mode_t mode), (fd, mode), fd, is_on_disk)
ON_FILE(int, futimens, (int fd, const struct timespec t[2]), (fd, t), fd, is_on_disk)
ON_FILE(int, ftruncate, (int fd, off_t size), (fd, size), fd, is_regular)
ON_FILE(int, ftruncate64, (int fd, off_t size), (fd, size), fd, is_regular)

static int refuses(const char *mode, const char *word, int error) {
  if (!mode || strcmp(mode, word) != 0) return 0;
  errno = error;
  return 1;
}

#define FALLOCATE(name)                                                                                    \
  int name(int fd, int mode, off_t at, off_t size) {                                                       \
    static int (*real)(int, int, off_t, off_t);                                                            \
    if (!real) real = next(#name);                                                                         \
    if (refuses(fallocate_mode, "nosup", EOPNOTSUPP) || (is_regular(fd) && point_at(#name, fd, NULL) < 0)) return -1; \
    return real(fd, mode, at, size);                                                                       \
  }
FALLOCATE(fallocate)
FALLOCATE(fallocate64)

// posix_fallocate returns its error.
#define POSIX_FALLOCATE(name)                                                \
  int name(int fd, off_t at, off_t size) {                                   \
    static int (*real)(int, off_t, off_t);                                   \
    if (!real) real = next(#name);                                           \
    if (is_regular(fd) && point_at(#name, fd, NULL) < 0) return errno;       \
    return real(fd, at, size);                                               \
  }
POSIX_FALLOCATE(posix_fallocate)
POSIX_FALLOCATE(posix_fallocate64)

// Writes: those to regular files count; one of them can be made short.
#define WRITE(name, parameters, arguments, short_arguments, fd)      \
  ssize_t name parameters {                                          \
    static ssize_t(*real) parameters;                                \
    if (!real) real = next(#name);                                   \
    if (is_regular(fd)) {                                            \
      int told = point_at(#name, fd, NULL);                          \
      if (told < 0) return -1;                                       \
      if (told > 0) return real short_arguments;                     \
    }                                                                \
    return real arguments;                                           \
  }
WRITE(write, (int fd, const void *data, size_t size), (fd, data, size), (fd, data, size ? 1 : 0), fd)
WRITE(pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at), (fd, data, size ? 1 : 0, at), fd)
WRITE(pwrite64, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at), (fd, data, size ? 1 : 0, at), fd)
WRITE(writev, (int fd, const struct iovec *parts, int count), (fd, parts, count), (fd, parts, count ? 1 : 0), fd)
WRITE(pwritev, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at), (fd, parts, count ? 1 : 0, at), fd)
WRITE(pwritev64, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at), (fd, parts, count ? 1 : 0, at), fd)

ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t size, unsigned int flags) {
  static ssize_t (*real)(int, off64_t *, int, off64_t *, size_t, unsigned int);
  if (!real) real = next("copy_file_range");
  if (point_at("copy_file_range", out, NULL) < 0) return -1;
  return real(in, from, out, to, size, flags);
}

ssize_t sendfile(int out, int in, off_t *from, size_t size) {
  static ssize_t (*real)(int, int, off_t *, size_t);
  if (!real) real = next("sendfile");
  if (is_regular(out) && point_at("sendfile", out, NULL) < 0) return -1;
  return real(out, in, from, size);
}

// open with O_CREAT changes a folder; without it, it changes nothing and does not count.
#define OPEN(name, before, arguments_before, folder)                                   \
  int name(before const char *path, int flags, ...) {                                  \
    static int (*real)(before const char *, int, ...);                                 \
    if (!real) real = next(#name);                                                     \
    va_list list;                                                                      \
    va_start(list, flags);                                                             \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;            \
    va_end(list);                                                                      \
    if ((flags & (O_CREAT | O_TRUNC)) && point_at(#name, folder, path) < 0) return -1; \
    return real(arguments_before path, flags, mode);                                   \
  }
#define NOTHING
#define FOLDER_PARAMETER int folder,
#define FOLDER_ARGUMENT folder,
OPEN(open, NOTHING, NOTHING, AT_FDCWD)
OPEN(open64, NOTHING, NOTHING, AT_FDCWD)
OPEN(openat, FOLDER_PARAMETER, FOLDER_ARGUMENT, folder)
OPEN(openat64, FOLDER_PARAMETER, FOLDER_ARGUMENT, folder)

int renameat2(int a, const char *from, int b, const char *to, unsigned int flags) {
  static int (*real)(int, const char *, int, const char *, unsigned int);
  if (!real) real = next("renameat2");
  if (refuses(renameat2_mode, "nosys", ENOSYS)) return -1;
  if (point_at("renameat2", b, to) < 0) return -1;
  return real(a, from, b, to, flags);
}

int symlink(const char *target, const char *path) {
  static int (*real)(const char *, const char *);
  if (!real) real = next("symlink");
  if (refuses(symlink_mode, "eperm", EPERM) || point("symlink", path) < 0) return -1;
  return real(target, path);
}

int symlinkat(const char *target, int folder, const char *path) {
  static int (*real)(const char *, int, const char *);
  if (!real) real = next("symlinkat");
  if (refuses(symlink_mode, "eperm", EPERM) || point_at("symlinkat", folder, path) < 0) return -1;
  return real(target, folder, path);
}

int link(const char *from, const char *to) {
  static int (*real)(const char *, const char *);
  if (!real) real = next("link");
  if (refuses(link_mode, "eperm", EPERM) || point("link", to) < 0) return -1;
  return real(from, to);
}

int linkat(int a, const char *from, int b, const char *to, int flags) {
  static int (*real)(int, const char *, int, const char *, int);
  if (!real) real = next("linkat");
  if (refuses(link_mode, "eperm", EPERM) || point_at("linkat", b, to) < 0) return -1;
  return real(a, from, b, to, flags);
}

int flock(int fd, int operation) {
  static int (*real)(int, int);
  if (!real) real = next("flock");
  if (flock_mode && strcmp(flock_mode, "ok") == 0) return 0;
  if (refuses(flock_mode, "nosys", ENOSYS)) return -1;
  if (!(operation & LOCK_UN) && refuses(flock_mode, "busy", EWOULDBLOCK)) return -1;
  return real(fd, operation);
}

int ioctl(int fd, unsigned long request, ...) {
  static int (*real)(int, unsigned long, ...);
  if (!real) real = next("ioctl");
  va_list list;
  va_start(list, request);
  void *argument = va_arg(list, void *);
  va_end(list);
  if (request == FICLONE_REQUEST) {
    if (no_reflink) {
      errno = EOPNOTSUPP;
      return -1;
    }
    if (point_at("ioctl(FICLONE)", fd, NULL) < 0) return -1;
  }
  return real(fd, request, argument);
}

#define STATVFS(name, facts)                                    \
  int name(const char *path, struct facts *info) {              \
    static int (*real)(const char *, struct facts *);           \
    if (!real) real = next(#name);                              \
    int result = real(path, info);                              \
    if (result == 0 && longest_name) info->f_namemax = (unsigned long)longest_name; \
    return result;                                              \
  }
STATVFS(statvfs, statvfs)
STATVFS(statvfs64, statvfs64)

static void coarsen(struct timespec *time) {
  time->tv_sec -= time->tv_sec % coarse_times;
  time->tv_nsec = 0;
}

static void coarsen_all(struct timespec *accessed, struct timespec *modified, struct timespec *changed) {
  if (coarse_times == 0) return;
  coarsen(accessed);
  coarsen(modified);
  coarsen(changed);
}

#define STAT_AT(name, type)                                                                         \
  int name(int folder, const char *path, struct type *facts, int flags) {                           \
    static int (*real)(int, const char *, struct type *, int);                                      \
    if (!real) real = next(#name);                                                                  \
    int result = real(folder, path, facts, flags);                                                  \
    if (result != 0 && errno == ENOENT && folds) {                                                  \
      char lower[4096];                                                                             \
      snprintf(lower, sizeof lower, "%s", path);                                                    \
      char *letter = strrchr(lower, '/');                                                           \
      for (letter = letter ? letter : lower; *letter; ++letter) *letter = (char)tolower(*letter);   \
      result = real(folder, lower, facts, flags);                                                   \
    }                                                                                               \
    if (result == 0) coarsen_all(&facts->st_atim, &facts->st_mtim, &facts->st_ctim);                \
    return result;                                                                                  \
  }
STAT_AT(fstatat, stat)
STAT_AT(fstatat64, stat64)

#define STAT(name, type, parameter, argument)                                        \
  int name(parameter, struct type *facts) {                                          \
    static int (*real)(parameter, struct type *);                                    \
    if (!real) real = next(#name);                                                   \
    int result = real(argument, facts);                                              \
    if (result == 0) coarsen_all(&facts->st_atim, &facts->st_mtim, &facts->st_ctim); \
    return result;                                                                   \
  }
STAT(fstat, stat, int fd, fd)
STAT(fstat64, stat64, int fd, fd)
STAT(stat, stat, const char *path, path)
STAT(stat64, stat64, const char *path, path)
STAT(lstat, stat, const char *path, path)
STAT(lstat64, stat64, const char *path, path)

static time_t jumped(void) { return atomic_load(&counted) > 20 ? (time_t)clock_jump : 0; }

int clock_gettime(clockid_t clock, struct timespec *time) {
  int result = (int)syscall(SYS_clock_gettime, clock, time);
  if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += jumped();
  return result;
}

time_t time(time_t *into) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (into) *into = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(struct timeval *restrict into, void *restrict zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  into->tv_sec = now.tv_sec;
  into->tv_usec = now.tv_nsec / 1000;
  return 0;
}

// One list out of one look-up an address; its end frees node by node.
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **into) {
  static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  if (!real) real = next("getaddrinfo");
  if (!host_addresses || !host || (host[0] >= '0' && host[0] <= '9') || strchr(host, ':')) return real(host, service, hints, into);
  struct addrinfo any = hints ? *hints : (struct addrinfo){0}, **end = into;
  any.ai_family = AF_UNSPEC;
  char addresses[200];
  snprintf(addresses, sizeof addresses, "%s", host_addresses);
  *into = NULL;
  for (char *rest, *address = strtok_r(addresses, ",", &rest); address; address = strtok_r(NULL, ",", &rest)) {
    int failed = real(address, service, &any, end);
    if (failed) return failed;
    while (*end) end = &(*end)->ai_next;
  }
  return 0;
}
