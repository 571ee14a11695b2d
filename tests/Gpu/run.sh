#!/usr/bin/env bash
# run.sh [--list] [--quick] [--only PATTERN] [--out FILE] [--runner PROGRAM] [--device NUMBER] [--commit TEXT]
# Checks Convoke on this machine's GPU, looks for errors with compute-sanitizer where it is installed, times it, and writes all that into a markdown file
# (gpu-results.md where left out). It takes an NVIDIA driver and NVRTC, and neither .NET nor a CUDA toolkit. --list shows what there is and needs no GPU.
# --quick leaves out what is slow, and the timings. Exit codes: 0 all is well, 1 a check or the sanitizer found a fault, 2 usage, 3 no device.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=gpu-results.md runner="" list="" quick="" pick=()

usage() {
    sed -n '2,6s/^# //p' "${BASH_SOURCE[0]}"
    exit "$1"
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --list) list=1 ;;
        --quick) quick=1 ;;
        --help | -h) usage 0 ;;
        --only | --out | --runner | --device | --commit)
            [[ $# -ge 2 ]] || { echo "run.sh: $1 needs a value" >&2; usage 2 >&2; }
            case $1 in
                --out) out=$2 ;;
                --runner) runner=$2 ;;
                *) pick+=("$1" "$2") ;;
            esac
            shift
            ;;
        *)
            echo "run.sh: \"$1\" is no option" >&2
            usage 2 >&2
            ;;
    esac
    shift
done

# The published program beside this script, where publish.sh puts it, or what a build left.
find_runner() {
    local root="$here/../.." candidate
    for candidate in "$here/Convoke.Gpu" "$root/artifacts/gpu/Convoke.Gpu" "$here"/bin/Release/net10.0/Convoke.Gpu "$here"/bin/Debug/net10.0/Convoke.Gpu; do
        if [[ -x $candidate && -f $candidate ]]; then
            printf '%s' "$candidate"
            return
        fi
    done
}

runner=${runner:-$(find_runner)}
if [[ -z $runner ]]; then
    echo "run.sh: there is no runner beside this script; tests/Gpu/publish.sh makes one, --runner names one" >&2
    exit 2
fi

if [[ -n $list ]]; then exec "$runner" --list ${quick:+--quick} "${pick[@]}"; fi

# One check fills the device's memory. Of an emulated device that is memory of this machine; a real one does not look at the variable.
export CVK_EMU_MEMORY_MB=${CVK_EMU_MEMORY_MB:-256}
failed=0

echo "=== checks"
"$runner" --checks ${quick:+--quick} "${pick[@]}" --out "$out" || failed=$?
# Without a device, or with a wrong option, there is nothing to go on with.
if [[ $failed -gt 1 ]]; then exit "$failed"; fi

find_sanitizer() {
    command -v compute-sanitizer || ls -d "${CUDA_PATH:-/usr/local/cuda}"/bin/compute-sanitizer /usr/local/cuda*/bin/compute-sanitizer 2> /dev/null | head -n 1
}

sanitize() {
    local tool log=$1
    printf '\n## Sanitizer, quick checks\n\n| tool | result |\n| --- | --- |\n' >> "$out"
    for tool in memcheck racecheck initcheck; do
        echo "=== compute-sanitizer $tool"
        if "$sanitizer" --tool "$tool" --error-exitcode 9 "$runner" --quick "${pick[@]}" > "$log" 2>&1; then
            printf '| %s | ok: %s |\n' "$tool" "$(grep -o 'ERROR SUMMARY.*\|RACECHECK SUMMARY.*' "$log" | tail -n 1)" | tee -a "$out"
        else
            failed=1
            tail -n 40 "$log"
            cp "$log" "$out.$tool.log"
            printf '| %s | **failed**: %s |\n' "$tool" "$(grep -o 'ERROR SUMMARY.*\|RACECHECK SUMMARY.*' "$log" | tail -n 1)" | tee -a "$out"
        fi
    done
}

sanitizer=$(find_sanitizer || true)
if [[ -n $sanitizer ]]; then
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    sanitize "$log"
else
    printf '\n## Sanitizer\n\ncompute-sanitizer is not installed here: not run.\n' | tee -a "$out"
fi

if [[ -z $quick ]]; then
    echo "=== timings"
    "$runner" --timings "${pick[@]}" --out "$out" --append || failed=1
fi

echo "written: $out"
exit "$failed"
