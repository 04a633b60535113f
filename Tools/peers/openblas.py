"""Times of OpenBLAS for the products of the yardstick models' dense layers, on one thread.

    python3 Tools/peers/openblas.py

Twice: block by block, as vaec has the numbers (16 images in the lanes: a product of 16 columns for each block), and all
images at once, as a library would be given them by a caller who has laid them out for it.
"""

import ctypes
import os
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"
BLOCK = 16
LAYERS = [  # model, images, inputs, outputs
    ("m1", 128, 3136, 100), ("m1", 128, 100, 3136), ("m2", 32, 784, 512), ("m2", 32, 512, 784),
    ("m4", 128, 2048, 1024), ("m4", 128, 1024, 400), ("m4", 128, 200, 1024), ("m4", 128, 1024, 2048),
]


def numbers(count):
    return (ctypes.c_float * count)(*([0.5] * count))


def median_time(run):
    times = []
    end = time.perf_counter() + 0.5
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2]


def main():
    library = ctypes.CDLL("libopenblas.so.0")
    gemm = library.cblas_sgemm
    f32, i32 = ctypes.c_float, ctypes.c_int
    gemm.argtypes = [i32] * 6 + [f32, ctypes.c_void_p, i32, ctypes.c_void_p, i32, f32, ctypes.c_void_p, i32]
    gemm.restype = None
    print("model  images  inputs  outputs  blocks of 16, GFLOP/s  all at once, GFLOP/s")
    for model, images, inputs, outputs in LAYERS:
        w, x, y = numbers(outputs * inputs), numbers(inputs * images), numbers(outputs * images)

        # Row major, neither side transposed: y = w x, columns are images.
        def product(columns, offset):
            gemm(
                101, 111, 111, outputs, columns, inputs, 1.0, ctypes.addressof(w), inputs,
                ctypes.addressof(x) + 4 * offset * inputs, columns, 0.0,
                ctypes.addressof(y) + 4 * offset * outputs, columns)

        def blocks():
            for first in range(0, images, BLOCK):
                product(BLOCK, first)

        work = 2e-9 * images * inputs * outputs
        rates = [work / median_time(blocks), work / median_time(lambda: product(images, 0))]
        print(f"{model:5}  {images:6}  {inputs:6}  {outputs:7}  {rates[0]:21.0f}  {rates[1]:20.0f}")


main()
