#!/bin/bash
# image.sh FOLDER NAME OUT.tar [PLATFORM [WORD...]]: write a container image, without a registry, for `ctr image import`.
#
# One layer with what the folder holds; PLATFORM is OS/ARCHITECTURE, linux/amd64 if none is given; the words are the
# entry point; who runs it, NUMBER:NUMBER, is IMAGE_USER. The format is an OCI image layout in a tar file (OCI image specification 1.0).
set -eu
folder=$1 name=$2 out=$3 platform=${4:-linux/amd64}
shift $(($# < 4 ? $# : 4))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
blobs=$work/image/blobs/sha256
mkdir -p "$blobs"

# Puts stdin among the blobs; prints its digest and size.
add_blob() {
    local sum
    cat >"$work/blob"
    sum=$(sha256sum "$work/blob" | cut -d' ' -f1)
    mv "$work/blob" "$blobs/$sum"
    echo "$sum $(stat -c %s "$blobs/$sum")"
}

words=
for word; do
    words+=${words:+, }\"$word\"
done
read -r layer layer_size < <(tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$folder" -c . | add_blob)
read -r config config_size < <(add_blob <<END
{"architecture": "${platform#*/}", "os": "${platform%/*}", "config": {"User": "${IMAGE_USER-}", "Entrypoint": [$words]},
 "rootfs": {"type": "layers", "diff_ids": ["sha256:$layer"]}}
END
)
read -r manifest manifest_size < <(add_blob <<END
{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
 "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:$config", "size": $config_size},
 "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": "sha256:$layer", "size": $layer_size}]}
END
)
echo '{"imageLayoutVersion": "1.0.0"}' >"$work/image/oci-layout"
cat >"$work/image/index.json" <<END
{"schemaVersion": 2, "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json",
 "digest": "sha256:$manifest", "size": $manifest_size, "annotations": {"io.containerd.image.name": "$name"}}]}
END
tar -C "$work/image" -cf "$out" .
