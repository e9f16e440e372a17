"""What `python -m jobs.bench` measures: `training` and `rewards`, a file each, and what the latter stands on."""
