"""The systems under test: each at its defaults, and at the best sensible setting that was found for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class System:
    """One row: `adapter` drives it, in the environment of `peer`; empty: in the product's own."""

    name: str
    adapter: str
    options: Mapping[str, Any]
    peer: str = ""
    says: str = ""
    """How it is set, in words."""
    ours: bool = field(default=False)

    @property
    def tuned(self) -> bool:
        """Whether it is at its best setting instead of its defaults."""
        return self.name.endswith("tuned")


def _ours(name: str, floor: int, *, by_words: bool, says: str) -> System:
    return System(name, "run_voiceassist", {"floor": floor, "by_words": by_words}, says=says, ours=True)


SYSTEMS = (
    _ours("voiceassist, words", 1000, by_words=True, says="pause chosen by the words, windows of 10 s and more"),
    _ours("voiceassist, 200 ms", 1000, by_words=False, says="pause of 200 ms, windows of 10 s and more"),
    _ours("voiceassist, words, 3 s", 300, by_words=True, says="pause chosen by the words, windows of 3 s and more"),
    _ours("voiceassist, 200 ms, 3 s", 300, by_words=False, says="pause of 200 ms, windows of 3 s and more"),
    System("faster-whisper", "run_faster_whisper", {"transcribe": {}}, says="defaults, the same detector, 200 ms"),
    System(
        "faster-whisper, tuned",
        "run_faster_whisper",
        {
            "transcribe": {
                "beam_size": 1,
                "temperature": 0,
                "without_timestamps": True,
                "condition_on_previous_text": False,
            }
        },
        says="greedy, no timestamps, the same detector, 200 ms",
    ),
    System("RealtimeSTT", "run_realtimestt", {}, "realtimestt", "defaults (0.6 s of silence)"),
    System(
        "RealtimeSTT, tuned",
        "run_realtimestt",
        {
            "compute_type": "int8",
            "batch_size": 0,
            "beam_size": 1,
            "post_speech_silence_duration": 0.2,
            "early_transcription_on_silence": 0.01,
            "deactivity_silence_confirmation_duration": 0.03,
            "silero_deactivity_detection": True,
            "silero_onnx_threads": 1,
            "faster_whisper_vad_filter": False,
            "min_length_of_recording": 0.3,
        },
        "realtimestt",
        "8 bits, greedy, 0.2 s of silence, transcribed early",
    ),
    System("WhisperLive", "run_whisper_live", {"threads": 1, "client": {}}, "whisper-live", "defaults"),
    System(
        "WhisperLive, tuned",
        "run_whisper_live",
        {"threads": 2, "client": {"same_output_threshold": 0}},
        "whisper-live",
        "two threads, complete at the second equal output",
    ),
    System(
        "whisper-streaming",
        "run_whisper_streaming",
        {"seconds": 1.0},
        "whisper-streaming",
        "LocalAgreement, 1 s chunks",
    ),
    System(
        "whisper-streaming, tuned",
        "run_whisper_streaming",
        {"seconds": 0.5},
        "whisper-streaming",
        "LocalAgreement, 0.5 s chunks, as short as it keeps pace with",
    ),
    System("WhisperLiveKit", "run_whisperlivekit", {"arguments": []}, "whisperlivekit", "LocalAgreement, defaults"),
    System(
        "WhisperLiveKit, tuned",
        "run_whisperlivekit",
        {"arguments": ["--confidence-validation"]},
        "whisperlivekit",
        "LocalAgreement, words it is sure of at once",
    ),
)
REFERENCES = tuple(system.name for system in SYSTEMS if system.ours)
