#!/usr/bin/env bash
# Puts what came back from the GPU machine into a checkout:
#
#   scripts/gpu-machine/bring-back.sh FOLDER [RESULTS]      FOLDER: what was under $OUT; RESULTS: results
#
# A run that is further along here than there is left alone.
set -euo pipefail
from=${1:?usage: bring-back.sh FOLDER [RESULTS]}
results=${2:-results}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat "$from"/runs.tar.xz.* | tar xJ -C "$scratch"
of() { node -p 'try { const r = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")); '"$2"' } catch { -1 }' "$1"; }
progress='2 * r.epochsDone + (r.status === "completed" ? 1 : 0)'
find "$scratch/runs" -name run.json -printf '%P\n' | sort | while read -r record; do
  run=$(dirname "$record")
  what=$(of "$scratch/runs/$record" '`${r.status}, ${r.epochsDone} of ${r.epochs} epochs, best ${r.bestAccuracy} %, on ${r.device}`')
  if [ "$(of "$results/runs/$record" "$progress")" -gt "$(of "$scratch/runs/$record" "$progress")" ]; then
    echo "$run: left alone, as it is further along here ($what there)"
    continue
  fi
  mkdir -p "$results/runs/$run"
  cp "$scratch/runs/$run"/* "$results/runs/$run/"
  echo "$run: $what"
done
