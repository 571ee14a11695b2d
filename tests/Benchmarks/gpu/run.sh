#!/usr/bin/env bash
# run.sh [--quick] [--runner PROGRAM] [--out FILE]
# On a machine with an NVIDIA GPU: measures what the device can do (micro.cu), checks Convoke on it, and races whole training epochs of programs A, B and C against
# PyTorch and JAX, in one run, into a markdown file (gpu.md where left out). It takes the runner that tests/Gpu/publish.sh made, python3 with torch and jax (a
# contender that cannot start is a line of the table), and nvcc for the micro-measurements (left out where it is missing). Well under eight minutes; --quick races batch
# 128 only, without torch.compile.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=gpu.md runner="$here/../../../artifacts/gpu/Convoke.Gpu" quick=""
while [[ $# -gt 0 ]]; do
    case $1 in
        --quick) quick=1 ;;
        --runner) runner=$2; shift ;;
        --out) out=$2; shift ;;
        *) sed -n '2,7s/^# //p' "${BASH_SOURCE[0]}"; exit 2 ;;
    esac
    shift
done
[[ -x $runner ]] || { echo "run.sh: there is no runner at $runner; tests/Gpu/publish.sh makes one" >&2; exit 2; }

failed=0
"$runner" --checks --out "$out" || failed=$?
if [[ $failed -gt 1 ]]; then exit "$failed"; fi

printf '\n## The device, measured\n\n```\n' >> "$out"
if command -v nvcc > /dev/null; then
    micro=$(mktemp)
    trap 'rm -f "$micro"' EXIT
    nvcc -O3 -arch=sm_90 -o "$micro" "$here/micro.cu" 2> /dev/null && "$micro" | tee -a "$out"
else
    echo "nvcc is not installed here: not measured" | tee -a "$out"
fi
printf '```\n\n' >> "$out"

if [[ -n $quick ]]; then
    python3 "$here/race.py" --runner "$runner" --markdown "$out" A:128 B:128 C:128
else
    python3 "$here/race.py" --runner "$runner" --markdown "$out" \
        --torch eager-fp32,eager-tf32,eager-bf16,graph-fp32,graph-tf32,graph-bf16,compile-graph-tf32,compile-graph-bf16,reduce-overhead-bf16 A:128 B:128 C:128
    python3 "$here/race.py" --runner "$runner" --markdown "$out" --torch eager-tf32,eager-bf16,graph-tf32,graph-bf16,compile-graph-bf16 A:4096 B:4096 C:4096
fi
"$runner" --timings --out "$out" --append || failed=1
echo "written: $out"
exit "$failed"
