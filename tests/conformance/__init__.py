"""Other people's tests and other people's EVMs, against ours."""
