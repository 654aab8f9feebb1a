"""voiceassist: a real-time speech assistant that helps an agent say no and keep the customer."""

__version__ = "0.1.0"
