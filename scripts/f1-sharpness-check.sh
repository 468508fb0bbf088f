#!/bin/sh
# F1 on real MNIST at small and large batch for 25 epochs, and its sharpness in every convention: with batch statistics
# below 3 at batch 256 and above 20 at batch 6000, and about 0 at batch 256 with the reference's gradient.
#
#     scripts/f1-sharpness-check.sh DATA [OUT]
#
# Trains 2 × 25 epochs and measures on the first 10,000 training images; then SciPy measures the same.
set -e
data=${1:?name the folder that has MNIST}
out=${2:-results}
here=$(dirname "$0")/..
smoothout="node $here/bin/smoothout.js"

$smoothout run "$here/configs/f1-sb.yaml" "$here/configs/f1-lb.yaml" --method baseline --seed 1 \
  --set epochs=25 --data "$data" --out "$out"
sb=$out/runs/f1-sb/baseline/seed-1/best.safetensors
lb=$out/runs/f1-lb/baseline/seed-1/best.safetensors
$smoothout sharpness --ckpt "$sb" "$lb" --all-conventions --images 10000 --data "$data" --force --json > "$out/f1-sharpness.jsonl"

node -e '
  const rows = require("fs").readFileSync(process.argv[1], "utf8").trim().split("\n").map((line) => JSON.parse(line));
  const value = (experiment, convention) =>
    rows.find((row) => row.run.experiment === experiment && row.convention === convention).value;
  const checks = [
    ["batch 256, batch statistics", value("f1-sb", "keskar"), (v) => v < 3, "below 3"],
    ["batch 6000, batch statistics", value("f1-lb", "keskar"), (v) => v > 20, "above 20"],
    ["batch 256, reference", value("f1-sb", "reference"), (v) => Math.abs(v) < 1e-3, "0, or below 0.001"],
  ];
  for (const [name, v, holds, expected] of checks) {
    console.log(`${holds(v) ? "ok  " : "FAIL"} ${name}: ${v.toFixed(4)}, expected ${expected}`);
    if (!holds(v)) process.exitCode = 1;
  }
  for (const { run, convention, value, loss } of rows)
    console.log(`     ${run.experiment} ${convention}: ${value.toFixed(4)} (loss ${loss.toPrecision(3)})`);
' "$out/f1-sharpness.jsonl"

cd "$here"
npx tsx scripts/sharpness-by-scipy.ts "$lb" --data "$data"
