"""SciPy's fmin_l_bfgs_b over the problems of src/lbfgsb/testing/zoo.json.

    python3 scripts/lbfgsb-goldens.py            writes src/lbfgsb/goldens.json
    python3 scripts/lbfgsb-goldens.py --print    prints it instead

The functions repeat src/lbfgsb/testing/zoo.ts, operation by operation, in Python floats.
"""

import json
import math
import pathlib
import sys

import numpy as np
import scipy
from scipy.optimize import fmin_l_bfgs_b

SOURCE = pathlib.Path(__file__).resolve().parent.parent / "src" / "lbfgsb"


def rosenbrock(x):
    g = [0.0] * len(x)
    f = 0.0
    for i in range(len(x) - 1):
        a = x[i + 1] - x[i] * x[i]
        b = 1 - x[i]
        f += 100 * a * a + b * b
        g[i] += -400 * x[i] * a - 2 * b
        g[i + 1] += 200 * a
    return f, g


def turncoat(x):
    f, g = rosenbrock(x)
    return f, [-gi for gi in g] if f < 20 else g


def nocedal(x):
    n = len(x)
    a0 = x[0] - 1
    f = 0.25 * a0 * a0
    for i in range(1, n):
        t = x[i] - x[i - 1] * x[i - 1]
        f += t * t
    g = [0.0] * n
    t1 = x[1] - x[0] * x[0]
    g[0] = 2 * a0 - 16 * x[0] * t1
    for i in range(1, n - 1):
        t2 = t1
        t1 = x[i + 1] - x[i] * x[i]
        g[i] = 8 * t2 - 16 * x[i] * t1
    g[n - 1] = 8 * t1
    return 4 * f, g


def tridiagonal(x):
    n = len(x)
    f = 0.0
    g = [0.0] * n
    for i in range(n):
        b = 1 if i // 3 % 2 == 0 else -1
        t = 2.1 * x[i]
        if i > 0:
            t -= x[i - 1]
        if i + 1 < n:
            t -= x[i + 1]
        f += 0.5 * x[i] * t - b * x[i]
        g[i] = t - b
    return f, g


def ill_scaled(x):
    f = 0.0
    g = []
    for i, xi in enumerate(x):
        a = float(f"1e{i % 4}")
        d = xi - 0.5
        f += 0.5 * a * d * d
        g.append(a * d)
    return f, g


def beale(x):
    a, b = x
    t1 = 1.5 - a + a * b
    t2 = 2.25 - a + a * b * b
    t3 = 2.625 - a + a * b * b * b
    return t1 * t1 + t2 * t2 + t3 * t3, [
        2 * t1 * (b - 1) + 2 * t2 * (b * b - 1) + 2 * t3 * (b * b * b - 1),
        2 * t1 * a + 4 * t2 * a * b + 6 * t3 * a * b * b,
    ]


def himmelblau(x):
    a, b = x
    t1 = a * a + b - 11
    t2 = a + b * b - 7
    return t1 * t1 + t2 * t2, [4 * a * t1 + 2 * t2, 2 * t1 + 4 * b * t2]


def brown(x):
    a, b = x
    t1 = a - 1e6
    t2 = b - 2e-6
    t3 = a * b - 2
    return t1 * t1 + t2 * t2 + t3 * t3, [2 * t1 + 2 * t3 * b, 2 * t2 + 2 * t3 * a]


def powell(x):
    a, b, c, d = x
    t1 = a + 10 * b
    t2 = c - d
    t3 = b - 2 * c
    t4 = a - d
    return t1 * t1 + 5 * t2 * t2 + t3 * t3 * t3 * t3 + 10 * t4 * t4 * t4 * t4, [
        2 * t1 + 40 * t4 * t4 * t4,
        20 * t1 + 4 * t3 * t3 * t3,
        10 * t2 - 8 * t3 * t3 * t3,
        -10 * t2 - 40 * t4 * t4 * t4,
    ]


