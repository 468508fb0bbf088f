"""SciPy's fmin_l_bfgs_b on an objective evaluated by the parent process.

From stdin: n, maxiter (int64), then x0, lower and upper (float64 each). For every evaluation x goes to stdout and the
value and gradient come back; at the end a NaN in place of x[0], then f, iterations and evaluations, then x.
"""

import sys

import numpy as np
from scipy.optimize import fmin_l_bfgs_b

source, sink = sys.stdin.buffer, sys.stdout.buffer


def read(count, dtype=np.float64):
    return np.frombuffer(source.read(8 * count), dtype).copy()


def evaluate(x):
    sink.write(np.ascontiguousarray(x, np.float64).tobytes())
    sink.flush()
    answer = read(n + 1)
    return answer[0], answer[1:]


n, maxiter = (int(i) for i in read(2, np.int64))
x0, lower, upper = read(n), read(n), read(n)
x, f, info = fmin_l_bfgs_b(evaluate, x0, maxiter=maxiter, bounds=list(zip(lower, upper)))
end = np.full(n, np.nan)
sink.write(end.tobytes())
sink.write(np.array([f, info["nit"], info["funcalls"]], np.float64).tobytes())
sink.write(x.astype(np.float64).tobytes())
sink.flush()
