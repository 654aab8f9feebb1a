"""Where sound comes from: behind this door everything is 16 kHz mono float32 frames per channel."""
