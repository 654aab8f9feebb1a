"""What thinks slowly: voice activity, words and scores, one file an engine."""
