/*
 * Lets OpenBLAS 0.3.31 (built with pthreads) compute in libgomp's team of threads. The bytes of this
 * program stand in OpenBlasTeam.java, which says why; they are made, for x86-64 Linux, by
 *
 *   gcc -Os -fPIC -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables \
 *       -fcf-protection=none -fno-toplevel-reorder -c openblas_team.c
 *   objcopy -O binary -j .text openblas_team.o openblas_team.bin
 *
 * (gcc 12.2). The functions it calls, and a mutex, lie in the page after it.
 */
typedef long BLASLONG;

typedef struct {
  void *a, *b, *c, *d, *alpha, *beta;
  BLASLONG m, n, k, lda, ldb, ldc, ldd;
  void *common;
  BLASLONG nthreads;
} blas_arg;

typedef struct {
  int (*routine)(blas_arg *, BLASLONG *, BLASLONG *, void *, void *, BLASLONG);
  BLASLONG position, assigned;
  blas_arg *args;
  BLASLONG *range_m, *range_n;
  void *sa, *sb;
  char unused[0xa0 - 0x40];
  int mode, status;
} blas_queue;

/* So few that the packed operand of any product fits into one work area. */
enum { PTHREAD_MODE = 0x4000, FEW_COLUMNS = 1024 };

typedef void (*do_job)(int, void *, int);

typedef struct {
  void (*GOMP_parallel)(void (*)(void *), void *, unsigned, unsigned);
  int (*omp_get_thread_num)(void);
  int (*omp_get_num_threads)(void);
  int (*omp_in_parallel)(void);
  int (*pthread_mutex_lock)(void *);
  int (*pthread_mutex_trylock)(void *);
  int (*pthread_mutex_unlock)(void *);
  char mutex[40];
} outside;

typedef struct {
  do_job job;
  int jobs;
  blas_queue *queue;
} work;

static void member(void *data);

/* First, so that the address of the code is the address of the callback. */
__attribute__((used)) static void callback(
    int sync, do_job job, int jobs, unsigned long size, blas_queue *queue, int argument) {
  outside *call;
  __asm__("lea callback+4096(%%rip), %0" : "=r"(call));
  BLASLONG *rows = queue->range_m;
  blas_arg *args = queue->args;
  int shared = !(queue->mode & PTHREAD_MODE) && args->common;
  /*
   * A matrix product: its jobs form a grid, and those of one column wait for parts of one another.
   * With one row in the grid each job stands alone, and they may as well run one after the other.
   */
  if (shared && jobs > 1 && rows && rows == queue[1].range_m && queue->range_n == queue[1].range_n
      && args->nthreads == jobs && rows[-1] >= 1 && rows[-1] <= jobs) {
    rows[1] = rows[rows[-1]];
    rows[-1] = 1;
    int inside = call->omp_in_parallel();
    if (inside || call->pthread_mutex_trylock(call->mutex)) {
      BLASLONG *columns = queue->range_n;
      /* As one job, but not where chance decides: the last bits depend on where columns end. */
      if (inside && columns[jobs] - columns[0] <= FEW_COLUMNS) {
        columns[1] = columns[jobs];
        jobs = 1;
      }
      for (int i = 0; i < jobs; i++) {
        queue->routine(args, rows, columns, queue->sa, queue->sb, i);
      }
      return;
    }
  } else {
    call->pthread_mutex_lock(call->mutex);
  }
  work all = {job, jobs, queue};
  if (!shared && call->omp_in_parallel()) {
    for (int i = 0; i < jobs; i++) {
      job(i, queue + i, 0);
    }
  } else {
    call->GOMP_parallel(member, &all, jobs, 0);
  }
  call->pthread_mutex_unlock(call->mutex);
}

static void member(void *data) {
  outside *call;
  __asm__("lea callback+4096(%%rip), %0" : "=r"(call));
  work *all = data;
  int threads = call->omp_get_num_threads();
  for (int i = call->omp_get_thread_num(); i < all->jobs; i += threads) {
    all->job(i, all->queue + i, 0);
  }
}
