"""Archives of corpora, tiny and made on the spot, brought into the layout that training reads."""

from __future__ import annotations

import contextlib
import io
import tarfile
import tempfile
import unittest
import zipfile
from pathlib import Path

import numpy as np
import soundfile

from . import corpora, corpus

TONE = 500  # Hz


def tone(rate: int, seconds: float = 0.5, channels: int = 1, kind: str = "WAV") -> bytes:
    """A sound file of a tone at a quarter of full scale."""
    wave = 0.25 * np.sin(2 * np.pi * TONE * np.arange(int(rate * seconds)) / rate)
    file = io.BytesIO()
    soundfile.write(file, np.tile(wave[:, None], (1, channels)), rate, format=kind, subtype="PCM_16")
    return file.getvalue()


class CorporaTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.audio = self.folder / "audio"

    def archive(self, name: str, files: dict[str, bytes]) -> Path:
        """An archive of the kind that its name's ending tells."""
        path = self.folder / name
        if path.suffix == ".zip":
            with zipfile.ZipFile(path, "w") as archive:
                for member, data in files.items():
                    archive.writestr(member, data)
        else:
            with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
                for member, data in files.items():
                    info = tarfile.TarInfo(member)
                    info.size = len(data)
                    archive.addfile(info, io.BytesIO(data))
        return path

    def bring(self, path: Path, **options) -> tuple[int, str]:
        """How many files are new, and what is told."""
        told = io.StringIO()
        with contextlib.redirect_stderr(told):
            return corpora.bring(path, self.audio, **options), told.getvalue()

    def there(self) -> list[str]:
        """Files of the layout."""
        return sorted(str(path.relative_to(self.audio)) for path in self.audio.rglob("*") if path.is_file())

    def speech_commands(self, name: str = "speech.tar.gz") -> Path:
        speakers = ("0a0b0c0d", "1a0b0c0d", "2a0b0c0d")
        words = {f"./{w}/{s}_nohash_0.wav": tone(16000) for w in ("bed", "cat") for s in speakers}
        return self.archive(
            name,
            {
                "./LICENSE": b"CC BY 4.0\n",
                "./README.md": b"not needed",
                "./testing_list.txt": b"bed/1a0b0c0d_nohash_0.wav\ncat/1a0b0c0d_nohash_0.wav\n",
                "./validation_list.txt": b"bed/2a0b0c0d_nohash_0.wav\ncat/2a0b0c0d_nohash_0.wav\n",
                "./_background_noise_/pink_noise.wav": tone(16000, 2),
                **words,
            },
        )

    def test_speech_commands_keep_names_and_lists(self):
        new, told = self.bring(self.speech_commands())
        self.assertEqual(new, 10)
        self.assertEqual(told, "Speech Commands: 10 files, 10 of them new\n")
        root = self.audio / "speech-commands"
        self.assertEqual(corpus.read_list(self.audio, "testing"), ["bed/1a0b0c0d_nohash_0", "cat/1a0b0c0d_nohash_0"])
        self.assertTrue((root / "_background_noise_" / "pink_noise.flac").exists())
        keys = corpus.command_keys(self.audio)
        self.assertEqual(corpus.of_word(keys["train"], "bed"), ["bed/0a0b0c0d_nohash_0"])
        self.assertEqual(keys["validation"], ["bed/2a0b0c0d_nohash_0", "cat/2a0b0c0d_nohash_0"])
        expected, _ = soundfile.read(io.BytesIO(tone(16000)), dtype="int16")
        np.testing.assert_array_equal(corpus.decode(root / "bed" / "0a0b0c0d_nohash_0.flac"), expected)

    def test_a_word_has_no_more_clips_than_asked_for(self):
        self.bring(self.speech_commands(), clips_a_word=1)
        cats = [path for path in self.there() if "/cat/" in path]
        self.assertEqual(cats, ["speech-commands/cat/0a0b0c0d_nohash_0.flac"])

    def test_a_second_time_nothing_is_new_and_what_is_missing_comes_back(self):
        path = self.speech_commands()
        self.bring(path)
        lost = self.audio / "speech-commands" / "cat" / "0a0b0c0d_nohash_0.flac"
        before = {name: (self.audio / name).stat().st_mtime_ns for name in self.there()}
        lost.unlink()
        self.assertEqual(self.bring(path), (1, "Speech Commands: 10 files, 1 of them new\n"))
        self.assertEqual(self.bring(path)[0], 0)
        after = {name: (self.audio / name).stat().st_mtime_ns for name in self.there()}
        self.assertEqual([name for name in before if before[name] != after[name]], [str(lost.relative_to(self.audio))])

    def test_librispeech_goes_by_speaker_bit_for_bit(self):
        clip = tone(16000, kind="FLAC")
        files = {
            "LibriSpeech/dev-clean/84/121123/84-121123-0000.flac": clip,
            "LibriSpeech/dev-clean/84/121123/84-121123.trans.txt": b"84-121123-0000 GO DO YOU HEAR",
            "LibriSpeech/dev-clean/174/50561/174-50561-0003.flac": clip,
            "LibriSpeech/SPEAKERS.TXT": b"",
        }
        self.bring(self.archive("dev.tar.gz", files))
        self.assertEqual(self.there(), ["librispeech/174/174-50561-0003.flac", "librispeech/84/84-121123-0000.flac"])
        self.assertEqual((self.audio / "librispeech/84/84-121123-0000.flac").read_bytes(), clip)

    def test_of_esc_50_only_esc_10_by_class_and_fold(self):
        table = (
            "filename,fold,target,category,esc10,src_file,take\n"
            "1-100032-A-0.wav,1,0,dog,True,100032,A\n"
            "1-100038-A-14.wav,1,14,chirping_birds,False,100038,A\n"
            "2-17367-B-10.wav,2,10,rain,True,17367,B\n"
        )
        clips = ("1-100032-A-0", "1-100038-A-14", "2-17367-B-10")
        files = {f"ESC-50-master/audio/{clip}.wav": tone(44100) for clip in clips}
        self.bring(self.archive("noise.zip", files | {"ESC-50-master/meta/esc50.csv": table.encode()}))
        self.assertEqual(self.there(), ["esc10/dog-bark/1-100032-A.flac", "esc10/rain/2-17367-B.flac"])
        self.assertEqual([clip.name for clip in corpus.environmental_noise(self.audio, fold=2)], ["2-17367-B"])

    def test_another_rate_and_two_channels_become_16_khz_mono(self):
        names = [f"LJ001-{k:04}" for k in range(1, corpora.LJSPEECH_EVERY + 2)]
        files = {f"LJSpeech-1.1/wavs/{name}.wav": tone(22050, channels=2) for name in names}
        self.bring(self.archive("lj.tar", files))
        self.assertEqual(self.there(), ["ljspeech/LJ001-0001.flac", "ljspeech/LJ001-0041.flac"])
        samples = corpus.decode(self.audio / "ljspeech/LJ001-0001.flac") / 32768
        self.assertEqual(len(samples), 8000)
        expected = 0.25 * np.sin(2 * np.pi * TONE * np.arange(8000) / 16000)
        self.assertLess(np.abs(samples - expected)[400:-400].max(), 0.002)

    def test_arabic_commands_go_by_their_own_split(self):
        tables = {
            "dataset/train.csv": b"file,class\nzoom in/00000001_NO_01.wav,zoom in\n",
            "dataset/val.csv": b"file,class\nzoom in/00000002_NO_01.wav,zoom in\n",
            "dataset/test.csv": b"file,class\nzoom in/00000003_NO_01.wav,zoom in\n",
        }
        clips = {f"dataset/zoom in/0000000{k}_NO_01.wav": tone(16000) for k in range(1, 5)}
        self.bring(self.archive("arabic.zip", tables | clips))
        self.assertEqual(
            self.there(),
            [f"arabic-commands/{t}/zoom in/0000000{k}_NO_01.flac" for k, t in ((3, "test"), (1, "train"), (2, "val"))],
        )

    def test_all_of_it_can_be_trained_on(self):
        self.bring(self.speech_commands())
        clip = tone(16000, kind="FLAC")
        readers = {f"dev-clean/{reader}/1/{reader}-1-0000.flac": clip for reader in (27, 84)}
        self.bring(self.archive("dev.tar", readers))
        found = corpus.training_set(self.audio, ["cat"])
        self.assertEqual([clip.name for clip in found.speech], ["84-1-0000"])
        self.assertEqual(len(found.positives["cat"]), 1)
        self.assertEqual(len(found.words["commands"]), 1)
        self.assertEqual(len(found.noise), 1)

    def test_anything_else_is_refused_with_what_is_expected(self):
        for files in ({"holiday.jpg": b"x"}, {"a/b.wav": tone(16000)}, {}):
            with self.assertRaisesRegex(corpora.UnknownArchiveError, "expected one of Speech Commands .*LibriSpeech"):
                self.bring(self.archive("what.tar", files))
        no_tables = {"dataset/go/00000001_NO_01.wav": tone(16000)}
        with self.assertRaisesRegex(corpora.UnknownArchiveError, "holds dataset/go"):
            self.bring(self.archive("arabic.zip", no_tables))
        self.assertFalse(self.audio.exists())

    def test_a_part_of_an_archive_is_refused_and_what_came_stays_whole(self):
        whole = self.speech_commands().read_bytes()
        for name, data in (("no.tar.gz", b"<html>not found</html>"), ("half.tar.gz", whole[: len(whole) // 2])):
            path = self.folder / name
            path.write_bytes(data)
            with self.assertRaisesRegex(corpora.UnknownArchiveError, f"{name}: no tar.*download it again"):
                self.bring(path)
        broken = {"dev-clean/84/1/84-1-0000.flac": tone(16000, kind="FLAC"), "dev-clean/84/1/84-1-0001.flac": b"fLaC"}
        with self.assertRaisesRegex(corpora.UnknownArchiveError, "broken.tar: dev-clean/84/1/84-1-0001.flac: .*again"):
            self.bring(self.archive("broken.tar", broken))
        self.assertEqual(self.there(), ["librispeech/84/84-1-0000.flac"])


if __name__ == "__main__":
    unittest.main()
