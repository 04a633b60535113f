// The C interface of compiled models, ABI 2: what a model's own header declares for its entries.
#ifndef VAEC_MODEL_H
#define VAEC_MODEL_H
#include <stdint.h>

// How a model gets its threads. The caller implements it; a null executor means serial.
typedef struct vaec_executor {
  void *_Nullable context;
  // Calls body(argument, worker, workers) once on each of `workers` workers at the same time; returns when all have
  // returned.
  void (*_Nonnull run)(void *_Nullable context,
                       void (*_Nonnull body)(void *_Nullable argument, int32_t worker, int32_t workers),
                       void *_Nullable argument);
  // Called by all workers inside body; returns when all have called it.
  void (*_Nonnull barrier)(void *_Nullable context);
  // May be null. Called by each worker before (isEnd 0) and behind (isEnd 1) its share of each kernel's tasks; kernels are
  // numbered in each entry as NAME_kernels lists them.
  void (*_Nullable profile)(void *_Nullable context, int32_t worker, int32_t kernel, int32_t isEnd);
} vaec_executor;

// One call of an entry. The caller owns all memory; the manifest gives the sizes.
typedef struct vaec_call {
  float *_Nullable weights;  // weightsBytes, 64-byte aligned
  float *_Nullable state;    // stateBytes, 64-byte aligned; null where the entry does not train
  void *_Nullable arena;     // the entry's arena for the capacity, 64-byte aligned; its content does not matter
  int64_t count;             // images in this call, from 1 to the capacity
  const void *_Nullable const *_Nullable inputs;  // one pointer per argument, in the manifest's order
  void *_Nullable const *_Nullable outputs;       // one pointer per result, in the manifest's order
  const vaec_executor *_Nullable executor;
} vaec_call;

// An entry: 0 = done, 1 = count out of range.
typedef int32_t (*vaec_entry)(const vaec_call *_Nonnull call);
#endif
