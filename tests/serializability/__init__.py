"""Histories of what clients did and saw, and whether some serial order explains them."""
