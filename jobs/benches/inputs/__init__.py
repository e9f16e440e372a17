"""Labelled inputs for benches, made anew from a seed: no data is needed, and no input comes twice."""
