"""PyTorch's side of scripts/bench, on CUDA: the same requests, the same tasks.

    pytorch_cuda_side.py [--tf32] [--fed] [--compile]

Without TF32 unless it is allowed. The images are on the GPU; with --fed they come from the host at each step, as ours do.
"""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
import pytorch_side  # noqa: E402
import pytorch_work  # noqa: E402


def given(flag):
    if flag not in sys.argv:
        return False
    sys.argv.remove(flag)
    return True


torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = given("--tf32")
torch.set_default_device("cuda")
if given("--fed"):
    on_the_gpu = pytorch_work.batch
    pytorch_work.batch = lambda *args: tuple(part.cpu() for part in on_the_gpu(*args))
pytorch_side.main()
