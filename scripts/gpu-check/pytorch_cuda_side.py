"""PyTorch's side of scripts/bench, on CUDA and without TF32: the same requests, the same tasks."""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
import pytorch_side  # noqa: E402

torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
torch.set_default_device("cuda")
pytorch_side.main()
