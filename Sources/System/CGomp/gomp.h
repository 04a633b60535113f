// libgomp's entry points that a compiler calls; no header of GCC's declares them.
#ifndef VAEC_GOMP_H
#define VAEC_GOMP_H
void GOMP_parallel(void (*body)(void *), void *argument, unsigned threads, unsigned flags);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
int omp_get_max_threads(void);
#endif
