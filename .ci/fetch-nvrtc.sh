#!/usr/bin/env bash
# fetch-nvrtc.sh FOLDER: NVRTC 12.4 and NVIDIA's libcuda, as Debian's non-free archive has them, unpacked into FOLDER; prints the folder that CONVOKE_NVRTC names.
# Nothing is installed and nothing of the machine's apt is changed: apt runs with lists, state and cache of its own. The mirror is the one that the
# machine is set up with, and what comes from it is checked with Debian's keyring. It is not free software: it is fetched, never committed.
# cuda.h, against which the emulated driver's signatures are held, comes with them where it can be had: its package is 934 MB, but its headers lie in the first
# megabyte, and as a cut file has no hash of the archive's, the header's own is pinned here.
# A second run finds the folder complete and does nothing; the folder appears whole or not at all.
set -euo pipefail

readonly suite=trixie keyring=/usr/share/keyrings/debian-archive-keyring.gpg
readonly packages=(libnvrtc12 libnvrtc-builtins12.4 libcuda1)
readonly header_hash=2121d5551f2869145b7362a30d94a42da4dac9cb478eeeb3685e18fade82e5bc
target=$(realpath -m "${1:?usage: fetch-nvrtc.sh FOLDER}")
readonly target libraries=usr/lib/x86_64-linux-gnu

fail() {
    printf 'fetch-nvrtc: %s\n' "$1" >&2
    exit 1
}

if [[ -e $target/complete ]]; then
    printf '%s\n' "$target/$libraries"
    exit
fi
[[ $(uname -sm) == "Linux x86_64" ]] || fail "there are packages for Linux on x86-64 only"
for tool in apt-get dpkg; do command -v "$tool" > /dev/null || fail "$tool is not here"; done
[[ -r $keyring ]] || fail "Debian's keyring is not here ($keyring)"

# Mirrors of the Debian archive that this machine uses. apt-get lists them once "apt-get update" has run; before that the files of sources are read.
mirrors() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2> /dev/null || true
    awk '$1 == "deb" { for (i = 2; i <= NF; i++) { if ($i ~ /^\[/) bracket = 1; if (!bracket) { print $i; break } if ($i ~ /\]$/) bracket = 0 } bracket = 0 }' \
        /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2> /dev/null || true
    awk 'tolower($1) == "uris:" { for (i = 2; i <= NF; i++) print $i }' /etc/apt/sources.list.d/*.sources 2> /dev/null || true
}

mkdir -p "$(dirname "$target")"
draft=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$draft"' EXIT
apt=$draft/apt
mkdir -p "$apt"/{lists/partial,cache/archives/partial,state} "$draft/root"
: > "$apt/state/status"
cat > "$apt/conf" << CONF
Dir::Etc::SourceList "$apt/sources.list"; Dir::Etc::SourceParts "/dev/null"; Dir::Etc::Preferences "/dev/null"; Dir::Etc::PreferencesParts "/dev/null";
Dir::State "$apt/state"; Dir::State::Lists "$apt/lists"; Dir::State::status "$apt/state/status"; Dir::Cache "$apt/cache";
Acquire::Languages "none"; Acquire::Retries "2"; APT::Architecture "amd64"; APT::Architectures { "amd64"; }; APT::Sandbox::User "$(id -un)";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false"; Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
CONF

found=""
while read -r mirror; do
    printf 'deb [signed-by=%s] %s %s non-free\n' "$keyring" "$mirror" "$suite" > "$apt/sources.list"
    # A source without this suite is another archive (security updates, a vendor's): the next one is tried.
    if APT_CONFIG=$apt/conf apt-get -qq -o APT::Update::Error-Mode=any update > "$apt/log" 2>&1; then
        found=$mirror
        break
    fi
done < <(mirrors | sed 's,/*$,/,' | awk '!seen[$0]++')
[[ -n $found ]] || fail "no apt source of this machine is a Debian archive that has $suite: $(mirrors | sort -u | tr '\n' ' ')$(tail -n 2 "$apt/log" 2> /dev/null || true)"

(cd "$apt" && APT_CONFIG=$apt/conf apt-get -qq download "${packages[@]}" >&2)
for package in "$apt"/*.deb; do dpkg -x "$package" "$draft/root"; done
for file in libnvrtc.so.12 libnvrtc-builtins.so.12.4 nvidia/current/libcuda.so.1; do
    [[ -e $draft/root/$libraries/$file ]] || fail "the packages do not hold $libraries/$file"
done
if url=$(cd "$apt" && APT_CONFIG=$apt/conf apt-get -qq download --print-uris nvidia-cuda-dev 2> /dev/null | cut -d"'" -f2) && [[ -n $url ]] && command -v curl ar > /dev/null \
    && curl -sSf -r 0-2000000 -o "$apt/headers" "$url" 2> /dev/null; then
    (ar p "$apt/headers" data.tar.xz 2> /dev/null || true) | (tar -C "$draft/root" -xJ --wildcards './usr/include/*' 2> /dev/null || true)
    if ! echo "$header_hash  $draft/root/usr/include/cuda.h" | sha256sum -c --quiet > /dev/null 2>&1; then
        printf 'fetch-nvrtc: cuda.h is not the one expected, and is left out\n' >&2
        rm -rf "$draft/root/usr/include"
    fi
fi
(cd "$apt" && printf '%s\n' *.deb) > "$draft/root/complete"
chmod 755 "$draft/root"

# Whoever was faster has the same.
rm -rf "$target.old"
if [[ -e $target && ! -e $target/complete ]]; then mv -T "$target" "$target.old" && rm -rf "$target.old"; fi
mv -nT "$draft/root" "$target" 2> /dev/null || true
[[ -e $target/complete ]] || fail "$target could not be put in place"
printf '%s\n' "$target/$libraries"
