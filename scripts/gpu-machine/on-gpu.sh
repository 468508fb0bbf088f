#!/usr/bin/env bash
# Runs on the GPU machine, from a folder that prepare.sh made:
#
#   bash .gpu/a/on-gpu.sh STAGE…
#
#   setup                          unpacks to KIT_HOME (/tmp/smoothout), finds the Vulkan driver, smoothout doctor
#   check                          gpu-check: agreement, then speed beside PyTorch; then the quickstart, trained
#   profile                        where a step's time goes (PROFILE_STEPS)
#   train CONFIG METHOD SECONDS    trainings side by side, names with commas between them; what is not finished is saved
#   pack                           the runs' files into $OUT once more: those that did not fit before come first
#
# A stage that fails does not stop the next. Environment: OUT (where files go that come back), LIMIT (seconds for all stages
# together, 560), CHECK_SECONDS, PROFILE_SECONDS, NETWORK_SECONDS, SEEDS (1), SET ("epochs=50 noise.a=0.01"), JOBS (6),
# DEVICE (webgpu), TINY=1 (a trial on a software driver).
set -u
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
HOME_=${KIT_HOME:-/tmp/smoothout}
OUT=${OUT:-$PWD/gpu-out}
LIMIT=${LIMIT:-560} TINY=${TINY:-} DEVICE=${DEVICE:-webgpu}
STARTED=$(date +%s)
mkdir -p "$OUT" "$HOME_"
exec > >(tee -a "$OUT/log.txt") 2>&1
LOGGER=$!

left() { echo $((LIMIT - $(date +%s) + STARTED)); }
# The smaller of what a stage may take and what is left for all of them.
within() { local most=$1 rest; rest=$(($(left) - ${2:-3})); ((rest < most)) && most=$rest; ((most < 1)) && most=1; echo "$most"; }
say() { printf '[%4d s] %s\n' $(($(date +%s) - STARTED)) "$*"; }

APP=$HOME_/app
RESULTS=$HOME_/results
export SMOOTHOUT_DATA=$HOME_/data TORCHINDUCTOR_CACHE_DIR=$HOME_/inductor PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
PATH=$HOME_/bin:$PATH
[ -f "$HOME_/env" ] && . "$HOME_/env"
smoothout() { node "$APP/bin/smoothout.js" "$@"; }

# Some images have no xz; Python reads and writes its files too.
unxz_() {
  if command -v xz >/dev/null; then xz -dc; else
    python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.stdin.buffer), sys.stdout.buffer, 1 << 20)'
  fi
}
xz_() {
  if command -v xz >/dev/null; then xz -1 -T0; else
    python3 -c 'import lzma, shutil, sys; out = lzma.open(sys.stdout.buffer, "w", preset=0); shutil.copyfileobj(sys.stdin.buffer, out, 1 << 20); out.close()'
  fi
}

