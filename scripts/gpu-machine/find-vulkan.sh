# For on-gpu.sh: the Vulkan loader and NVIDIA's manifest, by which the program opens the GPU. What does is kept in env.

has_library() { ldconfig -p 2>/dev/null | grep -q "$1"; }

find_vulkan() {
  local paths=() manifests=() file library joined opens=1
  # Unpacked beside the system, not into it: nothing of the machine is changed.
  if ! has_library libvulkan.so.1 || ! has_library libX11.so.6 || ! has_library libXext.so.6; then
    for file in "$HOME_"/debs/*.deb; do [ ! -e "$file" ] || dpkg-deb -x "$file" "$HOME_/system"; done
    paths+=("$HOME_/system/usr/lib/x86_64-linux-gnu")
  fi
  for file in /usr/local/nvidia/lib64 /usr/lib64/nvidia; do [ ! -d "$file" ] || paths+=("$file"); done
  joined=$(IFS=:; echo "${paths[*]-}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}")
  [ -z "${VK_DRIVER_FILES:-}" ] || manifests+=("$VK_DRIVER_FILES")
  for file in $(timeout 10 find /usr /etc /opt /var/lib -xdev -name '*nvidia*icd*.json' -path '*vulkan*' 2>/dev/null); do manifests+=("$file"); done
  # Without a manifest that works: one of our own for each library that has NVIDIA's driver.
  for library in libGLX_nvidia.so.0 libEGL_nvidia.so.0; do
    file=$(ldconfig -p | awk -v name="$library" '$1 == name { print $NF; exit }')
    [ -n "$file" ] || file=$(timeout 10 find /usr /opt /lib -xdev -name "$library" 2>/dev/null | head -n 1)
    [ -n "$file" ] || continue
    printf '{"file_format_version": "1.0.0", "ICD": {"library_path": "%s", "api_version": "1.3.0"}}\n' "$file" >"$HOME_/$library.json"
    manifests+=("$HOME_/$library.json")
  done
  : >"$HOME_/opens.txt"
  # The loader itself last: set but empty is not the same as not set.
  for file in ${manifests[@]+"${manifests[@]}"} ''; do
    if env -u VK_DRIVER_FILES LD_LIBRARY_PATH="$joined" ${file:+VK_DRIVER_FILES="$file"} timeout "$(within 40)" node "$APP/dist/kit/opens.js" >>"$HOME_/opens.txt" 2>&1; then
      say "WebGPU opens the GPU by ${file:-the loader itself}"
      opens=0
      break
    fi
  done
  { printf 'export LD_LIBRARY_PATH=%q\n' "$joined"; [ -z "$file" ] || printf 'export VK_DRIVER_FILES=%q\n' "$file"; } >"$HOME_/env"
  [ $opens = 0 ] || explain "$joined" "${manifests[0]-}"
  return $opens
}

# Why nothing opens: for whoever reads the log when the machine is gone.
explain() {
  local library
  cut -c1-300 "$HOME_/opens.txt" | tail -n 40
  ls -l /dev/nvidia* /dev/dri 2>&1
  for library in $(ldconfig -p | awk '/lib(GLX|EGL)_nvidia\.so\.0|libnvidia-(glcore|gpucomp|glvkspirv)/ { print $NF }'); do
    say "$library: $(LD_LIBRARY_PATH=$1 ldd "$library" 2>&1 | grep 'not found' | tr '\n' ' ')"
  done
  env LD_LIBRARY_PATH="$1" ${2:+VK_DRIVER_FILES="$2"} VK_LOADER_DEBUG=all timeout 20 node "$APP/dist/kit/opens.js" 2>&1 |
    grep -iE 'icd|driver|error|warn|dlopen' | cut -c1-240 | head -n 40
}
