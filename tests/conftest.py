"""Settings that every test shares."""

import os

import hypothesis

os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")

hypothesis.settings.register_profile("ci", max_examples=200, deadline=None)
hypothesis.settings.register_profile("deep", max_examples=20_000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
