// libgomp's entry points that a compiler calls; no header of GCC's declares them. They are types, not functions: the
// library is opened at run time, after its environment is set (it reads that once, when it is loaded).
#ifndef VAEC_GOMP_H
#define VAEC_GOMP_H
typedef void (*gomp_parallel_function)(void (*_Nonnull body)(void *_Nullable), void *_Nullable argument,
                                       unsigned threads, unsigned flags);
typedef void (*gomp_barrier_function)(void);
typedef int (*gomp_number_function)(void);
#endif
