"""A yardstick model's reconstruction in ONNX Runtime or OpenVINO: prints seconds of a call.

Usage: runtimes.py MODEL onnxruntime|openvino [--threads N] [--batch N] [--seconds S]
"""

import argparse
import os
import tempfile

import numpy
import torch

from pytorch import Heads, Reconstruction
from timing import seconds_of
from yardsticks import YARDSTICKS


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model", choices=YARDSTICKS)
    parser.add_argument("runtime", choices=["onnxruntime", "openvino"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3)
    options = parser.parse_args()
    torch.manual_seed(1)
    model = YARDSTICKS[options.model]
    network = Reconstruction(Heads(model)).eval()
    x = torch.rand(options.batch, *model.image)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        torch.onnx.export(network, (x,), path, dynamo=False, input_names=["x"], output_names=["y"])
        images = numpy.ascontiguousarray(x.numpy())
        if options.runtime == "onnxruntime":
            import onnxruntime

            settings = onnxruntime.SessionOptions()
            settings.intra_op_num_threads = options.threads
            session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
            call = lambda: session.run(["y"], {"x": images})
        else:
            import openvino

            core = openvino.Core()
            compiled = core.compile_model(
                path, "CPU", {"INFERENCE_NUM_THREADS": options.threads, "PERFORMANCE_HINT": "LATENCY"})
            request = compiled.create_infer_request()
            call = lambda: request.infer({"x": images}, share_inputs=True, share_outputs=True)
        call()
        print(f"{seconds_of(call, options.seconds):.9f}")


if __name__ == "__main__":
    main()
