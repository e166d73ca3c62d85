"""
Golden values for features of recordings from librosa, and for resampling from torchaudio:

    python bench/golden/signals.py > test/golden/signals.json && npx biome format --write test/golden/signals.json

Needs librosa >= 0.11 and torchaudio. Waveforms are formulas of the sample's index, so the file holds results only. Of
librosa's centred frames the last one, which is centred behind the recording where its length is a multiple of hop, is
left out, as Whisper does. Where there are many frames, every `stride`-th is kept.
"""

import json

import librosa
import numpy as np
import torch
import torchaudio

DEFAULTS = {
    "low": 0,
    "scale": "slaney",
    "norm": "slaney",
    "power": 2,
    "log": "natural",
    "floor": 1e-10,
    "edges": "reflect",
    "emphasis": 0,
}


def wave(samples, phase):
    i = np.arange(samples, dtype=np.float64)
    tone = 0.4 * np.sin(0.05 * i + 3e-6 * i * i + phase)
    return (tone + 0.2 * np.sin(0.31 * i) + 0.05 * np.sin(1.7 * i + 3.1e-4 * i * i)).astype(np.float32)


def mel(settings, rate, y):
    s = settings
    y = y.astype(np.float64)
    if s["emphasis"] > 0:
        y = librosa.effects.preemphasis(y, coef=s["emphasis"], zi=np.zeros(1))
    if s["edges"] != "whole":
        mode = {"reflect": "reflect", "zero": "constant"}[s["edges"]]
        y_padded = np.pad(y, s["fft"] // 2, mode=mode)
    else:
        assert s["fft"] == s["window"]
        y_padded = y
    spectrum = librosa.stft(
        y_padded, n_fft=s["fft"], hop_length=s["hop"], win_length=s["window"], window="hann", center=False, dtype=np.complex128
    )
    filters = librosa.filters.mel(
        sr=rate,
        n_fft=s["fft"],
        n_mels=s["bands"],
        fmin=s["low"],
        fmax=s["high"],
        htk=s["scale"] == "htk",
        norm=None if s["norm"] == "none" else "slaney",
        dtype=np.float64,
    )
    values = filters @ np.abs(spectrum) ** s["power"]
    frames = values.shape[1] if s["edges"] == "whole" else max(1, len(y) // s["hop"])
    values = values[:, :frames]
    if s["log"] == "decibel":
        to_decibels = librosa.power_to_db if s["power"] == 2 else librosa.amplitude_to_db
        return to_decibels(values, ref=1.0, amin=s["floor"], top_db=s.get("range"))
    values = np.maximum(values, s["floor"])
    values = np.log(values) if s["log"] == "natural" else np.log10(values)
    if "range" in s:
        values = np.maximum(values, values.max() - s["range"])
    return values


def case(rate, samples, stride=1, phase=0.0, coefficients=None, lifter=0, **given):
    s = {**DEFAULTS, "high": rate / 2, **given}
    s.setdefault("fft", 1 << (s["window"] - 1).bit_length())
    values = mel(s, rate, wave(samples, phase))
    if coefficients is not None:
        values = librosa.feature.mfcc(S=values, n_mfcc=coefficients, dct_type=2, norm="ortho", lifter=lifter)
        s = {"kind": "mfcc", "coefficients": coefficients, "lifter": lifter, **s}
    else:
        s = {"kind": "log_mel", **s}
    frames = values.T
    kept = frames[::stride]
    return {
        "rate": rate,
        "samples": samples,
        "phase": phase,
        "features": s,
        "frames": len(frames),
        "stride": stride,
        "values": [[round(float(v), 6) for v in frame] for frame in kept],
    }


CASES = [
    case(16000, 16000, stride=9, bands=12, window=400, hop=160),
    case(16000, 16000, stride=25, bands=80, window=400, hop=160, fft=400, log="ten", range=8),
    case(16000, 3333, stride=4, bands=10, window=400, hop=160, scale="htk", norm="none"),
    case(22050, 5000, stride=3, bands=8, window=1024, hop=256, low=60, high=7600),
    case(8000, 1000, bands=6, window=200, hop=80, edges="zero", power=1),
    case(8000, 1000, bands=6, window=201, hop=80, edges="zero", emphasis=0.97),
    case(8000, 1111, bands=6, window=256, hop=80, edges="whole", scale="htk"),
    case(8000, 100, bands=6, window=200, hop=80),
    case(8000, 30, bands=6, window=200, hop=80),
    case(8000, 1, bands=4, window=200, hop=80),
    case(8000, 801, bands=6, window=200, hop=80, log="decibel", range=30),
    case(8000, 801, bands=6, window=200, hop=80, log="decibel", power=1, floor=1e-3),
    case(16000, 4000, stride=3, bands=40, window=400, hop=160, coefficients=13),
    case(16000, 4000, stride=3, bands=23, window=400, hop=160, coefficients=13, lifter=22, scale="htk", norm="none", emphasis=0.97),
    case(22050, 4000, stride=4, bands=128, window=2048, hop=512, coefficients=20, log="decibel", range=80, edges="zero"),
]


def resampled(old, new, samples, phase):
    y = torch.from_numpy(wave(samples, phase))
    out = torchaudio.functional.resample(y.double(), old, new)
    return {"from": old, "to": new, "samples": samples, "phase": phase, "values": [round(v, 7) for v in out.tolist()]}


RESAMPLED = [
    resampled(8000, 16000, 60, 0.5),
    resampled(16000, 8000, 101, 0.5),
    resampled(22050, 16000, 90, 1.0),
    resampled(48000, 16000, 120, 0.0),
    resampled(44100, 8000, 200, 2.0),
    resampled(11025, 16000, 1, 1.0),
]


def lines(entries):
    return ",\n  ".join(json.dumps(e, separators=(",", ":"), allow_nan=False) for e in entries)


print(
    f'{{"librosa":"{librosa.__version__}","torchaudio":"{torchaudio.__version__.split("+")[0]}",'
    f'\n"features":[\n  {lines(CASES)}\n],\n"resampled":[\n  {lines(RESAMPLED)}\n]}}'
)
