"""Sounds made up from a seed, and WAV files, against the standard library and arithmetic."""

import wave

import numpy as np
import pytest

from firsthand.data.sounds import INSTRUMENTS, read_wav, tune, wav


@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_tunes(instrument):
    """As long as asked, within bounds, the same from the same seed, and none of it silence or a constant."""
    sound = tune(instrument, 2.0, 8000, 5)
    assert len(sound) == 16_000 and 0.5 < np.abs(sound).max() <= 0.9
    assert np.array_equal(sound, tune(instrument, 2.0, 8000, 5)) and not np.array_equal(
        sound, tune(instrument, 2.0, 8000, 6)
    )
    assert sound.std() > 0.02 and abs(sound.mean()) < 0.02


def test_a_string_has_its_frequency():
    """The strongest partial of a note of 220 Hz lies there, within the resolution of 2.5 Hz; others at multiples."""
    note = INSTRUMENTS["strings"][0](220.0, 0.4, 8000, np.random.default_rng(0))
    spectrum = np.abs(np.fft.rfft(note))
    places = np.fft.rfftfreq(len(note), 1 / 8000)
    assert places[spectrum.argmax()] == pytest.approx(220, abs=2.5)
    strong = places[spectrum > 0.2 * spectrum.max()]
    assert np.abs(strong / 220 - np.round(strong / 220)).max() < 0.03


def test_wav_round_trip(tmp_path):
    """Written and read by the standard library alone, within half a step of 16 bits."""
    sound = tune("chords", 0.5, 8000, 0)
    (tmp_path / "a.wav").write_bytes(wav(sound, 8000))
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate(), file.getnframes()) == (1, 2, 8000, 4000)
    back, rate = read_wav(tmp_path / "a.wav")
    assert rate == 8000 and np.abs(back - sound).max() < 1 / 32767 + 1e-9


def test_stereo_of_eight_bits(tmp_path):
    """Channels are mixed, 128 is silence."""
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(1)
        file.setframerate(4000)
        file.writeframes(bytes([128, 128, 0, 128, 255, 1]))
    samples, rate = read_wav(tmp_path / "a.wav")
    assert rate == 4000 and samples.tolist() == [0.0, -0.5, 0.0]


@pytest.mark.parametrize("lost", range(1, 9))
def test_a_file_that_was_cut_short(tmp_path, lost):
    """The whole samples of all channels that it has."""
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(4000)
        file.writeframes(np.arange(20, dtype="<i2").tobytes())
    (tmp_path / "a.wav").write_bytes((tmp_path / "a.wav").read_bytes()[:-lost])
    samples, _ = read_wav(tmp_path / "a.wav")
    assert (samples * 32768).tolist() == [2 * i + 0.5 for i in range(10 - -(-lost // 4))]
