#!/usr/bin/env bash
# bench/search/kurobako.sh OUT.json SOLVER…: sigopt's functions (auc), 80 trials, REPEATS (10) repeats; solvers are optuna-tpe, rustuna, caviar-auto, …
# Needs kurobako 0.2.10 (cargo install kurobako) and, in PYTHON, optuna and rustuna.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1
shift
solvers=()
for name in "$@"; do
  case $name in
    caviar-*) solvers+=("$(kurobako solver --name "$name" command "${CAVIAR_SOLVER:-$here/../../target/release/examples/search_solver}" kurobako "${name#caviar-}")") ;;
    *) solvers+=("$(kurobako solver --name "$name" command "${PYTHON:-python3}" "$here/kurobako_peer.py" "$name")") ;;
  esac
done
mapfile -t problems < <(kurobako problem-suite sigopt auc)
kurobako studies --budget 80 --repeats "${REPEATS:-10}" --seed 0 --solvers "${solvers[@]}" --problems "${problems[@]}" |
  kurobako run --parallelism "${JOBS:-1}" --quiet >"$out"
