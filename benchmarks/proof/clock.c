/* A wall clock that can be set: CLOCK_REALTIME is off by the seconds (a double) at the beginning of a file, whose name
 * stands in PROOF_CLOCK. Other clocks are left alone. Preloaded into a hub; the file is shared memory, so that a time
 * costs no more than before. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile double *offset;
static int (*real)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void) {
    real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int file = getenv("PROOF_CLOCK") ? open(getenv("PROOF_CLOCK"), O_RDONLY) : -1;
    if (file >= 0) {
        void *at = mmap(NULL, sizeof(double), PROT_READ, MAP_SHARED, file, 0);
        offset = at == MAP_FAILED ? NULL : at;
        close(file);
    }
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    if (!real) begin();
    int result = real(clock, now);
    if (result == 0 && offset && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += (time_t)*offset;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec then;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &then)) return -1;
    now->tv_sec = then.tv_sec;
    now->tv_usec = then.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *into) {
    struct timespec then;
    clock_gettime(CLOCK_REALTIME, &then);
    if (into) *into = then.tv_sec;
    return then.tv_sec;
}
