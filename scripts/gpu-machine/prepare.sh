#!/usr/bin/env bash
# Makes .gpu/a (and .gpu/b, …) in a checkout: all that a GPU machine needs that has no Node.js and no network.
#
#   scripts/gpu-machine/prepare.sh [--data FOLDER…] [--runs FOLDER…]
#
# after `npm ci && npm run build`. --data: folders of official data (datasets/mnist); --runs: folders of runs
# (results/runs/c1-lb/baseline/seed-1) that are to go on there. In the environment: CAPACITY, bytes that a set may have (58 MiB);
# LEVEL of xz (9); INTO, the folder of the sets (.gpu).
set -euo pipefail
KIT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$KIT/../.."
CAPACITY=${CAPACITY:-$((58 * 1024 * 1024))}
data=() runs=()
while [ $# -gt 0 ]; do
  case $1 in
    --data | --runs)
      declare -n list=${1#--}
      shift
      while [ $# -gt 0 ] && [ "${1#--}" = "$1" ]; do list+=("$(realpath "$1")"); shift; done
      ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
  esac
done
fail() { echo "prepare: $*" >&2; exit 1; }

[ "$(uname -s) $(uname -m)" = 'Linux x86_64' ] || fail 'needs Linux on x86-64, as the GPU machine has it'
ESBUILD=node_modules/.bin/esbuild
ORT=node_modules/onnxruntime-node/bin/napi-v6/linux/x64
[ -x "$ESBUILD" ] && [ -f "$ORT/libonnxruntime.so.1" ] && [ -f dist/cli/main.js ] || fail 'run npm ci && npm run build first'
INTO=$(realpath -m "${INTO:-.gpu}")
WORK=$INTO/work
ITEMS=$WORK/items
CACHE=$INTO/cache
rm -rf "$WORK" "$INTO"/[a-z]
mkdir -p "$WORK/app/dist/kit" "$ITEMS" "$CACHE"

squeezed() { xz --x86 --lzma2=preset="${LEVEL:-9}",dict=128MiB -T2 -c; }
# NAME INPUT COMMAND…: what takes a minute to compress is kept as long as it is made from the same file.
cached() {
  local name=$1 file
  file=$CACHE/$( (sha256sum "$2"; declare -f "$3"; echo "${LEVEL:-9}") | sha256sum | cut -c1-16)-$name
  [ -f "$file" ] || { rm -f "$CACHE"/*-"$name"; "${@:3}" >"$file.new"; mv "$file.new" "$file"; }
  cp "$file" "$ITEMS/$name"
}

NODE=$(readlink -f "$(command -v node)")
slim_node() {
  strip --strip-unneeded -o "$WORK/stripped" "$NODE" 2>/dev/null || cp "$NODE" "$WORK/stripped"
  node "$KIT/slim-node.mjs" "$WORK/stripped" "$WORK/node"
  local test='if ([1, 2].toLocaleString("en") !== "1,2" || "é".normalize("NFD").length !== 2) throw 1; new Date().toLocaleString()'
  "$WORK/node" -e "$test" 2>/dev/null || cp "$WORK/stripped" "$WORK/node"
  squeezed <"$WORK/node"
}
cached node.xz "$NODE" slim_node
runtime() { tar c --owner=0 --group=0 --transform 's,^,app/,' "$ORT/libonnxruntime.so.1" | squeezed; }
cached ort.tar.xz "$ORT/libonnxruntime.so.1" runtime

# Three folders below the package, as the built code is: PACKAGE_FOLDER is found from import.meta.url.
app=$WORK/app
"$ESBUILD" src/cli/main.ts src/jobs/worker.ts scripts/gpu-check/{gpu-check,one}.ts "$KIT"/{opens,profile}.ts \
  --bundle --splitting --format=esm --platform=node --target=node20 --outdir="$app/dist/kit" --entry-names='[name]' \
  --chunk-names='chunk-[hash]' --external:onnxruntime-node --external:sharp --external:vega --external:vega-lite \
  --external:@tensorflow/tfjs-node --external:@tensorflow/tfjs-node-gpu --log-level=warning \
  --banner:js='import { createRequire as requireHere } from "node:module"; const require = requireHere(import.meta.url);'
mkdir -p "$app"/{bin,datasets,scripts/gpu-machine,node_modules/@tensorflow/tfjs,"$ORT",node_modules/onnxruntime-node/dist,node_modules/onnxruntime-common}
sed 's,\.\./dist/cli/main\.js,../dist/kit/main.js,' bin/smoothout.js >"$app/bin/smoothout.js"
cp -r configs package.json "$app/"
[ ! -f dist/commit.txt ] || cp dist/commit.txt "$app/dist/"
cp datasets/catalogue.yaml "$app/datasets/"
cp --parents scripts/bench/*.py scripts/pytorch/models.py scripts/gpu-check/*.py scripts/gpu-machine/pack.mjs "$app/"
# Only its version is asked for: its code is in the bundle.
cp node_modules/@tensorflow/tfjs/package.json "$app/node_modules/@tensorflow/tfjs/"
cp node_modules/onnxruntime-node/package.json "$app/node_modules/onnxruntime-node/"
cp node_modules/onnxruntime-node/dist/*.js "$app/node_modules/onnxruntime-node/dist/"
cp "$ORT/onnxruntime_binding.node" "$app/$ORT/"
cp -rL node_modules/onnxruntime-common/{package.json,dist} "$app/node_modules/onnxruntime-common/"
tar c --owner=0 --group=0 -C "$WORK" app | squeezed >"$ITEMS/app.tar.xz"

# The Vulkan loader, and what NVIDIA's driver links to even where there is no display.
DEBS='libvulkan1 libegl1 libglvnd0 libgl1 libglx0 libx11-6 libxext6 libxcb1 libxau6 libxdmcp6 libbsd0 libmd0'
if [ ! -f "$CACHE"/debs.tar.xz ] && command -v apt-get >/dev/null; then
  mkdir -p "$WORK/debs"
  (cd "$WORK/debs" && { apt-get -qq download $DEBS 2>/dev/null || { apt-get -qq update >/dev/null && apt-get -qq download $DEBS; }; }) &&
    tar c --owner=0 --group=0 -C "$WORK" debs | xz -1 >"$CACHE"/debs.tar.xz
fi
[ ! -f "$CACHE"/debs.tar.xz ] || cp "$CACHE"/debs.tar.xz "$ITEMS/"

# Data and runs in pieces, of which any set can take some.
for folder in ${data[@]+"${data[@]}"}; do
  name=data-$(basename "$folder")
  tar c --owner=0 --group=0 -C "$(dirname "$folder")" --transform 's,^,data/,' "$(basename "$folder")" |
    xz "-${LEVEL:-9}" -T2 | split -b 8M -d -a 3 - "$ITEMS/$name.tar.xz."
done
number=0
for run in ${runs[@]+"${runs[@]}"}; do
  [ -f "$run/run.json" ] || fail "$run: no run.json"
  number=$((number + 1))
  (cd "${run%/runs/*}" && tar c --owner=0 --group=0 --transform 's,^,results/,' "runs/${run##*/runs/}") | xz -6 | split -b 8M -d -a 3 - "$ITEMS/run-$number.tar.xz."
done

(cd "$ITEMS" && ls | grep -E '\.xz\.[0-9]+$' || true) >"$WORK/PIECES"

# The program first, in one set; the pieces where there is room.
letters=(a b c d e f g h)
set_=0 used=0
mkdir -p "$INTO/a"
for file in "$ITEMS"/{node.xz,ort.tar.xz,app.tar.xz} $(find "$ITEMS" -name 'debs.tar.xz' -o -name '*.tar.xz.*' | sort); do
  bytes=$(stat -c %s "$file")
  if [ $((used + bytes)) -gt "$CAPACITY" ]; then set_=$((set_ + 1)) used=0; mkdir -p "$INTO/${letters[set_]}"; fi
  mv "$file" "$INTO/${letters[set_]}/"
  used=$((used + bytes))
done
for folder in "$INTO"/[a-z]; do
  cp "$KIT"/on-gpu.sh "$KIT"/find-vulkan.sh "$WORK/PIECES" "$folder/"
  (cd "$folder" && find . -type f ! -name SUMS -printf '%P\n' | sort | xargs sha256sum >SUMS)
  du -sh --apparent-size "$folder"
done
rm -rf "$WORK"
