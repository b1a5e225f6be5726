#!/bin/sh
# Writes models/samples/happy.wav and quiet.wav with Debian's flite, espeak-ng and sox.
# The speakers, flite's slt and espeak-ng's plain en-gb, are not among the voices of training/synthesis.py. Of their
# sentences, those were taken whose last word the model hears with some margin.
set -eu
out=$(cd "$(dirname "$0")/.." && pwd)/models/samples
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
mkdir -p "$out"

slt() { # slt <name> <text>
  flite -voice slt --setf duration_stretch=1.15 -t "$2" -o "$work/$1.wav"
}
british() { # british <name> <text> [option]...
  name=$1 text=$2
  shift 2
  espeak-ng -v en-gb "$@" -w "$work/$name.wav" "$text"
}
join() { # join <result> <name>...: 16 kHz mono, peaks at -6 dB, 0.5 s of silence before each and 0.7 s at the end
  result=$1
  shift
  files=
  for name in "$@"; do
    sox -D -R "$work/$name.wav" -r 16000 -c 1 -b 16 "$work/$name-padded.wav" gain -n -6 pad 0.5 0
    files="$files $work/$name-padded.wav"
  done
  # shellcheck disable=SC2086 # a list of paths without spaces
  sox -D $files -b 16 "$out/$result.wav" pad 0 0.7
}

slt greeting 'Good morning.'
slt first 'We are so happy.'
slt garden 'The garden is full of birds.'
british second 'happy' -s 175 -p 30
join happy greeting first garden second

slt puppy 'The puppy has a heavy copy.'
british apple 'Apple pie is a habit.'
slt happens 'What happens if it rains?'
join quiet puppy apple happens