setup() {
  nvidia-smi || say "no nvidia-smi"
  say "$(uname -m), $(nproc) threads, $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 2^20 }' /proc/meminfo)"
  (cd "$HERE" && sha256sum --quiet -c SUMS) || { say "what was carried did not arrive whole"; return 1; }
  mkdir -p "$HOME_"/{bin,pieces,data,results}
  local file archive jobs=()
  if [ -e "$HERE/node.xz" ]; then (unxz_ <"$HERE/node.xz" >"$HOME_/bin/node" && chmod +x "$HOME_/bin/node") & jobs+=($!); fi
  for file in "$HERE"/*.tar.xz; do
    [ -e "$file" ] || continue
    (unxz_ <"$file" | tar x --no-same-owner -C "$HOME_") & jobs+=($!)
  done
  for file in "$HERE"/*.xz.[0-9]*; do [ ! -e "$file" ] || cp "$file" "$HOME_/pieces/"; done
  for archive in $(sed 's/\.[0-9]*$//' "$HERE/PIECES" | sort -u); do
    [ "$(ls "$HOME_/pieces" | grep -c "^$archive\.")" = "$(grep -c "^$archive\." "$HERE/PIECES")" ] || { say "$archive is not whole yet"; continue; }
    (cat "$HOME_/pieces/$archive".* | unxz_ | tar x --no-same-owner -C "$HOME_" && rm "$HOME_/pieces/$archive".*) & jobs+=($!)
  done
  for file in ${jobs[@]+"${jobs[@]}"}; do wait "$file" || { say "unpacking failed"; return 1; }; done
  [ -x "$HOME_/bin/node" ] && [ -d "$APP" ] || { say "the program is not on this machine: run setup of the first set, then this one again"; return 1; }
  if [ ! -f "$HOME_/env" ]; then
    . "$HERE/find-vulkan.sh"
    find_vulkan || say "WebGPU opens no GPU here"
    . "$HOME_/env"
  fi
  smoothout doctor
}

check() {
  local status=0 small=() quick=()
  if [ -n "$TINY" ]; then
    small=(--small --steps 1 --no-speed --only c1)
    quick=(--set epochs=1 --set trainLimit=64 --set validationLimit=64 --set batchSize=16 --set 'hidden=[8,8]' --method baseline)
  fi
  timeout -k 5 "$(within "${CHECK_SECONDS:-300}" 60)" node "$APP/dist/kit/gpu-check.js" --device "$DEVICE" --json \
    --limit "${NETWORK_SECONDS:-60}" ${small[@]+"${small[@]}"} >"$OUT/check.jsonl" || status=1
  cat "$OUT/check.jsonl"
  say "a training from end to end, on generated digits"
  timeout --preserve-status -k 5 "$(within 60)" node "$APP/bin/smoothout.js" run "$APP/configs/quickstart.yaml" --device "$DEVICE" \
    --out "$HOME_/quickstart" ${quick[@]+"${quick[@]}"} 2>&1 | tail -n 12
  [ "${PIPESTATUS[0]}" = 0 ] || status=1
  return $status
}

profile() {
  local name status=0 small=() names='c1-sb c1-lb resnet44-sb' until
  until=$(($(date +%s) + $(within "${PROFILE_SECONDS:-90}")))
  [ -z "$TINY" ] || small=(--small --steps 1) names=c1
  for name in ${PROFILE_STEPS:-$names}; do
    (($(date +%s) < until)) || { say "no time to profile $name"; status=1; continue; }
    timeout -k 3 "$((until - $(date +%s) + 1))" node "$APP/dist/kit/profile.js" "$name" "$HOME_/traces" ${small[@]+"${small[@]}"} 2>"$HOME_/profile.err" |
      tee -a "$OUT/profile.txt"
    [ "${PIPESTATUS[0]}" = 0 ] || status=1
    cat "$HOME_/profile.err"
  done
  return $status
}

# Jobs that the host keeps waiting gain from running side by side. At the end of its time each saves and stops (status 75).
train() {
  local status seconds config configs=() methods=() sets=()
  seconds=$(within "$3" 45)
  for config in ${1//,/ }; do configs+=("$APP/configs/$config.yaml"); done
  for config in ${2//,/ }; do methods+=(--method "$config"); done
  for config in ${SET:-}; do sets+=(--set "$config"); done
  timeout --preserve-status -s TERM -k 60 "$seconds" node "$APP/bin/smoothout.js" run "${configs[@]}" "${methods[@]}" \
    --seed "${SEEDS:-1}" --jobs "${JOBS:-6}" --device "$DEVICE" --out "$RESULTS" ${sets[@]+"${sets[@]}"} 2>&1 | tail -n 40
  status=${PIPESTATUS[0]}
  pack
  [ "$status" = 0 ] || [ "$status" = 75 ]
}

# One archive, cut where a file may be no larger: cat runs.tar.xz.* makes it whole.
pack() {
  rm -f "$OUT"/runs.tar.xz.*
  node "$APP/scripts/gpu-machine/pack.mjs" "$RESULTS" 61 >"$HOME_/files.txt"
  tar c -C "$RESULTS" -T "$HOME_/files.txt" | xz_ | split -b 15000000 -d -a 1 - "$OUT/runs.tar.xz."
  say "packed: $(wc -l <"$HOME_/files.txt") files"
}

[ $# -gt 0 ] || { sed -n '2,17s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2; }
failed=()
while [ $# -gt 0 ]; do
  stage=$1 arguments=()
  shift
  case $stage in
    setup | check | profile | pack) ;;
    train) arguments=("${@:1:3}"); shift $(($# < 3 ? $# : 3)) ;;
    *) say "no stage $stage"; failed+=("$stage"); continue ;;
  esac
  [ "$(left)" -ge 8 ] || { say "$stage: no time left"; failed+=("$stage"); continue; }
  say "== $stage ${arguments[*]-}"
  "$stage" ${arguments[@]+"${arguments[@]}"} || { say "== $stage: FAILED"; failed+=("$stage"); }
done
say "${failed[*]:+failed: }${failed[*]:-all done}"
exec >&- 2>&-
wait "$LOGGER" 2>/dev/null
[ ${#failed[@]} = 0 ]