def wood(x):
    a, b, c, d = x
    t1 = b - a * a
    t2 = d - c * c
    u1, u2, u3, u4 = 1 - a, 1 - b, 1 - c, 1 - d
    f = 100 * t1 * t1 + u1 * u1 + 90 * t2 * t2 + u3 * u3 + 10.1 * (u2 * u2 + u4 * u4) + 19.8 * u2 * u4
    return f, [
        -400 * a * t1 - 2 * u1,
        200 * t1 - 20.2 * u2 - 19.8 * u4,
        -360 * c * t2 - 2 * u3,
        180 * t2 - 20.2 * u4 - 19.8 * u2,
    ]


def cosines(x):
    g = [0.0] * len(x)
    f = 0.0
    for i in range(len(x)):
        f += 0.1 * x[i] * x[i] - math.cos(3 * x[i] + i)
        g[i] += 0.2 * x[i] + 3 * math.sin(3 * x[i] + i)
        if i + 1 < len(x):
            f += 0.5 * x[i] * x[i + 1]
            g[i] += 0.5 * x[i + 1]
            g[i + 1] += 0.5 * x[i]
    return f, g


def valley_around(start, curvature, slope, quartic, value_sign, gradient_sign):
    def objective(x):
        f = 0.0
        g = []
        for i in range(len(x)):
            d = x[i] - start[i]
            gamma = (slope if i % 2 == 0 else -slope) * (1 + (i % 5) / 2)
            f += gamma * d + 0.5 * curvature * d * d + quartic * d * d * d * d
            g.append(gradient_sign * (gamma + curvature * d + 4 * quartic * d * d * d))
        return value_sign * f, g

    return objective


FUNCTIONS = {
    "rosenbrock": rosenbrock,
    "turncoat": turncoat,
    "nocedal": nocedal,
    "tridiagonal": tridiagonal,
    "illScaled": ill_scaled,
    "beale": beale,
    "himmelblau": himmelblau,
    "brown": brown,
    "powell": powell,
    "wood": wood,
    "cosines": cosines,
}
OPTIONS = {"memory": "m", "factr": "factr", "pgtol": "pgtol", "maxIterations": "maxiter", "maxEvaluations": "maxfun"}


def repeat(pattern, n):
    return [pattern[i % len(pattern)] for i in range(n)]


def solve(entry):
    n = entry.get("n") or len(entry["start"])
    if "start" in entry:
        start = [float(v) for v in repeat(entry["start"], n)]
    else:
        start = [(i * 7919) % 1000 / 500 - 1 for i in range(n)]
    lower = repeat(entry.get("lower", [None]), n)
    upper = repeat(entry.get("upper", [None]), n)
    if "box" in entry:
        radius = [entry["box"] * (abs(v) + 1) for v in start]
        lower = [v - r for v, r in zip(start, radius)]
        upper = [v + r for v, r in zip(start, radius)]
    kind = entry["function"]
    if kind in FUNCTIONS:
        function = FUNCTIONS[kind]
    else:
        quartic = -1e4 if kind == "quarticSharpness" else 0
        sign = 1 if kind == "wrongSign" else -1
        function = valley_around(start, entry["curvature"], entry["gradient"], quartic, -1, sign)

    def objective(x):
        f, g = function([float(v) for v in x])
        return f, np.array(g)

    options = {OPTIONS[key]: value for key, value in entry.get("options", {}).items()}
    x, f, info = fmin_l_bfgs_b(objective, np.array(start), bounds=list(zip(lower, upper)), **options)
    task = info["task"].decode() if isinstance(info["task"], bytes) else info["task"]
    at_lower = [i for i in range(n) if lower[i] is not None and x[i] == lower[i]]
    at_upper = [i for i in range(n) if upper[i] is not None and x[i] == upper[i]]
    return {
        "name": entry["name"],
        "x": [float(v) for v in x],
        "f": float(function([float(v) for v in x])[0]),
        "reportedF": float(f),
        "iterations": int(info["nit"]),
        "evaluations": int(info["funcalls"]),
        "task": task,
        "atLower": at_lower,
        "atUpper": at_upper,
    }


def main():
    entries = json.loads((SOURCE / "testing" / "zoo.json").read_text())
    lines = ",\n".join(json.dumps(solve(entry)) for entry in entries)
    text = f'{{\n"scipy": "{scipy.__version__}",\n"problems": [\n{lines}\n]\n}}\n'
    if "--print" in sys.argv:
        print(text)
    else:
        (SOURCE / "goldens.json").write_text(text)


main()
