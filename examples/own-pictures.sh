#!/bin/sh
# From a folder of pictures to a small file that a service answers with, and a class that comes later:
#   examples/own-pictures.sh [--quick] [PICTURES]
# PICTURES has a folder for each class, three or more; the last of them, by name, is the one that comes
# later. Without PICTURES, shapes are drawn. What is made lies in runs/own-pictures.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
work=${OWN_PICTURES_FOLDER:-runs/own-pictures}
quick=
[ "${1:-}" != --quick ] || { quick=--quick; shift; }
[ ! -e "$work" ] || { echo "$work is there already; remove it, or name another in OWN_PICTURES_FOLDER" >&2; exit 2; }
mkdir -p "$work"
begin=$(date +%s)
service=
trap '[ -z "$service" ] || kill "$service"' EXIT

title() { printf '\n== %s (after %s s)\n' "$*" "$(($(date +%s) - begin))"; }

# ---- What is needed: the command, and ONNX Runtime for the service ----
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
"$root/steelyard" --help >/dev/null # builds it where that is missing
if [ -d "$root/examples/lib" ]; then # of a distribution
  classpath="$root/examples/lib/*"
else
  if [ ! -d "$root/examples/target/lib" ]; then
    echo "building the examples (once) ..." >&2
    (cd "$root" && mvn -B -q -pl core,cli,examples package -Dmaven.test.skip -Dmaven.javadoc.skip \
      -Dmaven.source.skip -Dspotless.check.skip -Djacoco.skip >&2)
  fi
  classpath="$root/examples/target/classes:$root/examples/target/lib/*"
fi
examples=io.github.steelyard.examples

# ---- Pictures ----
pictures=${1:-}
if [ -z "$pictures" ]; then
  title "Drawing pictures"
  pictures=$work/pictures
  "$java" -cp "$classpath" $examples.DrawPictures "$pictures" "$([ -z "$quick" ] && echo 200 || echo 20)"
fi
pictures=$(cd "$pictures" && pwd)
from=$(cd "$work" && pwd)
"$root/steelyard" data show "$pictures"
# The classes as YAML, all but the last and the last.
classes=$(cd "$pictures" && for c in */; do printf '"%s"\n' "${c%/}"; done)
known=$(printf '%s\n' "$classes" | sed '$d' | paste -s -d , -)
later=$(printf '%s\n' "$classes" | tail -n 1)

# ---- A network that knows something: clothes, the data set that comes with Steelyard ----
title "Training a network on clothes, to begin with"
cat >"$work/clothes.yaml" <<RECIPE
model: {name: resnet8}
data: {name: fashion-mnist, batch_size: 64, train_samples: 6000, test_samples: 1000}
optimizer: {name: adamw, lr: 3e-3}
schedule: {name: cosine}
train: {epochs: 4}
export: {formats: [safetensors]}
quick: {data: {train_samples: 500, test_samples: 100}, train: {epochs: 1}}
RECIPE
"$root/steelyard" run "$work/clothes.yaml" --folder "$work/clothes" $quick

# ---- Fine-tune, and 4 bits ----
title "Fine-tuning on $known; then weights of 4 bits"
cat >"$work/life.yaml" <<RECIPE
model: {name: resnet8, weights: "$from/clothes/exports/model.safetensors"}
data: {name: image-folder, folder: "$pictures", batch_size: 32, augment: usual, input: {size: 28, crop_pct: 1}}
stages:
  - kind: train
    classes: [$known]
    optimizer: {name: adamw, lr: 3e-3}
    schedule: {name: cosine}
    train: {epochs: 20}
    quick: {train: {epochs: 1}}
  - kind: quantize
    loss: {teacher: full_precision}
    optimizer: {name: adamw, lr: 1e-3}
    schedule: {name: cosine}
    quantization: {weight_bits: 4, activation_bits: 8, method: lsq}
    train: {epochs: 4}
    quick: {train: {epochs: 1}}
RECIPE
"$root/steelyard" run "$work/life.yaml" --folder "$work/life" $quick

# ---- Export, serve, ask ----
ask() {
  "$root/steelyard" export "$1" --format onnx --with-preprocessing --output "$work/$2"
  title "Asking the service with $2 for ten pictures"
  rm -f "$work/service"
  "$java" -Xss4m -cp "$classpath" $examples.OnnxService "$work/$2" 0 >"$work/service" &
  service=$!
  until [ -s "$work/service" ]; do
    kill -0 "$service" || exit 1
    sleep 0.1
  done
  # Two files of each class in turn.
  (cd "$pictures" && for c in */; do ls "$c" | sed -n "1,2s|^|$c|p"; done) | head -n 10 >"$work/asked"
  sed "s|^|$pictures/|" "$work/asked" | tr "\n" "\0" |
    xargs -0 "$java" -cp "$classpath" $examples.Ask "$(cat "$work/service")"
  kill "$service"
  service=
}
title "Exporting"
ask "$work/life/2-quantize" four-bits.onnx

# ---- A class that comes later: one more stage of the same life ----
title "Adding the class $later"
cat >>"$work/life.yaml" <<RECIPE
  - kind: extend
    classes: [$later]
    incremental: {memory: {per_class: 160}} # the pictures of the others are at hand; of 60, half is forgotten
    optimizer: {name: adamw, lr: 2e-3}
    schedule: {name: cosine}
    train: {epochs: 15}
    quick: {train: {epochs: 1}}
RECIPE
"$root/steelyard" run "$work/life.yaml" --folder "$work/life" $quick --resume
title "Exporting again"
ask "$work/life/3-extend" with-the-new-class.onnx
title "Done: $work/life/report.html tells what happened to the network"
