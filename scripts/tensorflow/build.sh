#!/usr/bin/env bash
# Builds the native part of TensorFlow's Node.js package from the sources in the package, for a current TensorFlow in place
# of the 2.9 that the package's install script downloads.
#
#     scripts/tensorflow/build.sh [PACKAGE [TENSORFLOW]]
#
# PACKAGE is the package's folder (default: node_modules/@tensorflow/tfjs-node), TENSORFLOW the folder `tensorflow` of an
# installation by pip, which has the library and its headers. Without it, tensorflow-cpu is fetched from PyPI and kept in
# ~/.cache/smoothout. The library stays where it is: what is built refers to that folder.
set -euo pipefail

version=2.21.0
package=${1:-node_modules/@tensorflow/tfjs-node}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/smoothout/tensorflow-cpu-$version
tensorflow=${2:-$cache/tensorflow}

fail() {
  echo "build.sh: $1" >&2
  exit 1
}

[ -f "$package/binding/tfjs_binding.cc" ] ||
  fail "$package: no such package. Try: npm install --ignore-scripts @tensorflow/tfjs-node@4.22.0"
for tool in g++ python3; do
  command -v "$tool" > /dev/null || fail "needs $tool"
done
node_headers=$(node -p 'require("path").join(process.execPath, "../../include/node")')
[ -f "$node_headers/node_api.h" ] || fail "$node_headers/node_api.h: no such file; Node.js's own archives have it"

if [ $# -lt 2 ] && [ ! -d "$cache" ]; then
  rm -rf "$cache.part"
  # The library is the same in the wheels for every Python: this one need not have a wheel.
  python3 -m pip install --quiet --no-deps --no-compile --only-binary=:all: --python-version 3.11 \
    --target "$cache.part" "tensorflow-cpu==$version"
  mv "$cache.part" "$cache"
fi
[ -f "$tensorflow/libtensorflow_cc.so.2" ] || fail "$tensorflow/libtensorflow_cc.so.2: no such file"
tensorflow=$(realpath "$tensorflow")

cd "$package"
binding=$(node -p 'require("@mapbox/node-pre-gyp").find(require("path").resolve("package.json"))')
mkdir -p "$(dirname "$binding")"
g++ -std=c++17 -O2 -shared -fPIC -DNAPI_VERSION=8 -I"$node_headers" -I"$tensorflow/include" -o "$binding" binding/*.cc \
  "$tensorflow/libtensorflow_cc.so.2" "$tensorflow/libtensorflow_framework.so.2" -Wl,-rpath,"$tensorflow"
TF_CPP_MIN_LOG_LEVEL=1 BINDING=$binding node -p '`TensorFlow ${require(process.env.BINDING).TF_Version} in ${process.cwd()}`'
