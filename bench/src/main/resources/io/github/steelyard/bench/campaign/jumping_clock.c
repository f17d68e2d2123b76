/* A clock that jumps: preloaded before libc, it moves the time of day by up to ten years, forwards
 * and backwards, every twentieth of a second. STEELYARD_CLOCK_SEED decides the jumps. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long jump(const struct timespec *now) {
  const char *seed = getenv("STEELYARD_CLOCK_SEED");
  unsigned long long x = (seed ? strtoull(seed, 0, 10) : 1) * 0x9E3779B97F4A7C15ULL;
  x ^= (unsigned long long)now->tv_sec * 20 + now->tv_nsec / 50000000;
  x *= 0xBF58476D1CE4E5B9ULL;
  x ^= x >> 31;
  return (long)(x % 630720000ULL) - 315360000L;
}

int clock_gettime(clockid_t which, struct timespec *time) {
  long code = syscall(SYS_clock_gettime, which, time);
  if (code == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) {
    time->tv_sec += jump(time);
  }
  return (int)code;
}

int gettimeofday(struct timeval *time, void *zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *where) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (where) {
    *where = now.tv_sec;
  }
  return now.tv_sec;
}
