"""PyTorch's side, as a process: answers the requests of protocol.ts, a line of JSON each, on stdin and stdout.

    python3 scripts/bench/pytorch_side.py [--threads N] [--channels-last] [--compile]
"""

import argparse
import json
import math
import re
import sys

import torch

import pytorch_work


def peak_resident_bytes():
    try:
        with open("/proc/self/status") as status:
            return 1024 * int(re.search(r"^VmHWM:\s+(\d+) kB$", status.read(), re.MULTILINE)[1])
    except OSError:
        return None


def answer(request, works, options):
    if request["do"] == "memory":
        return {"bytes": peak_resident_bytes()}
    if request["do"] == "prepare":
        works[request["name"]] = pytorch_work.prepare(request["task"], options.channels_last, options.compile)
        return {"seconds": 0}
    seconds, outcome = works[request["name"]](request["times"], request["untimed"])
    return {"seconds": seconds, "outcome": outcome if math.isfinite(outcome) else None}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int)
    parser.add_argument("--channels-last", action="store_true", help="images in the memory format channels_last")
    parser.add_argument("--compile", action="store_true", help="networks by torch.compile")
    options = parser.parse_args()
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    works = {}
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line), works, options)
        except Exception as error:
            reply = {"error": repr(error)}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
