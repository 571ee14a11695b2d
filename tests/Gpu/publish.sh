#!/usr/bin/env bash
# publish.sh [FOLDER]: the runner of checks and timings as one native program that needs no .NET, with the commit that it was built from, in FOLDER
# (artifacts/gpu where left out). Copy the folder to a machine with a GPU and start run.sh there. It takes the .NET SDK and a C compiler (clang or gcc).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
target=$(realpath -m "${1:-$root/artifacts/gpu}")

command -v clang > /dev/null || command -v gcc > /dev/null || { echo "publish: there is no C compiler (clang or gcc)" >&2; exit 1; }
commit=$(git -C "$root" rev-parse HEAD 2> /dev/null || echo unknown)
if [[ $commit != unknown && -n $(git -C "$root" status --porcelain) ]]; then commit="$commit with changes"; fi

compiler=()
command -v clang > /dev/null || compiler=(-p:CppCompilerAndLinker=gcc)
rm -rf "$target"
dotnet publish "$root/tests/Gpu" -c Release -o "$target" -m:1 --tl:off -v:q -nologo "${compiler[@]}"
rm -f "$target"/*.dbg "$target"/*.pdb "$target"/*.xml
printf '%s\n' "$commit" > "$target/commit.txt"
cp "$root/tests/Gpu/run.sh" "$target/run.sh"
printf '%s: Convoke.Gpu (%d bytes), run.sh, commit %s\n' "$target" "$(wc -c < "$target/Convoke.Gpu")" "$commit"
