#!/bin/sh
# What a dry run says that five epochs of F1 and one of C1 and ResNet44 will take, beside what they then take.
#
#     scripts/estimate-check.sh DATA [--set trainLimit=5000 ...]
#
# More arguments go to both commands: fewer images, for a machine that is slow.
set -e
data=${1:?name the folder that has MNIST and CIFAR-10}
shift
here=$(dirname "$0")/..
out=$(mktemp -d)
trap 'rm -r "$out"' EXIT

for work in f1-sb:5 c1-sb:1 resnet44-cifar10-sb:1; do
  run() {
    node "$here/bin/smoothout.js" run "$here/configs/${work%:*}.yaml" --method baseline --seed 1 --set "epochs=${work#*:}" \
      --data "$data" --out "$out" --json "$@"
  }
  run "$@" --dry-run --force > "$out/estimate.json"
  run "$@" > "$out/run.jsonl"
  node -e '
    const lines = (name) => require("fs").readFileSync(`${process.argv[1]}/${name}`, "utf8").trim().split("\n").map(JSON.parse);
    const [{ cost }] = lines("estimate.json");
    const { experiment, seconds, imagesPerSecond } = lines("run.jsonl").at(-1);
    const error = (100 * (cost.seconds / seconds - 1)).toFixed(0);
    const told = `${cost.seconds.toFixed(1)} s, at ${cost.imagesPerSecond.toFixed(0)} images/s`;
    console.log(`${experiment}: estimated ${told}; took ${seconds.toFixed(1)} s, at ${imagesPerSecond.toFixed(0)} images/s: ${error}% off`);
  ' "$out"
done
